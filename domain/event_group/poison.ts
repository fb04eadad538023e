/**
 * What becomes of an event that has failed, or whose member has died.
 *
 * @module
 */
import { type Draft, IDLE } from "./draft.ts";
import type { Entry, GroupState, Halt } from "./group.ts";

/**
 * Delivers `entry` again at `nextAt`, or does what the policy says where that
 * was its last delivery.
 *
 * @returns Why the group has to stop, if so.
 */
export function fail(
  draft: Draft,
  { policy, cursor }: GroupState,
  entry: Entry,
  failure: {
    readonly error: string;
    readonly now: number;
    readonly nextAt: number;
  },
): Halt | undefined {
  const { error, now, nextAt } = failure;
  const { position, key, attempts } = entry;
  const again: Entry = { ...entry, ...IDLE, state: "retry", nextAt, error };
  if (attempts < policy.maxAttempts) {
    draft.put(again);
    return undefined;
  }
  if (policy.onPoison === "halt") {
    draft.put({ ...again, nextAt: now });
    const times = attempts === 1 ? "once" : `${attempts} times`;
    return {
      code: "poison",
      reason: `the event at position ${position} has failed ${times}: ${error}`,
      position,
      epoch: undefined,
    };
  }
  draft.letter({ position, key, status: "dead", attempts, error, at: now });
  if (policy.onPoison === "park" || key === undefined) {
    draft.drop(position);
  } else {
    draft.put({
      ...entry,
      ...IDLE,
      state: "parked",
      error,
      ...setAside(draft, { ...entry, key }, cursor, now),
    });
  }
  return undefined;
}

/** Why a dead letter waits. */
export function waitsBehind(position: number): string {
  return `waits behind the event at position ${position} of the same key`;
}

/**
 * Makes dead letters of what waits behind `entry`. What the group has not looked
 * at since it was sent back is counted when it does.
 */
function setAside(
  draft: Draft,
  { position: at, key }: Entry,
  cursor: number,
  now: number,
): Pick<Entry, "behind" | "behindTo"> {
  let behind = 0;
  let behindTo = at;
  for (const { position, ...one } of [...draft.entries.values()]) {
    if (one.key !== key || position <= at || one.state === "taken") continue;
    draft.drop(position);
    draft.letter({
      position,
      key,
      status: "behind",
      attempts: one.attempts,
      error: waitsBehind(at),
      at: now,
    });
    if (position > cursor) continue;
    behind += 1 + one.behind;
    behindTo = Math.max(behindTo, position, one.behindTo);
  }
  return { behind, behindTo };
}
