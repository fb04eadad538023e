/**
 * Work one at a time for each name.
 *
 * @module
 */
import { createLanes } from "../../src/services/settings/lanes.ts";
import { deepEqual, equal, rejects } from "../support/assert.ts";

/** Work that a test ends by hand, and the order in which it began and ended. */
function works() {
  const told: string[] = [];
  const gates = new Map<string, PromiseWithResolvers<void>>();
  return {
    told,
    work: (name: string) => async () => {
      told.push(`${name} begins`);
      const gate = Promise.withResolvers<void>();
      gates.set(name, gate);
      try {
        await gate.promise;
        return name;
      } finally {
        told.push(`${name} ends`);
      }
    },
    end: (name: string) => gates.get(name)!.resolve(),
    fail: (name: string) => gates.get(name)!.reject(new Error(name)),
  };
}

const turns = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("work of one name waits for what came before, in order", async () => {
  const { told, work, end } = works();
  const lanes = createLanes<string>();
  const all = ["a", "b", "c"].map((name) => lanes.run("ann", work(name)));
  await turns();
  deepEqual(told, ["a begins"]);
  end("a");
  await turns();
  deepEqual(told, ["a begins", "a ends", "b begins"]);
  end("b");
  await turns();
  end("c");
  deepEqual(await Promise.all(all), ["a", "b", "c"]);
});

Deno.test("work of other names does not wait", async () => {
  const { told, work, end } = works();
  const lanes = createLanes<string>();
  const ann = lanes.run("ann", work("a"));
  const bob = lanes.run("bob", work("b"));
  await turns();
  deepEqual(told, ["a begins", "b begins"]);
  end("b");
  equal(await bob, "b");
  end("a");
  equal(await ann, "a");
});

Deno.test("work that fails fails its caller alone, and the next begins", async () => {
  const { told, work, end, fail } = works();
  const lanes = createLanes<string>();
  const first = lanes.run("ann", work("a"));
  const second = lanes.run("ann", work("b"));
  await turns();
  fail("a");
  await rejects(first, { message: "a" });
  await turns();
  deepEqual(told, ["a begins", "a ends", "b begins"]);
  end("b");
  equal(await second, "b");
});

Deno.test("what comes while work ends waits for its turn", async () => {
  const lanes = createLanes<string>();
  let running = 0;
  const work = async () => {
    equal(++running, 1);
    await Promise.resolve();
    running--;
  };
  const later: Promise<void>[] = [];
  await lanes.run("ann", work).then(() => later.push(lanes.run("ann", work)));
  for (let i = 0; i < 50; i++) {
    later.push(lanes.run("ann", work));
    if (i % 3 === 0) await Promise.resolve();
  }
  await Promise.all(later);
  equal(running, 0);
});

Deno.test("a lane that is empty is forgotten", async () => {
  const names: object[] = [];
  const lanes = createLanes<object>();
  const deleted: unknown[] = [];
  const { delete: remove } = Map.prototype;
  Map.prototype.delete = function (key) {
    deleted.push(key);
    return remove.call(this, key);
  };
  try {
    for (let i = 0; i < 3; i++) {
      const name = {};
      names.push(name);
      await lanes.run(name, () => Promise.resolve());
    }
  } finally {
    Map.prototype.delete = remove;
  }
  deepEqual(names.every((name) => deleted.includes(name)), true);
});
