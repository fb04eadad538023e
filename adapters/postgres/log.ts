/**
 * Writing to the event log: events, and settings together with their events.
 *
 * @module
 */
import type { NewEvent } from "../../domain/event/event.ts";
import { settingsUpdated } from "../../domain/settings_event.ts";
import { unlessLong } from "../../ports/record_rules.ts";
import type { SettingsChange } from "../../ports/settings_store.ts";
import type { Outcome } from "./group_commit.ts";
import type { Link } from "./link.ts";
import {
  type LogResult,
  outcomeOf,
  type Placed,
  receiptsOf,
  type State,
} from "./log_outcome.ts";

/** What one caller wants committed: events, or settings and their events. */
export type LogCall =
  | { readonly events: readonly NewEvent[] }
  | { readonly changes: readonly SettingsChange[]; readonly actor: string };

/** What writing needs. */
export interface LogWriting {
  /** Now, in milliseconds since the Unix epoch. */
  now(): number;
  /** A new event id. */
  newId(): string;
}

/** What a group of calls has done. */
export interface LogCommit {
  /** What came of each call. */
  readonly outcomes: Outcome<LogResult>[];
  /** The newest position given out; `undefined` when none was. */
  readonly position: number | undefined;
  /** The epoch of the log. */
  readonly epoch: string;
}

const CHANGE = `/* log.append */ SELECT state, pos, epoch, at, data
  FROM commit_change($1, $2, $3, $4::text::uuid, $5, $6, $7::text::json, $8, $9)`;

/** Text of one group, at most; a single call may be longer. */
const MAX_GROUP_CHARS = 4 * 1024 * 1024;

/** An entry to be written; the names are those of `commit_calls`. */
interface Item {
  readonly n: number;
  readonly call: number;
  readonly id: string;
  readonly type: string;
  readonly key: string | undefined;
  readonly meta: string;
  /** Of an event: the number of the last one that is committed with it. */
  last?: number;
  readonly data?: string;
  readonly value?: string;
  readonly actor?: string;
  readonly paths?: readonly string[] | undefined;
}

type CallRow = [number, State | "appended", number, string];

const CALLS = `/* log.append */ SELECT n, state, pos, epoch
  FROM commit_calls($1::text::json, $2::text::json, $3, $4)`;

const REMOVALS = `/* log.append */ SELECT n, state, pos, epoch
  FROM commit_removals($1::text::json, $2::text::json, $3, $4)`;

/** What stands for the value of a document that is to go: no JSON text. */
const REMOVED = "";

const EVENTS = `/* log.append */ SELECT n, state, pos, epoch
  FROM commit_events($1::text::json, $2, $3, $4)`;

/**
 * Begins a group: only the first change of a document may depend on its
 * version, as the group sees the versions before it alone.
 */
export function startLogGroup(): (call: LogCall) => boolean {
  const named = new Set<string>();
  let chars = 0;
  return (call) => {
    if (chars > 0 && chars + lengthOf(call) > MAX_GROUP_CHARS) return false;
    if ("changes" in call) {
      const { changes } = call;
      const waits = changes.some(({ key, ifVersion }) =>
        ifVersion !== undefined && named.has(key)
      );
      for (const { key } of changes) named.add(key);
      if (waits) return false;
    }
    chars += lengthOf(call);
    return true;
  };
}

/** Commits `calls` in their order, each wholly or not at all. */
export async function commitLogCalls(
  link: Link,
  calls: readonly LogCall[],
  writing: LogWriting,
): Promise<LogCommit> {
  const [call] = calls;
  if (calls.length === 1 && "changes" in call! && call.changes.length === 1) {
    const { changes: [change], actor } = call;
    if (isReplacement(change!)) {
      return await commitChange(link, change, actor, writing);
    }
  }
  const group = gather(calls, writing);
  const { items, guards } = group;
  const now = Math.floor(group.now);
  const isPlain = items.every(({ type }) => type !== "settings.updated");
  const removes = items.some(({ value }) => value === REMOVED);
  const statement = isPlain ? EVENTS : removes ? REMOVALS : CALLS;
  const rows = await link.query<CallRow>(statement, [
    JSON.stringify(items),
    isPlain ? items.length : JSON.stringify(guards),
    now,
    writing.newId(),
  ]);
  const [, state, first] = rows[0]!;
  const placed: Placed[] = [];
  let position: number | undefined;
  if (state === "appended") {
    position = first + items.length - 1;
    for (const { n, id } of items) {
      placed[n] = { id, state: "stored", position: first + n };
    }
  } else {
    for (const [n, state, pos] of rows) {
      placed[n] = { id: items[n]!.id, state: state as State, position: pos };
      if (state === "stored") position = Math.max(position ?? 0, pos);
    }
  }
  const outcomes = calls.map((call, i) =>
    "events" in call
      ? {
        value: { receipts: receiptsOf(group.slots[i]!.map((n) => placed[n]!)) },
      }
      : outcomeOf(call.changes, group.slots[i]!.map((n) => placed[n]!))
  );
  // An event that one group names twice is new to the first who named it.
  for (const [call, i] of group.repeats) {
    const { receipts } = (outcomes[call] as { value: LogResult }).value;
    receipts[i] = { ...receipts[i]!, duplicate: true };
  }
  return { outcomes, position, epoch: rows[0]![3] };
}

/** The change of a document that stays. */
type Replacement = SettingsChange & { readonly json: string };

function isReplacement(change: SettingsChange): change is Replacement {
  return change.json !== undefined;
}

/** Commits the change of one document, which most writes are: in fewer steps. */
async function commitChange(
  link: Link,
  change: Replacement,
  actor: string,
  writing: LogWriting,
): Promise<LogCommit> {
  const { key, json: value, ifVersion, paths } = change;
  const now = Math.floor(writing.now());
  const id = writing.newId();
  const event = settingsUpdated({ key, version: 0, actor, paths }, id, now);
  const [row] = await link.query<
    [State, number, string, number | null, string | null]
  >(CHANGE, [
    key,
    ifVersion ?? null,
    value,
    id,
    JSON.stringify(event.meta),
    actor,
    paths === undefined ? null : JSON.stringify(paths),
    now,
    writing.newId(),
  ]);
  const [state, position, epoch, committedAt, json] = row!;
  const outcome = outcomeOf([change], [{ id, state, position }]);
  if (!("value" in outcome)) {
    return { outcomes: [outcome], position: undefined, epoch };
  }
  const entry = {
    ...event,
    json: json!,
    position,
    batchEnd: position,
    committedAt: committedAt!,
  };
  const document = unlessLong({ key, version: position, json: value });
  const appended = {
    epoch,
    entries: [entry],
    documents: new Map([[key, document]]),
  };
  const { receipts } = outcome.value;
  return { outcomes: [{ value: { receipts, appended } }], position, epoch };
}

interface Group {
  readonly now: number;
  readonly items: Item[];
  readonly guards: unknown[];
  /** The item, by its number, of every event or document of every call. */
  readonly slots: number[][];
  /** Call and slot of events whose id an earlier call of the group has. */
  readonly repeats: (readonly [call: number, slot: number])[];
}

function gather(calls: readonly LogCall[], writing: LogWriting): Group {
  const now = writing.now();
  const items: Item[] = [];
  const guards: unknown[] = [];
  const repeats: (readonly [number, number])[] = [];
  const numbers = new Map<string, number>();
  const slots = calls.map((call, index) => {
    if ("events" in call) {
      const begin = items.length;
      const slot = call.events.map((event, i) => {
        const held = numbers.get(event.id);
        if (held !== undefined) {
          repeats.push([index, i]);
          return held;
        }
        const n = items.length;
        numbers.set(event.id, n);
        items.push(itemOf(event, n, index));
        return n;
      });
      for (let n = begin; n < items.length; n++) {
        items[n]!.last = items.length - 1;
      }
      return slot;
    }
    const { actor } = call;
    return call.changes.map(({ key, json = REMOVED, ifVersion, paths }) => {
      const n = items.length;
      const id = writing.newId();
      const event = settingsUpdated({ key, version: 0, actor }, id, now);
      const { data: _, ...item } = itemOf(event, n, index);
      items.push({ ...item, value: json, actor, paths });
      guards.push({ n, call: index, key, if_version: ifVersion });
      return n;
    });
  });
  return { now, items, guards, slots, repeats };
}

function itemOf(event: NewEvent, n: number, call: number) {
  const { id, channel, key, json, meta } = event;
  return {
    n,
    call,
    id,
    type: channel,
    key,
    data: json,
    meta: JSON.stringify(meta),
  };
}

function lengthOf(call: LogCall): number {
  const list = "events" in call ? call.events : call.changes;
  return list.reduce((sum, { json = REMOVED }) => sum + json.length, 0);
}
