/**
 * A consumer group: what of the log it has settled, and what is still out.
 *
 * Everything here is a value; the functions beside it take one and give the
 * next. `take.ts`, `settle.ts`, `control.ts` and `redrive.ts` say what may
 * happen, `draft.ts` puts the next value together.
 *
 * @module
 */

/** What happens to an event that has failed as often as it may. */
export const POISON_POLICIES = ["park", "park-key", "halt"] as const;

/**
 * - `park`: it becomes a dead letter, and later events of its key go on.
 * - `park-key`: later events of its key wait behind it, among the dead letters.
 * - `halt`: the group stops until someone looks.
 */
export type PoisonPolicy = typeof POISON_POLICIES[number];

/** How long an event waits after a failure. */
export interface Backoff {
  /** After the first failure, in milliseconds. */
  readonly firstMs: number;
  /** Each further wait is so many times as long. */
  readonly factor: number;
  /** No wait is longer. */
  readonly maxMs: number;
}

/** How a group reads. */
export interface GroupPolicy {
  /** Patterns of the channels that it wants. */
  readonly channels: readonly string[];
  /** Deliveries of one event, at most. */
  readonly maxAttempts: number;
  /** How long an event waits after a failure. */
  readonly backoff: Backoff;
  /** What happens after the last failure. */
  readonly onPoison: PoisonPolicy;
  /** How long a delivery belongs to the member that took it. */
  readonly leaseMs: number;
  /** Deliveries that are with members at one time, at most. */
  readonly maxInFlight: number;
}

/** Most events that are known to wait for one before them of their key. */
export const MAX_WAITING = 1000;

/**
 * Most events of one key that are not settled, and most dead letters that wait
 * behind the one that failed; then the group halts.
 */
export const MAX_BEHIND = 1000;

/** Most dead letters that are on their way again at one time. */
export const MAX_REDRIVEN = 2 * MAX_BEHIND;

/**
 * - `taken`: with a member.
 * - `waiting`: an event before it, of the same key, is not settled.
 * - `retry`: to be delivered at its time.
 * - `parked`: it is a dead letter, and its key waits for it.
 */
export type EntryState = "taken" | "waiting" | "retry" | "parked";

/** An event that has been looked at and is not settled. */
export interface Entry {
  /** Its place in the log. */
  readonly position: number;
  /** Its key, where order matters. */
  readonly key: string | undefined;
  /** Whether it comes from the log, or is a dead letter on its way again. */
  readonly origin: "log" | "letter";
  /** What it waits for. */
  readonly state: EntryState;
  /** Deliveries so far. */
  readonly attempts: number;
  /** Names the delivery that counts now; of any other one nothing is taken. */
  readonly token: string | undefined;
  /** Who has it. */
  readonly member: string | undefined;
  /** Until when, in milliseconds since the Unix epoch. */
  readonly deadline: number | undefined;
  /** When it is delivered again, in milliseconds since the Unix epoch. */
  readonly nextAt: number | undefined;
  /** What went wrong last. */
  readonly error: string | undefined;
  /** Of a parked one: how many dead letters wait behind it, up to `behindTo`. */
  readonly behind: number;
  /**
   * Of a parked one: everything of its key up to here is a dead letter, or was.
   * Never beyond what the group has looked at: what follows is yet to come.
   */
  readonly behindTo: number;
}

/** Why a group has stopped by itself. */
export type HaltCode = "poison" | "parked_full" | "epoch_changed" | "expired";

/** A group that has stopped by itself. */
export interface Halt {
  /** Why, for programs. */
  readonly code: HaltCode;
  /** Why, in one sentence. */
  readonly reason: string;
  /** The event because of which it stopped, or the oldest one held. */
  readonly position: number;
  /** The epoch that the log has now, where that is why. */
  readonly epoch: string | undefined;
}

/** A group as it is stored. */
export interface GroupState {
  /** Its name. */
  readonly name: string;
  /** Tells it from a group of the same name that was deleted. */
  readonly incarnation: string;
  /** How it reads. */
  readonly policy: GroupPolicy;
  /** The epoch of the log that its positions belong to. */
  readonly epoch: string;
  /** Everything at or below is settled. */
  readonly checkpoint: number;
  /** Everything at or below has been looked at. */
  readonly cursor: number;
  /** Rises with each change: who writes names the one that he has read. */
  readonly version: number;
  /** Whether someone has stopped it. */
  readonly isPaused: boolean;
  /** Why it has stopped by itself, if so. */
  readonly halted: Halt | undefined;
  /** What is not settled, by position. */
  readonly entries: readonly Entry[];
}

/**
 * - `dead`: it has failed as often as it may.
 * - `behind`: one before it, of the same key, is dead.
 * - `redriven`: it is on its way again, and goes when it is settled.
 */
export type LetterStatus = "dead" | "behind" | "redriven";

/** What a group knows of a dead letter. */
export interface LetterFacts {
  /** Place of the event in the log. */
  readonly position: number;
  /** Key of the event. */
  readonly key: string | undefined;
  /** How it stands. */
  readonly status: LetterStatus;
  /** Deliveries that failed. */
  readonly attempts: number;
  /** Why it is here. */
  readonly error: string;
  /** Since when, in milliseconds since the Unix epoch. */
  readonly at: number;
}

/** A delivery, as a member names it. */
export interface DeliveryRef {
  /** Place of the event in the log. */
  readonly position: number;
  /** The token that came with it. */
  readonly token: string;
}

/** What an operation has come to. */
export interface Step {
  /** The group from now on. */
  readonly state: GroupState;
  /** Dead letters that are new or stand otherwise. */
  readonly letters: readonly LetterFacts[];
  /** Positions of dead letters that are no more. */
  readonly gone: readonly number[];
}

/** A group that begins after `position`. */
export function createGroup(begin: {
  readonly name: string;
  readonly incarnation: string;
  readonly policy: GroupPolicy;
  readonly epoch: string;
  readonly position: number;
}): GroupState {
  const { position, ...given } = begin;
  return {
    ...given,
    checkpoint: position,
    cursor: position,
    version: 0,
    isPaused: false,
    halted: undefined,
    entries: [],
  };
}

/** Whether members get nothing from the group. */
export function isStopped({ isPaused, halted }: GroupState): boolean {
  return isPaused || halted !== undefined;
}

/** How many deliveries are with members. */
export function countTaken({ entries }: Pick<GroupState, "entries">): number {
  return entries.filter(({ state }) => state === "taken").length;
}
