/**
 * How databases keep groups: the columns, and what they stand for.
 *
 * @module
 */
import type { EventMeta } from "../domain/event/event.ts";
import type { GroupHead } from "../domain/event_group/change.ts";
import type { Entry, LetterFacts } from "../domain/event_group/group.ts";
import type { DeadLetter } from "./event_groups.ts";

/** Names the columns of a group. */
export const GROUP_COLUMNS =
  "name, version, incarnation, epoch, checkpoint, cursor_pos, is_paused, policy, halted";

/** A group; databases write true and false in their own ways. */
export type GroupRow<Flag extends number | boolean> = readonly [
  name: string,
  version: number,
  incarnation: string,
  epoch: string,
  checkpoint: number,
  cursor: number,
  isPaused: Flag,
  policy: string,
  halted: string | null,
];

/** Names the columns of an entry. */
export const ENTRY_COLUMNS =
  "pos, key, origin, state, attempts, token, member, deadline, next_at, error, behind, behind_to";

/** An entry. */
export type EntryRow = readonly [
  position: number,
  key: string | null,
  origin: string,
  state: string,
  attempts: number,
  token: string | null,
  member: string | null,
  deadline: number | null,
  nextAt: number | null,
  error: string | null,
  behind: number,
  behindTo: number,
];

/** Names the columns of what a group knows of a dead letter. */
export const FACT_COLUMNS = "pos, key, status, attempts, error, at";

/** What a group knows of a dead letter. */
export type FactRow = readonly [
  position: number,
  key: string | null,
  status: string,
  attempts: number,
  error: string,
  at: number,
];

/** Names the columns of a dead letter. */
export const LETTER_COLUMNS =
  "group_name, pos, key, status, attempts, error, at, redrives, id, type, committed_at, data, meta, batch_end";

/** A dead letter. */
export type LetterRow = readonly [
  group: string,
  position: number,
  key: string | null,
  status: string,
  attempts: number,
  error: string,
  at: number,
  redrives: number,
  id: string | null,
  channel: string | null,
  committedAt: number | null,
  json: string | null,
  meta: string | null,
  batchEnd: number | null,
];

/** The group of a row. */
export function toGroupHead(row: GroupRow<number | boolean>): GroupHead {
  const [name, version, incarnation, epoch, checkpoint, cursor] = row;
  const [, , , , , , isPaused, policy, halted] = row;
  return {
    name,
    version,
    incarnation,
    epoch,
    checkpoint,
    cursor,
    isPaused: Boolean(isPaused),
    policy: JSON.parse(policy),
    halted: halted === null
      ? undefined
      : { epoch: undefined, ...JSON.parse(halted) },
  };
}

/** The row of a group. */
export function fromGroupHead(group: GroupHead): GroupRow<boolean> {
  const { halted } = group;
  return [
    group.name,
    group.version,
    group.incarnation,
    group.epoch,
    group.checkpoint,
    group.cursor,
    group.isPaused,
    JSON.stringify(group.policy),
    halted ? JSON.stringify(halted) : null,
  ];
}

/** The entry of a row. */
export function toEntry(row: EntryRow): Entry {
  const [position, key, origin, state, attempts, token, member] = row;
  const [, , , , , , , deadline, nextAt, error, behind, behindTo] = row;
  return {
    position,
    key: key ?? undefined,
    origin: origin as Entry["origin"],
    state: state as Entry["state"],
    attempts,
    token: token ?? undefined,
    member: member ?? undefined,
    deadline: deadline ?? undefined,
    nextAt: nextAt ?? undefined,
    error: error ?? undefined,
    behind,
    behindTo,
  };
}

/** The row of an entry. */
export function fromEntry(entry: Entry): EntryRow {
  return [
    entry.position,
    entry.key ?? null,
    entry.origin,
    entry.state,
    entry.attempts,
    entry.token ?? null,
    entry.member ?? null,
    wholeMs(entry.deadline),
    wholeMs(entry.nextAt),
    entry.error ?? null,
    entry.behind,
    entry.behindTo,
  ];
}

/** The dead letter of a row. */
export function toLetter(row: LetterRow): DeadLetter {
  const [group, position, key, status, attempts, error, at, redrives] = row;
  const [, , , , , , , , id, channel, committedAt, json, meta, batchEnd] = row;
  return {
    group,
    position,
    key: key ?? undefined,
    status: status as LetterFacts["status"],
    attempts,
    error,
    at,
    redrives,
    event: id === null ? undefined : {
      position,
      id,
      channel: channel!,
      ...(key === null ? {} : { key }),
      committedAt: committedAt!,
      json: json!,
      meta: JSON.parse(meta!) as EventMeta,
      batchEnd: batchEnd!,
    },
  };
}

/** What a group knows of a dead letter, in the order of `FACT_COLUMNS`. */
export function fromLetterFacts(facts: LetterFacts): FactRow {
  const { position, key = null, status, attempts, error, at } = facts;
  return [position, key, status, attempts, error, Math.floor(at)];
}

/** `row` as an object, for who goes by names. */
export function named(
  columns: string,
  row: readonly (string | number | boolean | null)[],
): Readonly<Record<string, string | number | boolean | null>> {
  const names = columns.split(", ");
  return Object.fromEntries(names.map((name, i) => [name, row[i]!]));
}

function wholeMs(ms: number | undefined): number | null {
  return ms === undefined ? null : Math.floor(ms);
}
