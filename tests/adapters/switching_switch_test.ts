/**
 * The turnout by itself: tenures, and calls that outlast them.
 *
 * @module
 */
import { deepEqual, equal, rejects } from "../support/assert.ts";
import { createSwitch } from "../../adapters/switching/switch.ts";
import { settle } from "../support/turns.ts";

Deno.test("switch: a tenure ends with the swap, and the next one begins", async () => {
  await using turnout = createSwitch("test port", "first", 1);
  const first = turnout.tenure;
  await turnout.swapTo("second", 2);
  equal(first.reason.code, "unavailable");
  equal(turnout.tenure.aborted, false);
  deepEqual([turnout.active, turnout.port], ["second", 2]);
});

Deno.test("switch: closing ends the tenure and refuses calls", async () => {
  const turnout = createSwitch("test port", "first", 1);
  const { tenure } = turnout;
  equal(tenure.aborted, false);
  await turnout[Symbol.asyncDispose]();
  equal(tenure.aborted, true);
  equal(tenure.reason.code, "closed");
  await rejects(turnout.use(async () => {}, undefined), { code: "closed" });
});

Deno.test("switch: a swap is over when the last of the calls under way is", async () => {
  await using turnout = createSwitch("test port", "first", 1);
  const holds = [1, 2].map(() => Promise.withResolvers<void>());
  const calls = holds.map(({ promise }) =>
    turnout.use(() => promise, undefined)
  );
  let over = false;
  const swap = turnout.swapTo("second", 2).then(() => over = true);
  holds[0]!.resolve();
  await calls[0];
  await settle();
  equal(over, false);
  holds[1]!.reject(new Error("too late"));
  await rejects(calls[1]!, { message: "too late" });
  await swap;
});
