/**
 * Dead letters: looking at them, sending them on their way again, giving them up.
 *
 * @module
 */
import type {
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

/** What was sent on its way again. */
export interface RedriveResult {
  /** The positions, in order. */
  readonly positions: readonly number[];
  /** Whether there are more, for which there is no room until some are settled. */
  readonly isMore: boolean;
}

/** Sends the chosen dead letters of `state` on their way again. */
export async function redriveLetters(
  store: GroupStore,
  state: GroupState,
  choice: LetterChoice,
  now: number,
): Promise<Done<RedriveResult>> {
  const letters = "positions" in choice
    ? await named(store, state, choice.positions, "redrive")
    : "key" in choice
    ? await allOf(store, state.name, choice.key)
    : await withWholeKeys(
      store,
      state,
      await allOf(store, state.name, undefined),
    );
  const lost = letters.find(({ event }) => !event);
  if (lost) {
    throw new PortError(
      "expired",
      `Cannot redrive the event at position ${lost.position} as the log did not hold it any more when it became a dead letter: discard it`,
      { facts: { position: lost.position } },
    );
  }
  const step = redrive(state, letters.map(factsOf), now);
  const isMore = step.left.length > 0 || letters.length >= MAX_LETTERS;
  return { value: { positions: step.moved, isMore }, step };
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
      throw new PortError(
        "conflict",
        `Cannot redrive the event at position ${position} as the one at ${blocker} of the same key stands before it: redrive or discard that`,
        { facts: { position: blocker } },
      );
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

/** `letters`, and the rest of each key of which later ones wait behind one. */
async function withWholeKeys(
  store: GroupStore,
  { name, entries }: GroupState,
  letters: readonly DeadLetter[],
): Promise<readonly DeadLetter[]> {
  if (letters.length < MAX_LETTERS) return letters;
  const keys = new Set(letters.map(({ key }) => key));
  const all = new Map(letters.map((one) => [one.position, one]));
  for (const { state, key } of entries) {
    if (state !== "parked" || !keys.has(key)) continue;
    for (const one of await allOf(store, name, key)) all.set(one.position, one);
  }
  return [...all.values()].sort((a, b) => a.position - b.position);
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

/** What waits behind the parked dead letters of `state`. */
export async function lettersBehind(
  store: GroupStore,
  { name, entries }: GroupState,
): Promise<LetterFacts[]> {
  const behind: LetterFacts[] = [];
  for (const { state, key } of entries) {
    if (state !== "parked") continue;
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
