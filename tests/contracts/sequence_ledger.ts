/**
 * The sequence ledger contract: the laws every adapter of the port obeys.
 *
 * @module
 */
import { fencedSequenceOf } from "../../domain/event/own_events.ts";
import type { LoggedEvent } from "../../domain/event/event.ts";
import { parseSequenceDay, type SequenceRange } from "../../domain/sequence.ts";
import { parseUserId } from "../../domain/user_id.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import {
  EPOCH_MARGIN,
  type IssuedRange,
  type SequenceLedger,
} from "../../ports/sequence_ledger.ts";
import { deepEqual, equal, notEqual, rejects } from "../support/assert.ts";
import { testLaws, type Waivers } from "./law.ts";

/** A ledger whose series have not begun. */
export interface SequenceLedgerSubject extends AsyncDisposable {
  readonly ledger: SequenceLedger;
  /** Over the same log. */
  readonly bus: EventBus;
  /** Gives the log another epoch by the next call, as after a failover. */
  changeEpoch(): Promise<void>;
}

const [ANN, BOB] = ["ann", "bob@example.com"].map(parseUserId);
const day = parseSequenceDay("20260105");
const MONDAY = { user: ANN!, day };
const TUESDAY = { user: ANN!, day: parseSequenceDay("20260106") };
const BOBS = { user: BOB!, day };

const HERE = { history: "h1", floor: 0 };
const THERE = { history: "h2", floor: 0 };

/** Every entry of the log. */
async function logged({ bus }: SequenceLedgerSubject): Promise<LoggedEvent[]> {
  const page = await bus.read({ after: 0, limit: 1000 });
  return [...page.events];
}

/** Issues one number; a series that nobody has compared is taken for new. */
async function issueOne(
  { ledger }: SequenceLedgerSubject,
  series = MONDAY,
): Promise<IssuedRange> {
  return await ledger.issue(series, 1, 0) as IssuedRange;
}

function numbersOf({ first, last }: SequenceRange): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

const LAWS = {
  "a series begins at 1, whoever begins it": async (subject) => {
    const { ledger } = subject;
    deepEqual(await ledger.lease(MONDAY, 8, HERE), { first: 1, last: 8 });
    deepEqual(await ledger.lease(BOBS, 1, HERE), { first: 1, last: 1 });
    const { first, last } = await issueOne(subject, TUESDAY);
    deepEqual([first, last], [1, 1]);
  },

  "blocks and single numbers of a series rise": async (subject) => {
    const { ledger } = subject;
    let before = 0;
    for (const size of [1, 64, 1000, 2]) {
      for (
        const range of [
          await ledger.lease(MONDAY, size, HERE),
          await ledger.issue(MONDAY, size) as IssuedRange,
        ]
      ) {
        equal(range.first, before + 1);
        equal(range.last, before + size);
        before = range.last;
      }
    }
  },

  "concurrent calls never share a number": async ({ ledger }) => {
    const ranges = await Promise.all(
      Array.from({ length: 120 }, (_, i) => {
        const size = 1 + i % 5;
        const series = [MONDAY, BOBS][i % 2]!;
        const place = [HERE, THERE][i % 7 % 2]!;
        return i % 3 === 0
          ? ledger.issue(series, size, 0)
          : ledger.lease(series, size, place);
      }),
    ) as SequenceRange[];
    for (const odd of [0, 1]) {
      const numbers = ranges.filter((_, i) => i % 2 === odd).flatMap(numbersOf);
      equal(new Set(numbers).size, numbers.length);
    }
  },

  "numbers are above the floor, and stay there": async ({ ledger }) => {
    deepEqual(await ledger.lease(MONDAY, 2, { ...HERE, floor: 57 }), {
      first: 58,
      last: 59,
    });
    equal((await ledger.lease(MONDAY, 2, HERE)).first, 60);
    equal((await ledger.lease(MONDAY, 2, { ...HERE, floor: 9 })).first, 62);
    const issued = await ledger.issue(MONDAY, 1, 100) as IssuedRange;
    equal(issued.first, 101);
    const begun = await ledger.issue(TUESDAY, 3, 7) as IssuedRange;
    equal(begun.first, 8);
  },

  "a series that nobody has compared is left as it is": async (subject) => {
    const { ledger } = subject;
    equal(await ledger.issue(MONDAY, 5), "unadopted");
    equal(await ledger.issue(MONDAY, 5), "unadopted");
    equal((await issueOne(subject)).first, 1);
    const next = await ledger.issue(MONDAY, 5) as IssuedRange;
    equal(next.first, 2);
    deepEqual(await logged(subject), []);
  },

  "numbers issued beside a block fence it, in the same transaction": async (
    subject,
  ) => {
    const { ledger } = subject;
    await ledger.lease(MONDAY, 8, HERE);
    await ledger.lease(BOBS, 8, HERE);
    const { first, fence } = await issueOne(subject);
    equal(first, 9);
    const [event, ...others] = await logged(subject);
    deepEqual(others, []);
    equal(event!.channel, "sequence.fenced");
    equal(event!.key, MONDAY.user);
    equal(event!.batchEnd, event!.position);
    deepEqual(fencedSequenceOf(event!), MONDAY);
    const { epoch, position } = await subject.bus.head();
    deepEqual(fence, { epoch, position });
  },

  "where no block is out nothing is fenced, and the last fence is told": async (
    subject,
  ) => {
    const { ledger } = subject;
    equal((await issueOne(subject)).fence.position, 0);
    await ledger.lease(MONDAY, 8, HERE);
    const { fence } = await issueOne(subject);
    await ledger.lease(BOBS, 8, HERE);
    await issueOne(subject, BOBS);
    deepEqual((await issueOne(subject)).fence, fence);
    equal((await logged(subject)).length, 2);
  },

  "every block that was leased since is fenced": async (subject) => {
    const { ledger } = subject;
    const positions: number[] = [];
    for (let i = 0; i < 3; i++) {
      await ledger.lease(MONDAY, 8, HERE);
      await ledger.lease(MONDAY, 8, HERE);
      positions.push((await issueOne(subject)).fence.position);
    }
    deepEqual(positions, [1, 2, 3]);
  },

  "a block in another history fences the one before": async (subject) => {
    const { ledger } = subject;
    await ledger.lease(MONDAY, 8, HERE);
    await ledger.lease(MONDAY, 8, HERE);
    deepEqual(await logged(subject), []);
    equal((await ledger.lease(MONDAY, 8, THERE)).first, 17);
    equal((await logged(subject)).length, 1);
    equal((await ledger.lease(MONDAY, 8, HERE)).first, 25);
    equal((await logged(subject)).length, 2);
    equal((await issueOne(subject)).fence.position, 3);
  },

  "calls at once fence each block that they must": async (subject) => {
    const { ledger } = subject;
    await Promise.all([
      ledger.lease(MONDAY, 8, HERE),
      ledger.lease(BOBS, 8, HERE),
      ledger.issue(MONDAY, 1, 0),
      ledger.issue(BOBS, 1, 0),
    ]);
    equal((await logged(subject)).length, 2);
  },

  "a fence wakes those who wait for the log": async (subject) => {
    await subject.ledger.lease(MONDAY, 8, HERE);
    const waiting = subject.bus.wait(0);
    await issueOne(subject);
    await waiting;
  },

  "in a new epoch numbers begin far above what is known": async (subject) => {
    const { ledger } = subject;
    await ledger.lease(MONDAY, 8, HERE);
    const before = (await issueOne(subject)).fence;
    await subject.changeEpoch();
    equal(await ledger.issue(MONDAY, 1), "unadopted");
    const { first, fence } = await ledger.issue(MONDAY, 1, 20) as IssuedRange;
    equal(first, 20 + EPOCH_MARGIN + 1);
    notEqual(fence.epoch, before.epoch);
    equal(fence.epoch, (await subject.bus.head()).epoch);
    equal((await ledger.lease(MONDAY, 1, HERE)).first, first + 1);
  },

  "in a new epoch a block begins far above what is known, and others at 1":
    async (subject) => {
      const { ledger } = subject;
      await ledger.lease(MONDAY, 8, HERE);
      await subject.changeEpoch();
      const { first } = await ledger.lease(MONDAY, 8, HERE);
      equal(first, 8 + EPOCH_MARGIN + 1);
      equal((await ledger.lease(MONDAY, 8, HERE)).first, first + 8);
      equal((await ledger.lease(BOBS, 8, HERE)).first, 1);
      const plain = await ledger.lease(TUESDAY, 8, { ...HERE, floor: 30 });
      equal(plain.first, 30 + EPOCH_MARGIN + 1);
    },

  "a count out of range is refused and uses nothing up": async (subject) => {
    const { ledger } = subject;
    for (const count of [0, -1, 1.5, 1001, NaN]) {
      await rejects(ledger.lease(MONDAY, count, HERE), { code: "invalid" });
      await rejects(ledger.issue(MONDAY, count, 0), { code: "invalid" });
    }
    equal((await issueOne(subject)).first, 1);
  },

  "an aborted call is refused": async ({ ledger }) => {
    const gone = AbortSignal.abort(new Error("gone"));
    await rejects(ledger.lease(MONDAY, 1, HERE, gone), { message: "gone" });
    await rejects(ledger.issue(MONDAY, 1, 0, gone), { message: "gone" });
  },

  "a closed ledger rejects, and closes twice": async ({ ledger }) => {
    await ledger[Symbol.asyncDispose]();
    await ledger[Symbol.asyncDispose]();
    await rejects(ledger.lease(MONDAY, 1, HERE), { code: "closed" });
    await rejects(ledger.issue(MONDAY, 1), { code: "closed" });
  },
} satisfies Record<string, (subject: SequenceLedgerSubject) => Promise<void>>;

/** Holds each ledger `open` returns to every law, save those waived by name. */
export function testSequenceLedger(
  adapter: string,
  open: () => Promise<SequenceLedgerSubject>,
  waived: Waivers<typeof LAWS> = {},
): void {
  testLaws(`${adapter} ledger`, LAWS, open, waived);
}
