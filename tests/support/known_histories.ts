/**
 * Histories of a register that are known to be right or wrong.
 *
 * @module
 */
import type { Operation, Versioned } from "./history.ts";
import type { Rule } from "./linearizable.ts";

/** The register that they are all about. */
export const KEY = "k";

/** Client `client` wrote `value` from `start` to `end`. */
export function write(
  client: string,
  [start, end]: readonly [number, number],
  value: string,
  outcome: number | "unknown" | "failed",
): Operation {
  const call = { client, key: KEY, start, end, kind: "write", value } as const;
  return typeof outcome === "number"
    ? { ...call, outcome: "ok", version: outcome }
    : { ...call, outcome };
}

/** Client `client` read `value` at `version` from `start` to `end`. */
export function read(
  client: string,
  [start, end]: readonly [number, number],
  value: string | undefined,
  version: number,
  verified = true,
): Operation {
  const call = { client, key: KEY, start, end, kind: "read" } as const;
  return { ...call, outcome: "ok", value, version, verified };
}

/** A history and what is wrong with it. */
export interface Case {
  readonly operations: readonly Operation[];
  readonly final?: Versioned;
  /** The rules that are broken; nothing if it is a good history. */
  readonly rules?: readonly Rule[];
  /** Whether the values alone do not tell that it is bad. */
  readonly onlyVersionsTell?: boolean;
}

/** Every way to go wrong, by its name. */
export const BAD: Record<string, Case> = {
  "a stale read after an acknowledged write": {
    operations: [
      write("a", [0, 1], "x", 1),
      write("a", [2, 3], "y", 2),
      read("b", [4, 5], "x", 1),
    ],
    rules: ["order"],
  },
  "nothing read after an acknowledged write": {
    operations: [
      write("a", [0, 1], "x", 1),
      read("b", [2, 3], undefined, 0),
    ],
    rules: ["order"],
  },
  "a stale read after a newer read of the same client": {
    operations: [
      write("a", [0, 1], "x", 1),
      write("a", [2, 9], "y", 2),
      read("b", [3, 4], "y", 2),
      read("b", [5, 6], "x", 1),
    ],
    rules: ["order"],
  },
  "reads that go back from one client to another": {
    operations: [
      write("a", [0, 1], "x", 1),
      write("a", [2, 3], "y", "unknown"),
      read("b", [4, 5], "y", 2),
      read("c", [6, 7], "x", 1),
    ],
    rules: ["order"],
  },
  "a lost write": {
    operations: [
      write("a", [0, 1], "x", 1),
      write("a", [2, 3], "y", 2),
    ],
    final: { value: "x", version: 1 },
    rules: ["kept"],
  },
  "a lost write, and nothing left": {
    operations: [write("a", [0, 1], "x", 1)],
    final: { value: undefined, version: 0 },
    rules: ["kept"],
  },
  "a lost unknown write that had been seen": {
    operations: [
      write("a", [0, 1], "x", 1),
      write("a", [2, 3], "y", "unknown"),
      read("b", [4, 5], "y", 2),
    ],
    final: { value: "x", version: 1 },
    rules: ["kept"],
  },
  "a write seen before it began": {
    operations: [
      read("b", [0, 1], "x", 1),
      write("a", [2, 3], "x", 1),
    ],
    rules: ["written", "order"],
  },
  "an unknown write seen before it began": {
    operations: [
      read("b", [0, 1], "x", 1),
      write("a", [2, 3], "x", "unknown"),
    ],
    rules: ["written"],
  },
  "an unknown write with a version that was passed before it began": {
    operations: [
      write("a", [0, 1], "x", 5),
      write("b", [2, 9], "y", "unknown"),
      read("c", [3, 4], "y", 4),
      read("c", [5, 6], "x", 5),
    ],
    rules: ["written", "order"],
  },
  "an unknown write that happens twice": {
    operations: [
      write("a", [0, 1], "x", "unknown"),
      read("b", [2, 3], "x", 1),
      write("a", [4, 5], "y", 2),
      read("b", [6, 7], "y", 2),
      read("b", [8, 9], "x", 3),
    ],
    rules: ["written"],
  },
  "a failed write seen": {
    operations: [
      write("a", [0, 1], "x", "failed"),
      read("b", [2, 3], "x", 1),
    ],
    rules: ["failed"],
  },
  "a failed write in the end": {
    operations: [
      write("a", [0, 1], "x", 1),
      write("a", [2, 3], "y", "failed"),
    ],
    final: { value: "y", version: 2 },
    rules: ["failed"],
  },
  "a value that nobody wrote": {
    operations: [read("b", [0, 1], "x", 1)],
    rules: ["written"],
  },
  "nothing at a version": {
    operations: [
      write("a", [0, 1], "x", 1),
      read("b", [2, 3], undefined, 2),
    ],
    rules: ["written"],
  },
  "two values for one version": {
    operations: [
      write("a", [0, 9], "x", 1),
      write("b", [0, 9], "y", "unknown"),
      read("c", [1, 2], "x", 1),
      read("c", [3, 4], "y", 1),
      read("c", [5, 6], "x", 1),
    ],
    rules: ["one value"],
  },
  "two acknowledged writes at one version": {
    operations: [
      write("a", [0, 9], "x", 1),
      write("b", [0, 9], "x", 1),
    ],
    rules: ["own version"],
    onlyVersionsTell: true,
  },
  "a write at the version of nothing": {
    operations: [
      write("a", [0, 1], "x", 0),
      read("b", [2, 3], undefined, 0),
    ],
    rules: ["one value"],
  },
  "a version that goes back": {
    operations: [
      write("a", [0, 1], "x", 2),
      write("a", [2, 3], "y", 1),
      read("b", [4, 5], "x", 2),
    ],
    rules: ["order"],
  },
  "a version that goes back, and nobody reads": {
    operations: [
      write("a", [0, 1], "x", 2),
      write("a", [2, 3], "y", 1),
    ],
    rules: ["order"],
    onlyVersionsTell: true,
  },
  "a verified read that is older than an unverified one": {
    operations: [
      write("a", [0, 1], "x", 1),
      write("a", [2, 9], "y", 2),
      read("b", [3, 4], "y", 2, false),
      read("b", [5, 6], "x", 1),
    ],
    rules: ["order"],
    onlyVersionsTell: true,
  },
  "an unverified read of what nobody wrote": {
    operations: [read("b", [0, 1], "x", 1, false)],
    rules: ["written"],
    onlyVersionsTell: true,
  },
};

/** What looks odd and is right. */
export const GOOD: Record<string, Case> = {
  "nothing at all": { operations: [] },
  "nothing read and nothing written": {
    operations: [read("a", [0, 1], undefined, 0)],
    final: { value: undefined, version: 0 },
  },
  "reads of old and new while a write is under way": {
    operations: [
      write("a", [0, 1], "x", 1),
      write("a", [2, 20], "y", 2),
      read("b", [3, 6], "x", 1),
      read("c", [4, 7], "y", 2),
      read("d", [5, 21], "x", 1),
    ],
    final: { value: "y", version: 2 },
  },
  "writes at once, in an order of their own": {
    operations: [
      write("a", [0, 9], "x", 3),
      write("b", [1, 8], "y", 1),
      write("c", [2, 7], "z", 2),
      read("d", [8.5, 10], "x", 3),
    ],
  },
  "an operation that ends when another begins is at the same time": {
    operations: [
      write("a", [0, 1], "x", 1),
      write("a", [1, 2], "y", 2),
      read("b", [2, 3], "x", 1),
    ],
  },
  "an unknown write that happened, later than it was given up": {
    operations: [
      write("a", [0, 1], "x", 1),
      write("a", [2, 3], "y", "unknown"),
      read("b", [4, 5], "x", 1),
      write("c", [6, 7], "z", 2),
      read("b", [8, 9], "y", 3),
    ],
    final: { value: "y", version: 3 },
  },
  "an unknown and a failed write that did not happen": {
    operations: [
      write("a", [0, 1], "x", 1),
      write("a", [2, 3], "y", "unknown"),
      write("a", [2, 3], "z", "failed"),
    ],
    final: { value: "x", version: 1 },
  },
  "the same value written twice": {
    operations: [
      write("a", [0, 1], "x", "unknown"),
      write("a", [2, 3], "y", 2),
      write("a", [4, 5], "x", "unknown"),
      read("b", [6, 7], "y", 2),
      read("b", [8, 9], "x", 3),
    ],
  },
  "a value that failed once and was written again": {
    operations: [
      write("a", [0, 1], "x", "failed"),
      write("a", [2, 3], "x", 1),
      read("b", [4, 5], "x", 1),
    ],
  },
  "an old read that does not claim to be the newest": {
    operations: [
      write("a", [0, 1], "x", 1),
      write("a", [2, 3], "y", 2),
      read("b", [4, 5], "x", 1, false),
      read("b", [6, 7], "y", 2),
    ],
  },
  "a read that failed": {
    operations: [
      {
        client: "a",
        key: KEY,
        start: 0,
        end: 1,
        kind: "read",
        outcome: "failed",
      },
    ],
  },
};
