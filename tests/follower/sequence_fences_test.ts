/**
 * The fence of a series: blocks are asked for again once the fast layer has
 * followed the log to where the database itself has issued numbers.
 *
 * @module
 */
import { parseSequenceDay } from "../../domain/sequence.ts";
import { parseUserId } from "../../domain/user_id.ts";
import type { Fence, SequenceLedger } from "../../ports/sequence_ledger.ts";
import { createSession } from "../../src/follower/session.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";
import { createSequenceParts } from "../support/sequence_parts.ts";

const ANN = parseUserId("ann");
const DAY = parseSequenceDay("20260105");

/** A series whose issued numbers come with `fences`, one after the other. */
function createWorld(fences: readonly Fence[]) {
  const parts = createSequenceParts();
  const left = [...fences];
  const ledger: SequenceLedger = {
    ...parts.ledger.port,
    issue: async () => ({ first: 1, last: 1, fence: left.shift()! }),
  };
  const { sequence, databaseSequence } = parts.open({ ledger });
  return {
    /** Issues all the numbers that there are fences for. */
    async issueAll(): Promise<void> {
      while (left.length > 0) await databaseSequence.next(ANN, DAY);
    },
    /** Whether blocks are asked with the gate open at `position` of `epoch`. */
    async isAsked(epoch: string, position: number): Promise<boolean> {
      const checkpoint = {
        epoch,
        generation: "a1",
        position,
        settingsPosition: 0,
      };
      const { signal } = new AbortController();
      const { history } = parts.server;
      const session = createSession(history, checkpoint, signal, () => {});
      parts.gate.open = { session, drain: { reach: async () => {} } };
      const before = parts.blocks.calls("next");
      left.push({ epoch: "unused", position: 0 });
      await sequence.next(ANN, DAY);
      return parts.blocks.calls("next") > before;
    },
  };
}

/** Whether blocks are asked at a place of the log, after numbers were issued with `fences`. */
async function isAsked(
  fences: readonly Fence[],
  epoch: string,
  position: number,
): Promise<boolean> {
  const world = createWorld(fences);
  await world.issueAll();
  return await world.isAsked(epoch, position);
}

Deno.test("fence: nothing was issued, nothing has to be followed", async () => {
  equal(await isAsked([], "e1", 0), true);
});

Deno.test("fence: blocks are asked from its very position on", async () => {
  const fences = [{ epoch: "e1", position: 5 }];
  deepEqual(
    [await isAsked(fences, "e1", 4), await isAsked(fences, "e1", 5)],
    [false, true],
  );
});

Deno.test("fence: positions of another epoch say nothing of it", async () => {
  const fences = [{ epoch: "e1", position: 5 }];
  equal(await isAsked(fences, "e2", 7), false);
});

Deno.test("fence: of one epoch the highest counts, in whatever order they were heard of", async () => {
  const five = { epoch: "e1", position: 5 };
  const three = { epoch: "e1", position: 3 };
  for (const fences of [[five, three], [three, five]]) {
    deepEqual(
      [await isAsked(fences, "e1", 4), await isAsked(fences, "e1", 5)],
      [false, true],
    );
  }
});

Deno.test("fence: of two epochs the one heard of last counts", async () => {
  const fences = [{ epoch: "e1", position: 5 }, { epoch: "e2", position: 1 }];
  deepEqual(
    [await isAsked(fences, "e2", 1), await isAsked(fences, "e1", 9)],
    [true, false],
  );
});

Deno.test("fence: a block from before a change of epoch is not gone on with", async () => {
  const parts = createSequenceParts();
  const { sequence, databaseSequence } = parts.open();
  for (let i = 0; i < 4; i++) await sequence.next(ANN, DAY);
  const { first: issued } = await databaseSequence.next(ANN, DAY);
  // The block is still there: the fence was lost with the old epoch.
  parts.log.renewEpoch();
  parts.openOn(parts.server);
  const { first } = await sequence.next(ANN, DAY);
  ok(first > issued, `${first} after ${issued}`);
});
