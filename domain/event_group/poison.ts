/**
 * What becomes of an event that has failed, or whose member has died, or that
 * nobody can read.
 *
 * @module
 */
import { type Draft, draftOf, IDLE } from "./draft.ts";
import type { Entry, GroupState, Halt, Step } from "./group.ts";

/** What went wrong with an event. */
export interface Failure {
  /** Why. */
  readonly error: string;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

/**
 * Delivers `entry` again at `nextAt`, or does what the policy says where that
 * was its last delivery.
 *
 * @returns Why the group has to stop, if so.
 */
export function fail(
  draft: Draft,
  state: GroupState,
  entry: Entry,
  failure: Failure & { readonly nextAt: number },
): Halt | undefined {
  const { error, nextAt } = failure;
  const { attempts } = entry;
  if (attempts < state.policy.maxAttempts) {
    draft.put({ ...entry, ...IDLE, state: "retry", nextAt, error });
    return undefined;
  }
  const times = attempts === 1 ? "once" : `${attempts} times`;
  return giveUp(draft, state, entry, failure, `has failed ${times}`);
}

/**
 * Gives up events that were taken and that no member may get. That is no
 * delivery, and they are not tried again: what the policy says of an event
 * that has failed too often is done at once.
 *
 * @param faults Why, of each; those that are with nobody are passed over.
 */
export function bury(
  state: GroupState,
  faults: readonly { readonly position: number; readonly error: string }[],
  now: number,
): Step {
  const draft = draftOf(state);
  let { halted } = state;
  for (const { position, error } of faults) {
    const entry = draft.entries.get(position);
    if (entry?.state !== "taken") continue;
    const unread = { ...entry, attempts: entry.attempts - 1 };
    const why = giveUp(draft, state, unread, { error, now }, "is unreadable");
    halted ??= why;
  }
  return draft.finish({ halted });
}

/** Does what the policy says of an event that is not tried again by itself. */
function giveUp(
  draft: Draft,
  { policy, cursor }: GroupState,
  entry: Entry,
  { error, now }: Failure,
  what: string,
): Halt | undefined {
  const { position, key, attempts } = entry;
  if (policy.onPoison === "halt") {
    draft.put({ ...entry, ...IDLE, state: "retry", nextAt: now, error });
    return {
      code: "poison",
      reason: `the event at position ${position} ${what}: ${error}`,
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
