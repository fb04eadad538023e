/**
 * Credits: each is taken once, whoever waits for it.
 *
 * @module
 */
import { createCredits } from "../../src/http/routes/socket_credits.ts";
import { createCountedAbort } from "../support/abort_listeners.ts";
import { deepEqual, equal, rejects, throws } from "../support/assert.ts";
import { settle } from "../support/turns.ts";

Deno.test("a credit is taken once, however many wait for it", async () => {
  const credits = createCredits(10);
  const { signal } = new AbortController();
  const taken: number[] = [];
  for (let i = 0; i < 5; i++) {
    credits.take(signal).then(() => taken.push(i));
  }
  for (let i = 1; i <= 5; i++) {
    await settle();
    equal(taken.length, i - 1);
    credits.add(1);
  }
  await settle();
  deepEqual(taken.toSorted(), [0, 1, 2, 3, 4]);
});

Deno.test("looking for a credit takes none", async () => {
  const credits = createCredits(10);
  const { signal } = new AbortController();
  credits.add(1);
  await credits.some(signal);
  await credits.some(signal);
  await credits.take(signal);
  let isThere = false;
  credits.some(signal).then(() => isThere = true);
  await settle();
  equal(isThere, false);
  credits.add(1);
  await settle();
  equal(isThere, true);
});

Deno.test("there are never more than may be, and none is lost by asking", async () => {
  const credits = createCredits(3);
  const { signal } = new AbortController();
  credits.add(0);
  credits.add(2);
  throws(() => credits.add(2), { name: "InvalidInput" });
  credits.add(1);
  for (let i = 0; i < 3; i++) await credits.take(signal);
});

Deno.test("a wait ends with its signal and leaves no listener", async () => {
  const credits = createCredits(3);
  const stop = createCountedAbort();
  const wait = credits.take(stop.signal);
  await settle();
  credits.add(1);
  await wait;
  equal(stop.listeners, 0);
  const ended = new AbortController();
  const never = credits.take(ended.signal);
  ended.abort(new Error("enough"));
  await rejects(never, { message: "enough" });
  await rejects(credits.some(ended.signal), { message: "enough" });
});
