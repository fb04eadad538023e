/**
 * Dead letters: looking at them, sending them on their way again, giving them up.
 *
 * @module
 */
import type {
  Entry,
  GroupState,
  LetterFacts,
} from "../../../domain/event_group/group.ts";
import {
  blockerOf,
  discard,
  redrive,
} from "../../../domain/event_group/redrive.ts";
import {
  type DeadLetter,
  type GroupStore,
  MAX_LETTERS,
} from "../../../ports/event_groups.ts";
import { PortError } from "../../../ports/port_error.ts";
import type { Done } from "./lane.ts";

/** Which dead letters of a group are meant. */
export type LetterChoice =
  | { readonly positions: readonly number[] }
  | { readonly key: string }
  | { readonly all: true };

/** Keys that one call looks up to the end, at most: they go whole or not at all. */
const MAX_WHOLE_KEYS = 16;

/** A dead letter that cannot be sent on its way again. */
export interface RefusedLetter {
  /** Its place in the log. */
  readonly position: number;
  /** Why, for programs: its event is lost, or another one stands before it. */
  readonly code: "expired" | "conflict";
  /** Why, in one sentence. */
  readonly reason: string;
}

/** What was sent on its way again. */
export interface RedriveResult {
  /** The positions, in order. */
  readonly positions: readonly number[];
  /** What of a key or a group has to stay as it is, in order. */
  readonly refused: readonly RefusedLetter[];
  /** Whether there are more, for another call. */
  readonly isMore: boolean;
}

/**
 * Sends the chosen dead letters of `state` on their way again. Of a key or a
 * group those go that can, and the others are told of; of positions that are
 * named all, or none.
 *
 * @throws {PortError} Where positions are named: `not_found`, `conflict`,
 * `expired`.
 */
export async function redriveLetters(
  store: GroupStore,
  state: GroupState,
  choice: LetterChoice,
  now: number,
): Promise<Done<RedriveResult>> {
  if ("positions" in choice) {
    const { positions } = choice;
    const letters = await named(store, state, positions, "redrive");
    const lost = letters.find(({ event }) => !event);
    if (lost) throw lostEvent(lost.position);
    return redriven(state, letters, [], false, now);
  }
  const { letters, isCut } = "key" in choice
    ? await ofKey(store, state, choice.key)
    : await ofGroup(store, state);
  const { able, refused } = sortOut(state, letters);
  return redriven(state, able, refused, isCut, now);
}

function redriven(
  state: GroupState,
  letters: readonly DeadLetter[],
  refused: readonly RefusedLetter[],
  isCut: boolean,
  now: number,
): Done<RedriveResult> {
  const step = redrive(state, letters.map(factsOf), now);
  const isMore = isCut || step.left.length > 0;
  return { value: { positions: step.moved, refused, isMore }, step };
}

/** Which letters can go: none of a parked key of which one is lost, as the order would be. */
function sortOut(
  { entries }: GroupState,
  letters: readonly DeadLetter[],
): { able: DeadLetter[]; refused: RefusedLetter[] } {
  const parked = parkedKeys(entries);
  const lost = letters.filter(({ event }) => !event);
  const stuck = new Map(
    lost.toReversed().map(({ key, position }) => [key, position]),
  );
  const able: DeadLetter[] = [];
  const refused: RefusedLetter[] = [];
  for (const letter of letters) {
    const { position, key, event } = letter;
    const blocker = parked.has(key) ? stuck.get(key) : undefined;
    if (event && blocker === undefined) able.push(letter);
    else {
      const { code, message } = event
        ? blockedBy(position, blocker!)
        : lostEvent(position);
      refused.push({ position, code, reason: message } as RefusedLetter);
    }
  }
  return { able, refused };
}

/** Gives up the dead letters at `positions`, or what has stopped the group. */
export async function discardLetters(
  store: GroupStore,
  state: GroupState,
  positions: readonly number[],
  now: number,
): Promise<Done<readonly DeadLetter[]>> {
  const { halted } = state;
  const dead = positions.filter((position) =>
    !(halted?.code === "poison" && halted.position === position)
  );
  const letters = await named(store, state, dead, "discard");
  const step = discard(state, positions, letters.map(factsOf), now);
  if (!step) {
    throw new PortError(
      "unavailable",
      `Cannot discard as too many dead letters of group ${state.name} are on their way again: try again when some are settled`,
    );
  }
  const given = new Set(positions);
  return { value: letters.filter((one) => given.has(one.position)), step };
}

/** The letters at `positions` and all that wait behind one of them, in order. */
async function named(
  store: GroupStore,
  state: GroupState,
  positions: readonly number[],
  verb: "redrive" | "discard",
): Promise<DeadLetter[]> {
  const found = new Map<number, DeadLetter>();
  const parked = new Map(
    state.entries.filter((one) => one.state === "parked")
      .map((one) => [one.position, one.key]),
  );
  for (const position of positions) {
    const letter = await store.letter(state.name, position);
    if (!letter) throw noLetter(state.name, position);
    const blocker = blockerOf(state, letter);
    if (verb === "redrive" && blocker !== undefined) {
      throw blockedBy(position, blocker);
    }
    found.set(position, letter);
    const key = parked.get(position);
    if (key === undefined) continue;
    for (const behind of await allOf(store, state.name, key)) {
      if (behind.position >= position) found.set(behind.position, behind);
    }
  }
  return [...found.values()].sort((a, b) => a.position - b.position);
}

/** The dead letters of a key, in order. */
async function ofKey(store: GroupStore, { name }: GroupState, key: string) {
  const letters = await allOf(store, name, key);
  return { letters, isCut: letters.length >= MAX_LETTERS };
}

/**
 * Dead letters of the group, in order; of a parked key all, or none where there
 * are too many of such keys.
 */
async function ofGroup(
  store: GroupStore,
  { name, entries }: GroupState,
): Promise<{ letters: readonly DeadLetter[]; isCut: boolean }> {
  const page = await allOf(store, name, undefined);
  if (page.length < MAX_LETTERS) return { letters: page, isCut: false };
  const parked = parkedKeys(entries);
  const all = new Map<number, DeadLetter>();
  const keys = new Set<string>();
  for (const letter of page) {
    const { key, position } = letter;
    if (key === undefined || !parked.has(key)) all.set(position, letter);
    else if (keys.size < MAX_WHOLE_KEYS) keys.add(key);
  }
  for (const key of keys) {
    for (const one of await allOf(store, name, key)) all.set(one.position, one);
  }
  const letters = [...all.values()].sort((a, b) => a.position - b.position);
  return { letters, isCut: true };
}

/** The keys that wait for a dead letter. */
function parkedKeys(
  entries: readonly Entry[],
): ReadonlySet<string | undefined> {
  const parked = entries.filter(({ state }) => state === "parked");
  return new Set(parked.map(({ key }) => key));
}

/** The dead letters of a group and key, up to `MAX_LETTERS`. */
async function allOf(
  store: GroupStore,
  group: string,
  key: string | undefined,
): Promise<DeadLetter[]> {
  const all: DeadLetter[] = [];
  while (all.length < MAX_LETTERS) {
    const limit = MAX_LETTERS - all.length;
    const after = all.at(-1);
    const page = await store.letters({ group, key, after, limit });
    if (page.length === 0) break;
    all.push(...page);
  }
  return all;
}

/** What waits behind the parked dead letters of `state`, where it reaches beyond `position`. */
export async function lettersBehind(
  store: GroupStore,
  { name, entries }: GroupState,
  position: number,
): Promise<LetterFacts[]> {
  const behind: LetterFacts[] = [];
  for (const { state, key, behindTo } of entries) {
    if (state !== "parked" || behindTo <= position) continue;
    const letters = await allOf(store, name, key);
    behind.push(...letters.map(factsOf));
  }
  return behind.filter(({ status }) => status === "behind");
}

function factsOf(letter: DeadLetter): LetterFacts {
  const { position, key, status, attempts, error, at } = letter;
  return { position, key, status, attempts, error, at };
}

/** What is said of a dead letter that there is not. */
export function noLetter(group: string, position: number): PortError {
  return new PortError(
    "not_found",
    `Cannot find the dead letter of group ${group} at position ${position} as there is none there`,
  );
}

function lostEvent(position: number): PortError {
  return new PortError(
    "expired",
    `Cannot redrive the event at position ${position} as the log did not hold it any more when it became a dead letter: discard it`,
    { facts: { position } },
  );
}

function blockedBy(position: number, blocker: number): PortError {
  return new PortError(
    "conflict",
    `Cannot redrive the event at position ${position} as the one at ${blocker} of the same key stands before it: redrive or discard that`,
    { facts: { position: blocker } },
  );
}
