/**
 * A history holds what happened.
 *
 * @module
 */
import { deepEqual, rejects } from "./assert.ts";
import { createHistory } from "./history.ts";
import { KEY, read, write } from "./known_histories.ts";

Deno.test("history: takes down what clients were told, and when", async () => {
  let now = 0;
  const history = createHistory(
    () => now++,
    (error) => (error as Error).message === "late" ? "unknown" : "failed",
  );
  const answer = { value: "x", version: 1, verified: true };
  const fail = (message: string) => () => Promise.reject(new Error(message));
  await history.write("a", KEY, "x", () => Promise.resolve(1));
  await history.read("b", KEY, () => Promise.resolve(answer));
  await rejects(history.write("a", KEY, "y", fail("late")), /late/);
  await rejects(history.write("a", KEY, "z", fail("no")), /no/);
  await rejects(history.read("a", KEY, fail("no")), /no/);
  deepEqual(history.operations, [
    write("a", [0, 1], "x", 1),
    read("b", [2, 3], "x", 1),
    write("a", [4, 5], "y", "unknown"),
    write("a", [6, 7], "z", "failed"),
    {
      client: "a",
      key: KEY,
      start: 8,
      end: 9,
      kind: "read",
      outcome: "failed",
    },
  ]);
});
