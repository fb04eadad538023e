/**
 * What the laws of the log retention are held against, and the words that they
 * are written in.
 *
 * @module
 */
import type { LoggedEvent } from "../../domain/event/event.ts";
import type { TrimLimits } from "../../domain/event/retention.ts";
import { changeOf } from "../../domain/event_group/change.ts";
import { IDLE } from "../../domain/event_group/draft.ts";
import {
  createGroup,
  type Entry,
  type GroupState,
} from "../../domain/event_group/group.ts";
import { DEFAULT_POLICY } from "../../domain/event_group/policy.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import type { GroupStore } from "../../ports/event_groups.ts";
import type { LogRetention, LogTrim } from "../../ports/log_retention.ts";
import type { SettingsArchive } from "../../ports/settings_archive.ts";
import type { SettingsStore } from "../../ports/settings_store.ts";
import { anEvent } from "../support/events.ts";

/** An empty log, and what reads it. */
export interface LogRetentionSubject extends AsyncDisposable {
  readonly retention: LogRetention;
  readonly bus: EventBus;
  readonly groups: GroupStore;
  readonly settings: SettingsStore;
  readonly archive: SettingsArchive;
  /** Lets wall time pass. */
  elapse(ms: number): Promise<void>;
}

type Subject = LogRetentionSubject;

const FOREVER = Number.MAX_SAFE_INTEGER;

/** Limits by which nothing is due. */
export const NOTHING_DUE: TrimLimits = {
  beforeMs: 0,
  keep: FOREVER,
  youngMs: FOREVER,
  forceMs: 0,
};

/** Publishes `count` events, each on its own; their times differ. */
export async function publish(subject: Subject, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await subject.bus.publish([anEvent({ i }, { key: `k${i % 2}` })]);
    await subject.elapse(10);
  }
}

/** Drops all but the newest `keep`, with what else is said. */
export function keepOnly(
  { retention }: Subject,
  keep: number,
  more: Partial<TrimLimits> = {},
): Promise<LogTrim> {
  return retention.trim({ ...NOTHING_DUE, keep, ...more });
}

/** When the event at `position` was committed. */
export async function timeOf(
  { bus }: Subject,
  position: number,
): Promise<number> {
  const page = await bus.read({ after: position - 1, limit: 1 });
  return page.events[0]!.committedAt;
}

/** The events that the log holds, as they are read. */
export async function eventsIn({ bus }: Subject): Promise<LoggedEvent[]> {
  const { earliest, position } = await bus.head();
  const held: LoggedEvent[] = [];
  for (let after = earliest - 1; after < position;) {
    const page = await bus.read({ after, limit: 1000 });
    held.push(...page.events);
    after = page.scannedTo;
  }
  return held;
}

/** The positions that the log holds, as they are read. */
export async function heldIn(subject: Subject): Promise<number[]> {
  return (await eventsIn(subject)).map(({ position }) => position);
}

/** From the first number to the last. */
export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** An entry that is to be delivered again, with what else is said. */
export function entryOf(position: number, more: Partial<Entry> = {}): Entry {
  return {
    ...IDLE,
    position,
    key: undefined,
    origin: "log",
    state: "retry",
    attempts: 1,
    ...more,
  };
}

/** Makes a group that has looked at everything up to `cursor`. */
export async function begin(
  { bus, groups }: Subject,
  name: string,
  cursor: number,
): Promise<GroupState> {
  const { epoch } = await bus.head();
  const incarnation = "i1";
  const policy = DEFAULT_POLICY;
  const position = cursor;
  const state = createGroup({ name, incarnation, policy, epoch, position });
  await groups.save(changeOf(undefined, { state, letters: [], gone: [] }));
  return (await groups.load(name))!;
}

/** Writes `state` as the next of its group; what is then read. */
export async function move(
  { groups }: Subject,
  before: GroupState,
  next: Partial<GroupState>,
  letters: Parameters<typeof changeOf>[1]["letters"] = [],
): Promise<GroupState> {
  const state = { ...before, ...next };
  await groups.save(changeOf(before, { state, letters, gone: [] }));
  return (await groups.load(before.name))!;
}
