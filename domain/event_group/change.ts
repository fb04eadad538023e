/**
 * What of a group has to be written.
 *
 * @module
 */
import type { Entry, GroupState, Step } from "./group.ts";

/** A group without what is not settled. */
export type GroupHead = Omit<GroupState, "entries">;

/** A change of a group and of what belongs to it. */
export interface GroupChange extends Pick<Step, "letters" | "gone"> {
  /** The group as it is to be; its version is the one that it gets. */
  readonly group: GroupHead;
  /** The version that it must have; `undefined` where there must be no such group. */
  readonly ifVersion: number | undefined;
  /** Entries that are new or otherwise. */
  readonly put: readonly Entry[];
  /** Positions of entries that are settled. */
  readonly drop: readonly number[];
}

/** The change that makes `step.state` of `before`, or that puts it down first. */
export function changeOf(
  before: GroupState | undefined,
  { state, letters, gone }: Step,
): GroupChange {
  const held = new Map(before?.entries.map((one) => [one.position, one]));
  const put: Entry[] = [];
  for (const entry of state.entries) {
    if (held.get(entry.position) !== entry) put.push(entry);
    held.delete(entry.position);
  }
  const { entries: _, ...group } = state;
  return {
    group: { ...group, version: (before?.version ?? 0) + 1 },
    ifVersion: before?.version,
    put,
    drop: [...held.keys()],
    letters,
    gone,
  };
}

/** Whether there is more to write than how far the group has looked. */
export function isWorthWriting(
  before: GroupState,
  change: GroupChange,
): boolean {
  const { group, put, drop, letters, gone } = change;
  return put.length + drop.length + letters.length + gone.length > 0 ||
    group.isPaused !== before.isPaused || group.halted !== before.halted ||
    group.policy !== before.policy || group.epoch !== before.epoch ||
    group.cursor < before.cursor;
}
