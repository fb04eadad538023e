/**
 * The next value of a group, while it is put together.
 *
 * @module
 */
import type { Entry, GroupState, LetterFacts, Step } from "./group.ts";

/** An entry that is delivered when it is next in line. */
export const IDLE = {
  token: undefined,
  member: undefined,
  deadline: undefined,
  nextAt: undefined,
  error: undefined,
  behind: 0,
  behindTo: 0,
} as const;

/** What stands in the way of an event of a key. */
export interface KeyLine {
  /** Whether one of them is with a member. */
  isTaken: boolean;
  /** The lowest position that is not settled. */
  first: number;
  /** The dead letter that the others wait for. */
  parked: Entry | undefined;
  /** All of them. */
  readonly positions: Set<number>;
}

/** A group that is being changed. */
export interface Draft {
  /** What is not settled, by position. */
  readonly entries: Map<number, Entry>;
  /** What stands in the way of each key, as it was when it was asked for first. */
  lines(): Map<string, KeyLine>;
  /** Adds or replaces an entry. */
  put(entry: Entry): void;
  /** Takes an entry out. */
  drop(position: number): void;
  /** Notes a dead letter. */
  letter(facts: LetterFacts): void;
  /** Notes that there is no such dead letter any more. */
  burn(position: number): void;
  /** Puts the next value together. */
  finish(patch?: Partial<GroupState>): Step;
}

/** Begins to change `state`. */
export function draftOf(state: GroupState): Draft {
  const entries = new Map(state.entries.map((one) => [one.position, one]));
  const letters = new Map<number, LetterFacts>();
  const gone = new Set<number>();
  let isSorted = true;

  return {
    entries,
    lines: () => linesOf(entries.values()),
    put(entry) {
      isSorted &&= entries.has(entry.position);
      entries.set(entry.position, entry);
    },
    drop: (position) => void entries.delete(position),
    letter(facts) {
      letters.set(facts.position, facts);
      gone.delete(facts.position);
    },
    burn(position) {
      letters.delete(position);
      gone.add(position);
    },
    finish(patch = {}) {
      const left = [...entries.values()];
      if (!isSorted) left.sort((a, b) => a.position - b.position);
      const next = { ...state, ...patch, entries: left };
      return {
        state: { ...next, checkpoint: checkpointOf(next) },
        letters: [...letters.values()],
        gone: [...gone],
      };
    },
  };
}

/**
 * Everything at or below is settled: done with, or a dead letter, which has a
 * life of its own.
 */
function checkpointOf({ entries, cursor }: GroupState): number {
  const lowest = entries.find(({ origin, state }) =>
    origin === "log" && state !== "parked"
  );
  return lowest ? lowest.position - 1 : cursor;
}

/** What stands in the way of each key. */
function linesOf(entries: Iterable<Entry>): Map<string, KeyLine> {
  const lines = new Map<string, KeyLine>();
  for (const entry of entries) noteInLine(lines, entry);
  return lines;
}

/** Adds `entry` to what stands in the way of its key. */
export function noteInLine(lines: Map<string, KeyLine>, entry: Entry): void {
  const { key, position, state } = entry;
  if (key === undefined) return;
  let line = lines.get(key);
  if (!line) {
    const positions = new Set<number>();
    line = { isTaken: false, first: position, parked: undefined, positions };
    lines.set(key, line);
  }
  line.first = Math.min(line.first, position);
  line.positions.add(position);
  if (state === "taken") line.isTaken = true;
  if (state === "parked") line.parked = entry;
}

/** Whether the event of a key at `position` has to wait. */
export function isBlocked(
  line: KeyLine | undefined,
  position: number,
): boolean {
  return line !== undefined && (line.isTaken || line.first < position);
}

/** Makes the changes of two steps one. */
export function joinSteps(first: Step, second: Step): Step {
  const letters = new Map(first.letters.map((one) => [one.position, one]));
  const gone = new Set(first.gone);
  for (const position of second.gone) {
    letters.delete(position);
    gone.add(position);
  }
  for (const one of second.letters) {
    letters.set(one.position, one);
    gone.delete(one.position);
  }
  return {
    state: second.state,
    letters: [...letters.values()],
    gone: [...gone],
  };
}
