/**
 * The sequence blocks contract: the laws every adapter of the port obeys.
 *
 * @module
 */
import {
  parseSequenceDay,
  type SequenceName,
  type SequenceRange,
} from "../../domain/sequence.ts";
import { parseUserId } from "../../domain/user_id.ts";
import type {
  BlockScope,
  NoNumbers,
  SequenceBlocks,
} from "../../ports/sequence_blocks.ts";
import { deepEqual, equal, notEqual, ok, rejects } from "../support/assert.ts";
import { testLaws, type Waivers } from "./law.ts";

/** What a test may do to a server behind the port's back. */
export interface BlockServerHooks {
  /** The history and generation that it has. */
  scope(): Promise<BlockScope>;
  /** Gives the data as they are another history. */
  newHistory(): Promise<void>;
  /** Gives the checkpoint another generation. */
  newGeneration(): Promise<void>;
  /** Takes a step along the log in which the series was fenced. */
  fence(series: SequenceName): Promise<void>;
  /** Loses everything; the history goes on. */
  flush(): Promise<void>;
  /** Loses one of the two things that are held of a series. */
  evict(what: "counter" | "block", series: SequenceName): Promise<void>;
  /** Puts something in place of the counter, as others may. */
  count(series: SequenceName, to: number): Promise<void>;
  /** What the counter shows. */
  counter(series: SequenceName): Promise<number | undefined>;
  /** Makes it a replica. */
  demote(): Promise<void>;
}

/** Blocks that are up, over a server that has a checkpoint and nothing else. */
export interface SequenceBlocksSubject extends AsyncDisposable {
  readonly blocks: SequenceBlocks;
  readonly server: BlockServerHooks;
}

const [ANN, BOB] = ["ann", "bob@example.com"].map(parseUserId);
const day = parseSequenceDay("20260105");
const MONDAY = { user: ANN!, day };
const TUESDAY = { user: ANN!, day: parseSequenceDay("20260106") };
const BOBS = { user: BOB!, day };

type Subject = SequenceBlocksSubject;

/** Asks for between `least` and `most` numbers. */
async function ask(
  { blocks, server }: Subject,
  least = 1,
  most = least,
  series: SequenceName = MONDAY,
): Promise<SequenceRange | NoNumbers> {
  const answers = await blocks.next(await server.scope(), [
    { series, least, most },
  ]);
  notEqual(answers, "fenced");
  equal(answers.length, 1);
  return answers[0] as SequenceRange | NoNumbers;
}

/** A permit, where there are no numbers. */
async function permitFor(subject: Subject, series = MONDAY): Promise<string> {
  const answer = await ask(subject, 1000, 1000, series);
  ok("permit" in answer);
  return answer.permit;
}

/** Puts down the numbers from `first` to `last`. */
async function put(
  subject: Subject,
  first: number,
  last: number,
  series = MONDAY,
): Promise<void> {
  const permit = await permitFor(subject, series);
  const scope = await subject.server.scope();
  const block = { first, last };
  equal(await subject.blocks.install(scope, series, permit, block), true);
}

/** What there is when there are no numbers. */
async function floorOf(subject: Subject): Promise<number> {
  const answer = await ask(subject);
  ok("floor" in answer, "there should be no numbers");
  equal(await subject.blocks.floor(MONDAY), answer.floor);
  return answer.floor;
}

const LAWS = {
  "nothing begins by itself": async (subject) => {
    equal(await floorOf(subject), 0);
    equal(await floorOf(subject), 0);
    equal(await subject.server.counter(MONDAY), undefined);
  },

  "the numbers of a block are given out in order, and no others": async (
    subject,
  ) => {
    await put(subject, 5, 9);
    deepEqual(await ask(subject), { first: 5, last: 5 });
    deepEqual(await ask(subject, 2), { first: 6, last: 7 });
    equal(await subject.server.counter(MONDAY), 7);
    deepEqual(await ask(subject, 2), { first: 8, last: 9 });
    equal(await floorOf(subject), 9);
  },

  "as many are taken as there are, but not too few": async (subject) => {
    await put(subject, 1, 10);
    deepEqual(await ask(subject, 1, 4), { first: 1, last: 4 });
    ok("permit" in await ask(subject, 7, 9));
    deepEqual(await ask(subject, 6, 90), { first: 5, last: 10 });
    ok("permit" in await ask(subject, 1, 90));
  },

  "series are answered in the order asked": async (subject) => {
    const { blocks, server } = subject;
    await put(subject, 1, 10);
    await put(subject, 101, 110, BOBS);
    const asks = [BOBS, TUESDAY, MONDAY].map((series) => (
      { series, least: 2, most: 3 }
    ));
    const answers = await blocks.next(await server.scope(), asks);
    ok(answers !== "fenced");
    deepEqual(answers[0], { first: 101, last: 103 });
    ok("permit" in answers[1]!);
    deepEqual(answers[2], { first: 1, last: 3 });
    deepEqual(await blocks.next(await server.scope(), []), []);
  },

  "concurrent callers never share a number": async (subject) => {
    await put(subject, 1, 200);
    const ranges = await Promise.all(
      Array.from({ length: 150 }, () => ask(subject)),
    );
    equal(new Set(ranges.map((r) => "first" in r && r.first)).size, 150);
  },

  "a permit is good for one block, even if everything else is lost": async (
    subject,
  ) => {
    const { blocks, server } = subject;
    const scope = await server.scope();
    const block = { first: 1, last: 8 };
    const permit = await permitFor(subject);
    const again = () => blocks.install(scope, MONDAY, permit, block);
    equal(await again(), true);
    equal(await again(), false);
    await ask(subject, 3);
    equal(await again(), false);
    await server.evict("counter", MONDAY);
    equal(await again(), false);
    await server.evict("block", MONDAY);
    equal(await again(), false);
    equal(await floorOf(subject), 0);
    equal(await again(), false);
  },

  "a block without a permit is not put down": async (subject) => {
    const { blocks, server } = subject;
    const scope = await server.scope();
    const block = { first: 1, last: 8 };
    equal(await blocks.install(scope, MONDAY, "made up", block), false);
    const permit = await permitFor(subject, BOBS);
    equal(await blocks.install(scope, MONDAY, permit, block), false);
    equal(await floorOf(subject), 0);
  },

  "the first block that is put down voids the permits of others": async (
    subject,
  ) => {
    const { blocks, server } = subject;
    const scope = await server.scope();
    const [one, two] = [await permitFor(subject), await permitFor(subject)];
    notEqual(one, two);
    const second = { first: 9, last: 16 };
    equal(await blocks.install(scope, MONDAY, two, second), true);
    const first = { first: 17, last: 24 };
    equal(await blocks.install(scope, MONDAY, one, first), false);
    deepEqual(await ask(subject), { first: 9, last: 9 });
  },

  "permits that nobody uses do not add up, and the newest is good": async (
    subject,
  ) => {
    for (let i = 0; i < 100; i++) await permitFor(subject);
    await put(subject, 1, 8);
    deepEqual(await ask(subject), { first: 1, last: 1 });
    for (let i = 0; i < 100; i++) await permitFor(subject);
    ok(await subject.blocks.floor(MONDAY) >= 8);
  },

  "a fence voids the block and the permits": async (subject) => {
    const { blocks, server } = subject;
    await put(subject, 1, 8);
    await put(subject, 1, 8, BOBS);
    await ask(subject, 3);
    const permit = await permitFor(subject);
    await server.fence(MONDAY);
    const late = { first: 9, last: 16 };
    const scope = await server.scope();
    equal(await blocks.install(scope, MONDAY, permit, late), false);
    equal(await floorOf(subject), 3);
    deepEqual(await ask(subject, 1, 1, BOBS), { first: 1, last: 1 });
    await put(subject, 17, 24);
    deepEqual(await ask(subject), { first: 17, last: 17 });
  },

  "a block is of no use in another history": async (subject) => {
    const { blocks, server } = subject;
    await put(subject, 1, 8);
    await ask(subject, 3);
    const permit = await permitFor(subject);
    const before = await server.scope();
    await server.newHistory();
    notEqual((await server.scope()).history, before.history);
    const asks = [{ series: MONDAY, least: 1, most: 1 }];
    equal(await blocks.next(before, asks), "fenced");
    const late = { first: 9, last: 16 };
    equal(await blocks.install(before, MONDAY, permit, late), "fenced");
    equal(await floorOf(subject), 8);
  },

  "a block is of no use in another generation": async (subject) => {
    const { blocks, server } = subject;
    await put(subject, 1, 8);
    await ask(subject, 3);
    const permit = await permitFor(subject);
    const before = await server.scope();
    await server.newGeneration();
    const asks = [{ series: MONDAY, least: 1, most: 1 }];
    equal(await blocks.next(before, asks), "fenced");
    const late = { first: 9, last: 16 };
    equal(await blocks.install(before, MONDAY, permit, late), "fenced");
    ok(await floorOf(subject) >= 3);
  },

  "a server that has lost everything has no block": async (subject) => {
    const { blocks, server } = subject;
    await put(subject, 1, 8);
    const permit = await permitFor(subject);
    const before = await server.scope();
    await server.flush();
    const asks = [{ series: MONDAY, least: 1, most: 1 }];
    equal(await blocks.next(before, asks), "fenced");
    const late = { first: 1, last: 8 };
    equal(await blocks.install(before, MONDAY, permit, late), "fenced");
    await server.newGeneration();
    equal(await floorOf(subject), 0);
  },

  "a block without its counter is of no use, nor a counter without its block":
    async (subject) => {
      const { server } = subject;
      await put(subject, 1, 8);
      await ask(subject, 3);
      await server.evict("counter", MONDAY);
      equal(await floorOf(subject), 8);
      await put(subject, 9, 16);
      await ask(subject, 3);
      await server.evict("block", MONDAY);
      equal(await floorOf(subject), 11);
      equal(await floorOf(subject), 11);
    },

  "a counter that was set back, or begun anew, is not used": async (
    subject,
  ) => {
    const { server } = subject;
    await put(subject, 1, 8);
    await ask(subject, 3);
    for (const to of [0, 1, 2]) {
      await server.count(MONDAY, to);
      equal(await floorOf(subject), 8);
    }
    await put(subject, 9, 16);
    deepEqual(await ask(subject), { first: 9, last: 9 });
  },

  "a counter that others move on is gone on from": async (subject) => {
    const { blocks, server } = subject;
    await put(subject, 1, 8);
    await ask(subject);
    await server.count(MONDAY, 5);
    deepEqual(await ask(subject), { first: 6, last: 6 });
    await server.count(MONDAY, 40);
    equal(await floorOf(subject), 40);
    const permit = await permitFor(subject);
    const scope = await server.scope();
    const below = { first: 40, last: 47 };
    equal(await blocks.install(scope, MONDAY, permit, below), false);
    const above = { first: 41, last: 48 };
    equal(await blocks.install(scope, MONDAY, permit, above), true);
    deepEqual(await ask(subject), { first: 41, last: 41 });
  },

  "a counter that was there before is told, and left alone": async (
    subject,
  ) => {
    const { server } = subject;
    await server.count(MONDAY, 57);
    equal(await floorOf(subject), 57);
    equal(await server.counter(MONDAY), 57);
  },

  "a replica is not asked": async ({ blocks, server }) => {
    const scope = await server.scope();
    await server.demote();
    await rejects(blocks.floor(MONDAY), { code: "unavailable" });
    const asks = [{ series: MONDAY, least: 1, most: 1 }];
    await rejects(blocks.next(scope, asks), { code: "unavailable" });
  },

  "what is no history is fenced": async ({ blocks, server }) => {
    const { generation } = await server.scope();
    for (const history of ["", "x\r\nrole:master"]) {
      const scope = { history, generation };
      equal(await blocks.next(scope, []), "fenced");
      const block = { first: 1, last: 8 };
      equal(await blocks.install(scope, MONDAY, "p", block), "fenced");
    }
  },

  "closed blocks reject, and close twice": async ({ blocks, server }) => {
    const scope = await server.scope();
    await blocks[Symbol.asyncDispose]();
    await blocks[Symbol.asyncDispose]();
    await rejects(blocks.next(scope, []), { code: "closed" });
    await rejects(blocks.floor(MONDAY), { code: "closed" });
    const block = { first: 1, last: 8 };
    await rejects(blocks.install(scope, MONDAY, "p", block), {
      code: "closed",
    });
  },
} satisfies Record<string, (subject: Subject) => Promise<void>>;

/** Holds the blocks `open` returns to every law, save those waived by name. */
export function testSequenceBlocks(
  adapter: string,
  open: () => Promise<SequenceBlocksSubject>,
  waived: Waivers<typeof LAWS> = {},
): void {
  testLaws(`${adapter} blocks`, LAWS, open, waived);
}
