/**
 * Many callers share a round trip, but never one that has been sent.
 *
 * @module
 */
import { createBatch } from "../../src/follower/batch.ts";
import { deepEqual } from "../support/assert.ts";

/** A batch whose round trips a test ends. */
function createWorld(limit = 10, lanes = 1) {
  const sent: string[][] = [];
  const ends: (() => void)[] = [];
  const batch = createBatch<string>(
    (asks) => {
      sent.push([...asks]);
      return new Promise((resolve) => ends.push(resolve));
    },
    (ask) => ask.length,
    limit,
    lanes,
  );
  return {
    batch,
    sent,
    async end() {
      ends.shift()!();
      await turn();
    },
  };
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("what is asked in one turn goes together", async () => {
  const { batch, sent } = createWorld();
  for (const ask of ["a", "b", "c"]) batch.add(ask);
  await turn();
  deepEqual(sent, [["a", "b", "c"]]);
});

Deno.test("what is asked while a round trip is under way waits for the next", async () => {
  const { batch, sent, end } = createWorld();
  batch.add("a");
  await turn();
  batch.add("b");
  batch.add("c");
  await turn();
  deepEqual(sent, [["a"]]);
  await end();
  deepEqual(sent, [["a"], ["b", "c"]]);
});

Deno.test("a round trip has a limit, unless one ask alone exceeds it", async () => {
  const { batch, sent, end } = createWorld(4);
  for (const ask of ["aa", "bb", "cccccc", "d"]) batch.add(ask);
  await turn();
  await end();
  await end();
  deepEqual(sent, [["aa", "bb"], ["cccccc"], ["d"]]);
});

Deno.test("several lanes send at the same time", async () => {
  const { batch, sent, end } = createWorld(10, 2);
  for (const ask of ["a", "b", "c"]) {
    batch.add(ask);
    await turn();
  }
  deepEqual(sent, [["a"], ["b"]]);
  await end();
  deepEqual(sent, [["a"], ["b"], ["c"]]);
});

Deno.test("what waits can be taken out", async () => {
  const { batch, sent, end } = createWorld();
  batch.add("a");
  await turn();
  batch.add("b");
  deepEqual(batch.takeAll(), ["b"]);
  await end();
  deepEqual(sent, [["a"]]);
});
