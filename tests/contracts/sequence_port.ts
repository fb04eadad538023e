/**
 * The sequence port contract: the laws every adapter of the port obeys.
 *
 * @module
 */
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { parseSequenceDay } from "../../domain/sequence.ts";
import { parseUserId } from "../../domain/user_id.ts";
import type { SequencePort } from "../../ports/sequence_port.ts";
import { testLaws, type Waivers } from "./law.ts";

/** A port whose series have not begun. */
export interface SequencePortSubject extends AsyncDisposable {
  readonly sequence: SequencePort;
}

const ANN = parseUserId("ann");
const BOB = parseUserId("bob@example.com");
const MONDAY = parseSequenceDay("20260105");
const TUESDAY = parseSequenceDay("20260106");

const LAWS = {
  "a series begins at 1": async ({ sequence }) => {
    deepEqual(await sequence.next(ANN, MONDAY), { first: 1, last: 1 });
  },

  "numbers rise from call to call": async ({ sequence }) => {
    let before = 0;
    for (const count of [1, 5, 1, 1000, 2]) {
      const { first, last } = await sequence.next(ANN, MONDAY, count);
      ok(first > before);
      equal(last - first + 1, count);
      before = last;
    }
  },

  "users and days have series of their own": async ({ sequence }) => {
    await sequence.next(ANN, MONDAY, 7);
    equal((await sequence.next(BOB, MONDAY)).first, 1);
    equal((await sequence.next(ANN, TUESDAY)).first, 1);
  },

  "concurrent callers never share a number": async ({ sequence }) => {
    const ranges = await Promise.all(
      Array.from(
        { length: 100 },
        (_, i) => sequence.next(ANN, MONDAY, 1 + i % 3),
      ),
    );
    const numbers = ranges.flatMap(({ first, last }) =>
      Array.from({ length: last - first + 1 }, (_, i) => first + i)
    );
    equal(new Set(numbers).size, numbers.length);
  },

  "a count out of range is refused and uses nothing up": async (
    { sequence },
  ) => {
    for (const count of [0, -1, 1.5, 1001, NaN]) {
      await rejects(sequence.next(ANN, MONDAY, count), { code: "invalid" });
    }
    equal((await sequence.next(ANN, MONDAY)).first, 1);
  },

  "an aborted call is refused": async ({ sequence }) => {
    const gone = AbortSignal.abort(new Error("gone"));
    await rejects(sequence.next(ANN, MONDAY, 1, gone), { message: "gone" });
  },

  "a closed port rejects, and closes twice": async ({ sequence }) => {
    await sequence[Symbol.asyncDispose]();
    await sequence[Symbol.asyncDispose]();
    await rejects(sequence.next(ANN, MONDAY), { code: "closed" });
  },
} satisfies Record<string, (subject: SequencePortSubject) => Promise<void>>;

/** Holds each port `open` returns to every law, save those waived by name. */
export function testSequencePort(
  adapter: string,
  open: () => Promise<SequencePortSubject>,
  waived: Waivers<typeof LAWS> = {},
): void {
  testLaws(adapter, LAWS, open, waived);
}
