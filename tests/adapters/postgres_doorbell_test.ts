/**
 * The doorbell of Postgres: when it looks, and when it rings.
 *
 * @module
 */
import { deepEqual, equal } from "../support/assert.ts";
import { createDoorbell } from "../../adapters/postgres/doorbell.ts";
import { createLane } from "../../adapters/postgres/lane.ts";
import type { Link } from "../../adapters/postgres/link.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { pass, settle } from "../support/turns.ts";

/** A link that answers everything with nothing. */
function createLink(texts: string[] = [], load = 0) {
  const lost = new AbortController();
  return {
    load,
    lost: lost.signal,
    async query(text: string) {
      texts.push(text);
      return [];
    },
    async script() {},
    async close() {
      lost.abort();
    },
  } satisfies Link;
}

/** A doorbell over a log that ends where the test says. */
function setUp() {
  const clock = createFakeClock();
  const state = { epoch: "one", end: 0, down: false };
  const texts: string[] = [];
  const links: ReturnType<typeof createLink>[] = [];
  let hear = (_channel: string, _payload: string) => {};
  const doorbell = createDoorbell({
    clock,
    async open(onNotify) {
      if (state.down) throw new Error("down");
      hear = onNotify;
      links.push(createLink(texts));
      return links.at(-1)!;
    },
    async look() {
      texts.push("look");
      if (state.down) throw new Error("down");
      return [state.epoch, state.end];
    },
    async notify() {
      texts.push("notify");
    },
  });
  const heard: number[] = [];
  return {
    clock,
    state,
    texts,
    links,
    doorbell,
    heard,
    listen: () => doorbell.listen((position) => heard.push(position)),
    ringIn: (payload = "") => hear("holdfast_log", payload),
  };
}

Deno.test("doorbell: it connects when somebody listens, listens first and looks then", async () => {
  const { clock, doorbell, listen, texts } = setUp();
  await pass(clock, 3000);
  deepEqual(texts, []);
  listen();
  await settle();
  // The look of the beginning does not wait for the connection.
  deepEqual(texts, ["look", "LISTEN holdfast_log", "look"]);
  await doorbell[Symbol.asyncDispose]();
});

Deno.test("doorbell: being rung is a reason to look, and a second passing is one too", async () => {
  const { clock, state, doorbell, heard, listen, ringIn } = setUp();
  listen();
  await settle();
  state.end = 7;
  ringIn();
  await settle();
  deepEqual(heard, [0, 0, 7]);
  equal(doorbell.position(), 7);
  state.end = 8;
  await pass(clock, 1010);
  equal(heard.at(-1), 8);
  await doorbell[Symbol.asyncDispose]();
});

Deno.test("doorbell: who is told where the log ends need not look", async () => {
  const { doorbell, heard, listen, texts, ringIn } = setUp();
  listen();
  await settle();
  const before = texts.length;
  ringIn("one 7");
  equal(heard.at(-1), 7);
  equal(doorbell.position(), 7);
  await settle();
  equal(texts.length, before);
  await doorbell[Symbol.asyncDispose]();
});

Deno.test("doorbell: what is told of another log, or of this one before, is looked into", async () => {
  const { state, doorbell, listen, texts, ringIn } = setUp();
  listen();
  await settle();
  ringIn("one 7");
  for (const payload of ["two 9", "one 6", "one nine", "one", ""]) {
    const before = texts.length;
    state.end = 8;
    ringIn(payload);
    await settle();
    deepEqual(texts.slice(before), ["look"], payload);
    equal(doorbell.position(), 8);
  }
  await doorbell[Symbol.asyncDispose]();
});

Deno.test("doorbell: no look is made for nobody", async () => {
  const { clock, doorbell, listen, texts, ringIn } = setUp();
  const stop = listen();
  await settle();
  stop();
  const before = texts.length;
  ringIn();
  await pass(clock, 5000);
  equal(texts.length, before);
  await doorbell[Symbol.asyncDispose]();
});

Deno.test("doorbell: while it hears, one listener more is no reason to look", async () => {
  const { doorbell, listen, texts, state, ringIn } = setUp();
  listen();
  await settle();
  const before = texts.length;
  for (let i = 0; i < 5; i++) listen()();
  await settle();
  equal(texts.length, before);
  state.end = 3;
  ringIn();
  await settle();
  equal(doorbell.position(), 3);
  await doorbell[Symbol.asyncDispose]();
});

Deno.test("doorbell: what was rung for while nobody listened is looked at for who comes", async () => {
  const { doorbell, listen, texts, state, ringIn } = setUp();
  listen()();
  await settle();
  state.end = 4;
  ringIn();
  await settle();
  const before = texts.length;
  listen();
  await settle();
  deepEqual(texts.slice(before), ["look"]);
  equal(doorbell.position(), 4);
  await doorbell[Symbol.asyncDispose]();
});

Deno.test("doorbell: a look that failed for nobody is made again for who comes", async () => {
  const { doorbell, listen, texts, state, ringIn } = setUp();
  const stop = listen();
  await settle();
  state.down = true;
  ringIn();
  stop();
  await settle();
  state.down = false;
  state.end = 6;
  const before = texts.length;
  listen();
  await settle();
  deepEqual(texts.slice(before), ["look"]);
  equal(doorbell.position(), 6);
  await doorbell[Symbol.asyncDispose]();
});

Deno.test("doorbell: what is seen late hides nothing that was known before", async () => {
  const { doorbell, listen, state, ringIn } = setUp();
  listen();
  await settle();
  state.end = 5;
  doorbell.ring(5);
  ringIn();
  await settle();
  doorbell.saw(2);
  await settle();
  equal(doorbell.position(), 5);
  await doorbell[Symbol.asyncDispose]();
});

Deno.test("doorbell: while its connection is in doubt, who comes makes it look", async () => {
  const { clock, doorbell, links, listen, texts } = setUp();
  listen();
  await settle();
  const { promise, reject } = Promise.withResolvers<never[]>();
  links[0]!.query = (text) => {
    texts.push(text);
    return promise;
  };
  await pass(clock, 1000);
  equal(texts.at(-1), "SELECT 1");
  listen();
  await settle();
  equal(texts.at(-1), "look");
  reject(new Error("no answer"));
  await doorbell[Symbol.asyncDispose]();
});

Deno.test("doorbell: a lost connection is replaced, with looks until then", async () => {
  const { clock, state, doorbell, links, heard, listen, texts } = setUp();
  listen();
  await settle();
  state.down = true;
  await links[0]!.close();
  await pass(clock, 600);
  equal(heard.at(-1), Infinity);
  state.down = false;
  state.end = 3;
  await pass(clock, 300);
  equal(links.length, 2);
  deepEqual(texts.slice(-2), ["LISTEN holdfast_log", "look"]);
  equal(heard.at(-1), 3);
  await doorbell[Symbol.asyncDispose]();
});

Deno.test("doorbell: commits ring at once, then once in 2 ms", async () => {
  const { clock, doorbell, texts, heard, listen } = setUp();
  listen();
  await settle();
  texts.length = 0;
  for (let position = 1; position <= 50; position++) {
    doorbell.ring(position);
    await pass(clock, 1);
  }
  await pass(clock, 20);
  equal(heard.at(-1), 50);
  const notifies = texts.filter((text) => text === "notify").length;
  equal(notifies >= 15 && notifies <= 26, true, `${notifies}`);
  await doorbell[Symbol.asyncDispose]();
});

Deno.test("lane: the least loaded link is handed out, and more are opened while all are busy", async () => {
  const made: { load: number }[] = [];
  const lane = createLane(2, async () => {
    const link = createLink();
    made.push(link);
    return link;
  });
  const first = await lane.pick();
  equal(await lane.pick(), first);
  made[0]!.load = 3;
  equal(await lane.pick(), first);
  await settle();
  equal(made.length, 2);
  const second = await lane.pick();
  equal(second === first, false);
  made[1]!.load = 4;
  equal(await lane.pick(), first);
  await settle();
  equal(made.length, 2);
  await first.close();
  equal(await lane.pick(), second);
  await lane[Symbol.asyncDispose]();
});

Deno.test("lane: a link that is opened too late is closed again", async () => {
  const gate = Promise.withResolvers<void>();
  const link = createLink();
  const lane = createLane(1, async () => {
    await gate.promise;
    return link;
  });
  const picking = lane.pick().catch((error) => error.code);
  const closing = lane[Symbol.asyncDispose]();
  gate.resolve();
  equal(await picking, "closed");
  await closing;
  equal(link.lost.aborted, true);
});
