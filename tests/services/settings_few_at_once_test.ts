/**
 * Work of which only a little goes on at once.
 *
 * @module
 */
import { PortError } from "../../ports/port_error.ts";
import { createFewAtOnce } from "../../src/services/settings/few_at_once.ts";
import { deepEqual, equal, rejects } from "../support/assert.ts";

/** Two at once, three that wait; work ends when the test says so. */
function open() {
  const few = createFewAtOnce(2, 3, "bake one more");
  const begun: string[] = [];
  const gates = new Map<string, PromiseWithResolvers<void>>();
  return {
    begun,
    run(name: string, signal?: AbortSignal) {
      const gate = Promise.withResolvers<void>();
      gates.set(name, gate);
      return few.run(async () => {
        begun.push(name);
        await gate.promise;
        return name;
      }, signal);
    },
    async end(name: string) {
      gates.get(name)!.resolve();
      await turns();
    },
    async fail(name: string, error = new Error(name)) {
      gates.get(name)!.reject(error);
      await turns();
    },
  };
}

const turns = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("two go on, the others follow in the order in which they came", async () => {
  const { run, end, begun } = open();
  const all = ["a", "b", "c", "d"].map((name) => run(name));
  await turns();
  deepEqual(begun, ["a", "b"]);
  await end("b");
  deepEqual(begun, ["a", "b", "c"]);
  await end("c");
  await end("a");
  await end("d");
  deepEqual(await Promise.all(all), ["a", "b", "c", "d"]);
});

Deno.test("work that fails fails its caller alone and lets the next one in", async () => {
  const { run, end, fail, begun } = open();
  const failing = run("a");
  const others = [run("b"), run("c")];
  const refused = rejects(failing, { message: "a" });
  await fail("a");
  await refused;
  deepEqual(begun, ["a", "b", "c"]);
  await end("b");
  await end("c");
  deepEqual(await Promise.all(others), ["b", "c"]);
});

Deno.test("where work is not answered in time nobody waits for his own deadline", async () => {
  const { run, end, fail, begun } = open();
  const late = run("a");
  const lucky = run("b");
  const waiting = [run("c"), run("d")];
  const refused = Promise.all([
    rejects(late, { code: "timeout" }),
    ...waiting.map((one) =>
      rejects(one, {
        code: "unavailable",
        message:
          "Cannot bake one more as those before were not answered in time: try again",
      })
    ),
  ]);
  await fail("a", new PortError("timeout", "no answer"));
  await refused;
  await end("b");
  equal(await lucky, "b");
  deepEqual(begun, ["a", "b"]);
  // Later ones try again.
  const later = ["e", "f"].map((name) => run(name));
  await end("e");
  await end("f");
  deepEqual(await Promise.all(later), ["e", "f"]);
});

Deno.test("who leaves while he waits takes nobody's turn", async () => {
  const { run, end, begun } = open();
  const leaving = new AbortController();
  const all = [run("a"), run("b")];
  const left = run("c", leaving.signal);
  all.push(run("d"));
  leaving.abort(new Error("gone"));
  await rejects(left, { message: "gone" });
  await rejects(run("e", leaving.signal), { message: "gone" });
  await end("a");
  deepEqual(begun, ["a", "b", "d"]);
  await end("b");
  await end("d");
  await Promise.all(all);
  const again = ["f", "g", "h"].map((name) => run(name));
  await turns();
  deepEqual(begun.slice(3), ["f", "g"], "all turns are there still");
  for (const name of ["f", "g", "h"]) await end(name);
  await Promise.all(again);
});

Deno.test("too many are refused, until some have had their turn", async () => {
  const { run, end, begun } = open();
  const names = ["a", "b", "c", "d", "e"];
  const all = names.map((name) => run(name));
  await rejects(run("f"), {
    code: "unavailable",
    message:
      "Cannot bake one more as too many wait for that: current value is 3; try again",
  });
  await end("a");
  all.push(run("g"));
  for (const name of [...names.slice(1), "g"]) await end(name);
  await Promise.all(all);
  equal(begun.length, 6);
});
