/**
 * Dead letters on their way again, or done with.
 *
 * @module
 */
import { type Draft, draftOf, IDLE } from "./draft.ts";
import {
  type Entry,
  type GroupState,
  type LetterFacts,
  MAX_REDRIVEN,
  type Step,
} from "./group.ts";

/** What was done, and what could not be. */
export interface Redriven extends Step {
  /** Positions of the dead letters that are on their way again. */
  readonly moved: readonly number[];
  /** Positions of those for which there is no room until some are settled. */
  readonly left: readonly number[];
}

/**
 * Sends dead letters on their way again, in the order of their positions. What
 * waits behind one goes with it: who names one of a key names all of them.
 *
 * @param letters As they stand, by position.
 */
export function redrive(
  state: GroupState,
  letters: readonly LetterFacts[],
  now: number,
): Redriven {
  const draft = draftOf(state);
  const { moved, left } = send(draft, letters, now);
  return { ...draft.finish(), moved, left };
}

/**
 * The dead letter that `letter` waits behind, where that is why it is one.
 */
export function blockerOf(
  state: GroupState,
  { status, key, position }: LetterFacts,
): number | undefined {
  if (status !== "behind") return undefined;
  return state.entries.find((entry) =>
    entry.state === "parked" && entry.key === key && entry.position < position
  )?.position;
}

/**
 * Gives up dead letters, or the event because of which the group has stopped.
 * What waited behind one goes on.
 *
 * @param letters As they stand: those of `positions`, and all that wait behind
 * one of them, by position.
 * @returns `undefined` when there is no room for what goes on.
 */
export function discard(
  state: GroupState,
  positions: readonly number[],
  letters: readonly LetterFacts[],
  now: number,
): Step | undefined {
  const draft = draftOf(state);
  const given = new Set(positions);
  const { halted } = state;
  const isWhyHalted = halted?.code === "poison" && given.has(halted.position);
  if (isWhyHalted) {
    const why = draft.entries.get(halted.position);
    if (why?.origin === "letter") draft.burn(halted.position);
    draft.drop(halted.position);
  }
  const released = new Set<string>();
  for (const { position, key } of letters) {
    if (!given.has(position)) continue;
    const entry = draft.entries.get(position);
    if (entry && isParked(entry)) released.add(key!);
    if (entry && (isParked(entry) || entry.origin === "letter")) {
      draft.drop(position);
    }
    draft.burn(position);
  }
  const others = letters.filter(({ position }) => !given.has(position));
  const next = others.filter(({ key }) => released.has(key!));
  if (next.length > MAX_REDRIVEN - countLetters(draft)) return undefined;
  send(draft, next, now);
  for (const { position, key, status } of letters) {
    const isBehind = given.has(position) && status === "behind";
    if (isBehind && !released.has(key!)) takeFromBehind(draft, position, key);
  }
  return draft.finish({ halted: isWhyHalted ? undefined : halted });
}

/** The one at `position` waits no more behind the dead letter of `key`. */
function takeFromBehind(
  draft: Draft,
  position: number,
  key: string | undefined,
): void {
  for (const entry of draft.entries.values()) {
    if (!isParked(entry) || entry.key !== key) continue;
    if (position > entry.behindTo) continue; // is not counted yet
    draft.put({ ...entry, behind: entry.behind - 1 });
  }
}

function send(
  draft: Draft,
  letters: readonly LetterFacts[],
  now: number,
): { moved: number[]; left: number[] } {
  const moved: number[] = [];
  const left: number[] = [];
  const together = countParked(draft, letters);
  const full = new Set<string>();
  let room = MAX_REDRIVEN - countLetters(draft);
  for (const letter of letters) {
    const { position, key } = letter;
    const entry = draft.entries.get(position);
    if (entry && !isParked(entry)) continue; // on its way already
    const needed = key === undefined ? 1 : together.get(key) ?? 1;
    if (key !== undefined && needed > room) full.add(key);
    if (key !== undefined ? full.has(key) : room === 0) {
      left.push(position);
      continue;
    }
    if (key !== undefined && needed > 1) together.set(key, needed - 1);
    room--;
    moved.push(position);
    draft.letter({ ...letter, status: "redriven" });
    draft.put({
      ...IDLE,
      position,
      key,
      origin: "letter",
      state: "retry",
      attempts: 0,
      nextAt: now,
    });
  }
  return { moved, left };
}

/**
 * How many letters there are of each parked key: they go together or not at
 * all, as later events of the key would go before those that are left.
 */
function countParked(
  draft: Draft,
  letters: readonly LetterFacts[],
): Map<string, number> {
  const counts = new Map<string, number>();
  for (const entry of draft.entries.values()) {
    if (isParked(entry) && entry.key !== undefined) counts.set(entry.key, 0);
  }
  for (const { key } of letters) {
    const count = key === undefined ? undefined : counts.get(key);
    if (count !== undefined) counts.set(key!, count + 1);
  }
  return counts;
}

function countLetters(draft: Draft): number {
  let count = 0;
  for (const { origin, state } of draft.entries.values()) {
    if (origin === "letter" && state !== "parked") count++;
  }
  return count;
}

function isParked({ state }: Entry): boolean {
  return state === "parked";
}
