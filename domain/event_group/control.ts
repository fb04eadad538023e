/**
 * Stopping groups, and sending them elsewhere.
 *
 * @module
 */
import { draftOf } from "./draft.ts";
import type {
  GroupPolicy,
  GroupState,
  Halt,
  LetterFacts,
  Step,
} from "./group.ts";

/** Gives nothing out until it is resumed; what is out may be settled. */
export function pause(state: GroupState): Step {
  return draftOf(state).finish({ isPaused: true });
}

/**
 * Goes on; `undefined` where the group has lost its place in the log, which
 * only `seek` mends: going on would pass over events.
 */
export function resume(state: GroupState): Step | undefined {
  if (state.halted && hasLostPlace(state.halted)) return undefined;
  return draftOf(state).finish({ isPaused: false, halted: undefined });
}

/** Stops the group for a reason that is not an event's. */
export function halt(state: GroupState, halted: Halt): Step {
  return draftOf(state).finish({ halted });
}

/** Whether the group does not know where to go on. */
export function hasLostPlace({ code }: Halt): boolean {
  return code === "epoch_changed" || code === "expired";
}

/**
 * Reads on after `position`, whatever was settled: what is out is fenced. Dead
 * letters stay what they are, also those on their way again; what waits behind
 * one and is read again waits again, and so does what was settled since.
 *
 * @param letters As they stand: all that wait behind a parked one.
 */
export function seek(
  state: GroupState,
  position: number,
  epoch: string,
  letters: readonly LetterFacts[] = [],
): Step {
  const draft = draftOf(state);
  for (const entry of state.entries) {
    if (entry.state === "parked") {
      if (entry.behindTo <= position) continue;
      const behindTo = Math.max(entry.position, position);
      const behind = letters.filter((one) =>
        one.status === "behind" && one.key === entry.key &&
        one.position > entry.position && one.position <= behindTo
      ).length;
      draft.put({ ...entry, behind, behindTo });
    } else if (entry.origin === "log") draft.drop(entry.position);
  }
  return draft.finish({ cursor: position, epoch, halted: undefined });
}

/** Reads by another policy from now on. */
export function adopt(state: GroupState, policy: GroupPolicy): Step {
  return draftOf(state).finish({ policy });
}
