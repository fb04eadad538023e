/**
 * How the paper broker fails when it is told to.
 *
 * @module
 */
import { ONE } from "../../domain/decimal.ts";
import { parseUserId } from "../../domain/user_id.ts";
import type { BrokerOrder, BrokerReport } from "../../ports/broker.ts";
import { hasCode, PortError } from "../../ports/port_error.ts";
import type { PaperBroker } from "../../adapters/paper/broker.ts";
import {
  deepEqual,
  equal,
  notDeepEqual,
  ok,
  rejects,
} from "../support/assert.ts";
import {
  AAPL,
  ANN,
  buy,
  createPaperWorld,
  MSFT,
} from "../support/paper_world.ts";

const IN_FLIGHT_MS = 1000;

/** What came of a call: the status of the order, or the code of its error. */
async function tellOf(call: Promise<BrokerReport | undefined>) {
  try {
    return (await call)?.status ?? "none";
  } catch (error) {
    if (error instanceof PortError) return error.code;
    throw error;
  }
}

Deno.test("paper: a lost request is never taken", async () => {
  const { open, clock, submissions } = createPaperWorld();
  await using broker = open();
  broker.control.force("submit", "lostRequest");
  await rejects(broker.submit(buy("a")), { code: "timeout" });
  await clock.advance(10 * IN_FLIGHT_MS);
  equal(await broker.find(ANN, "a"), undefined);
  equal(await submissions("a"), 0);
});

Deno.test("paper: an order whose answer is lost was taken", async () => {
  const { open, submissions } = createPaperWorld();
  await using broker = open();
  broker.control.force("submit", "lostAnswer");
  await rejects(broker.submit(buy("a")), { code: "timeout" });
  equal((await broker.find(ANN, "a"))?.status, "filled");
  equal(await submissions("a"), 1);
});

Deno.test("paper: the venue counts how often it was sent an order", async () => {
  const { open, submissions } = createPaperWorld();
  await using broker = open();
  for (const count of [1, 2, 3]) {
    await broker.submit(buy("a"));
    equal(await submissions("a"), count);
  }
  equal((await broker.positions(ANN))[0]?.qty, 10n * ONE);
});

Deno.test("paper: a late request cannot be found, and is there once its time is over", async () => {
  const seen = new Map<string, (broker: PaperBroker) => Promise<unknown>>([
    ["find", (broker) => broker.find(ANN, "a")],
    ["open", async (broker) => (await broker.open(ANN))[0]],
    ["positions", async (broker) => (await broker.positions(ANN))[0]],
    ["poke", (broker) => broker.poke()],
    ["advance", (broker) => broker.advance("2026-01-05" as never, new Map())],
    ["cancel", (broker) => broker.cancel(ANN, "a")],
  ]);
  for (const [name, look] of seen) {
    const { open, clock, submissions } = createPaperWorld();
    await using broker = open({ options: { partial: 1 } });
    broker.control.force("submit", "late");
    const sent = buy("a", { timeInForce: "gtc" });
    await rejects(broker.submit(sent), { code: "timeout" });
    equal(await look(broker), undefined, name);
    equal(await submissions("a"), 0);
    equal(broker.inFlightMs, IN_FLIGHT_MS);
    await clock.advance(IN_FLIGHT_MS);
    const told: string[] = [];
    broker.onChange((_user, id) => told.push(id));
    await look(broker);
    equal(await submissions("a"), 1, name);
    ok(told.includes("a"), name);
    deepEqual((await broker.find(ANN, "a"))?.order, sent);
  }
});

Deno.test("paper: no late request is later than inFlightMs, whatever the latency", async () => {
  const { open, clock, submissions } = createPaperWorld();
  const options = { late: 1, latencyMs: 300, inFlightMs: 200 };
  await using broker = open({ options });
  await using other = open();
  equal(broker.inFlightMs, 500);
  const ids = Array.from({ length: 40 }, (_, i) => `${i}`);
  const sent = Promise.all(ids.map((id) => tellOf(broker.submit(buy(id)))));
  await clock.advance(300);
  deepEqual(new Set(await sent), new Set(["timeout"]));
  const found = async () =>
    (await Promise.all(ids.map((id) => other.find(ANN, id))))
      .filter(Boolean).length;
  equal(await found(), 0);
  await clock.advance(100);
  const some = await found();
  ok(some > 5 && some < 35, `half of them are there: ${some}`);
  await clock.advance(100);
  equal(await found(), 40);
  for (const id of ids) equal(await submissions(id), 1);
});

Deno.test("paper: a late request is not put off by those after it", async () => {
  const { open, clock, submissions } = createPaperWorld();
  await using broker = open();
  const stepMs = 90;
  for (let ms = 0; ms < IN_FLIGHT_MS; ms += stepMs) {
    equal(await submissions("a") > 0, false, "nobody asked for it yet");
    broker.control.force("submit", "late");
    await rejects(broker.submit(buy("a")), { code: "timeout" });
    await clock.advance(stepMs);
  }
  ok(await broker.find(ANN, "a"));
});

Deno.test("paper: a late request outlives the process that sent it", async () => {
  const { open, clock } = createPaperWorld();
  {
    await using broker = open();
    broker.control.force("submit", "late");
    await rejects(broker.submit(buy("a")), { code: "timeout" });
  }
  await clock.advance(IN_FLIGHT_MS);
  await using broker = open();
  equal((await broker.find(ANN, "a"))?.status, "filled");
});

Deno.test("paper: who sends again too soon has sent twice, and the venue counts it", async () => {
  const { open, clock, submissions } = createPaperWorld();
  await using broker = open();
  broker.control.force("submit", "late");
  await rejects(broker.submit(buy("a")), { code: "timeout" });
  equal((await broker.submit(buy("a"))).status, "filled");
  equal(await submissions("a"), 1);
  await clock.advance(IN_FLIGHT_MS);
  await broker.find(ANN, "a");
  await broker.find(ANN, "a");
  equal(await submissions("a"), 2);
  equal((await broker.positions(ANN))[0]?.qty, 10n * ONE);
});

Deno.test("paper: a late request under the id of another order is turned away when it comes", async () => {
  const { open, clock, submissions } = createPaperWorld();
  await using broker = open();
  broker.control.force("submit", "late", "ok", "late");
  await rejects(broker.submit(buy("a")), { code: "timeout" });
  await broker.submit(buy("a", { symbol: MSFT }));
  await rejects(broker.submit(buy("b")), { code: "timeout" });
  await clock.advance(IN_FLIGHT_MS);
  await rejects(broker.submit(buy("b", { symbol: MSFT })), {
    code: "conflict",
  });
  equal((await broker.find(ANN, "a"))?.order.symbol, MSFT);
  equal((await broker.find(ANN, "b"))?.order.symbol, AAPL);
  deepEqual([await submissions("a"), await submissions("b")], [1, 1]);
});

Deno.test("paper: what cannot be reached was sent nothing", async () => {
  const { open, submissions } = createPaperWorld();
  await using broker = open();
  broker.control.force("submit", "unavailable");
  await rejects(broker.submit(buy("a")), { code: "unavailable" });
  equal(await submissions("a"), 0);
});

Deno.test("paper: cancels and questions get lost too", async () => {
  const { open } = createPaperWorld();
  await using broker = open();
  const limit = { kind: "limit", limitPrice: ONE } as const;
  await broker.submit(buy("a", limit));
  broker.control.force("cancel", "lostRequest", "late", "lostAnswer");
  for (const status of ["open", "open", "canceled"]) {
    await rejects(broker.cancel(ANN, "a"), { code: "timeout" });
    equal((await broker.find(ANN, "a"))?.status, status);
  }
  for (const outcome of ["lostRequest", "lostAnswer"] as const) {
    for (const call of ["find", "open", "positions"] as const) {
      broker.control.force(call, outcome);
    }
    await rejects(broker.find(ANN, "a"), { code: "timeout" });
    await rejects(broker.open(ANN), { code: "timeout" });
    await rejects(broker.positions(ANN), { code: "timeout" });
  }
});

Deno.test("paper: rejected orders have a reason and are known; partial ones have several fills", async () => {
  const { open } = createPaperWorld();
  await using broker = open();
  broker.control.force("submit", "reject", "partial");
  const rejected = await broker.submit(buy("a"));
  equal(rejected.status, "rejected");
  ok(rejected.reason);
  deepEqual(await broker.find(ANN, "a"), rejected);
  const partial = await broker.submit(buy("b", { qty: 100n * ONE }));
  equal(partial.status, "open");
  equal(partial.fills.length, 1);
  for (let i = 0; i < 3; i++) await broker.poke();
  const done = await broker.find(ANN, "b");
  equal(done?.status, "filled");
  ok(done.fills.length >= 2 && done.fills.length <= 4);
});

/** Whether `report` can be one of `order`, and is one in itself. */
function isSound(
  order: BrokerOrder,
  { order: said, status, fills }: BrokerReport,
) {
  const filled = fills.reduce((sum, { qty }) => sum + qty, 0n);
  return said.id === order.id && said.symbol === order.symbol &&
    said.side === order.side && said.qty === order.qty &&
    (status === "filled") === (filled === order.qty);
}

Deno.test("paper: nonsense contradicts the order, in every way that there is", async () => {
  const { open } = createPaperWorld();
  await using broker = open({ options: { nonsense: 1 } });
  await using honest = open();
  const kinds = new Set<string>();
  for (let i = 0; i < 60; i++) {
    const sent = buy(`${i}`);
    const report = await broker.submit(sent);
    ok(!isSound(sent, report), `order ${i}`);
    const { order, fills } = report;
    kinds.add(
      [order.id, order.symbol, order.side, order.qty, fills.length]
        .map((value, at) => value === [sent.id, AAPL, "buy", sent.qty, 1][at])
        .join(),
    );
    const held = await honest.find(ANN, sent.id);
    ok(held && isSound(sent, held), "the venue itself knows better");
  }
  equal(kinds.size, 6);
});

Deno.test("paper: what is one call too many is told when to come back", async () => {
  const { open, clock } = createPaperWorld();
  await using broker = open({ options: { rateLimit: 3 } });
  for (const user of [ANN, parseUserId("bob")]) {
    equal(await tellOf(broker.submit(buy("a", { user }))), "filled");
    equal(await tellOf(broker.find(user, "a")), "filled");
    equal(await tellOf(broker.cancel(user, "b")), "none");
    equal(await tellOf(broker.submit(buy("b", { user }))), "unavailable");
  }
  await clock.advance(4000);
  await rejects(
    broker.find(ANN, "a"),
    (error: unknown) =>
      hasCode(error, "unavailable") && error.facts.retryAfterMs === 6000,
  );
  await clock.advance(6000);
  equal(await tellOf(broker.find(ANN, "b")), "none");
});

Deno.test("paper: every call takes its time, and one that is aborted meanwhile is not taken", async () => {
  const { open, clock, submissions } = createPaperWorld();
  await using broker = open({ options: { latencyMs: 50 } });
  const abort = new AbortController();
  const gone = broker.submit(buy("gone"), abort.signal);
  abort.abort(new Error("gone"));
  await rejects(gone, { message: "gone" });
  let isDone = false;
  const sent = broker.submit(buy("a")).then(() => isDone = true);
  await clock.advance(49);
  equal(isDone, false);
  await clock.advance(1);
  await sent;
  deepEqual([await submissions("gone"), await submissions("a")], [0, 1]);
});

const CHAOS = {
  partial: 0.3,
  reject: 0.1,
  lostRequest: 0.1,
  lostAnswer: 0.1,
  late: 0.05,
  unavailable: 0.1,
  nonsense: 0.05,
};

/** What comes of 400 orders, by id, each sent until there is an answer. */
async function runChaos(seed: number, isBackwards = false) {
  const { open, clock, ledger } = createPaperWorld();
  await using broker = open({ options: { ...CHAOS, seed } });
  const ids = Array.from({ length: 400 }, (_, i) => `ULT-06JAN-${i}-E`);
  const told: Record<string, string[]> = {};
  for (const id of isBackwards ? ids.toReversed() : ids) {
    const codes: string[] = told[id] = [];
    while (!/open|filled|rejected/.test(codes.at(-1) ?? "")) {
      codes.push(await tellOf(broker.submit(buy(id))));
    }
  }
  await clock.advance(IN_FLIGHT_MS);
  const rows = await ledger.list({ kind: "paper_order", limit: 1000 });
  const stood = rows.map(({ id, json }) => `${id} ${JSON.parse(json).parts}`);
  return { told, stood: stood.sort() };
}

Deno.test("paper: chance follows from the seed, and not from the order of calls", async () => {
  const first = await runChaos(7);
  deepEqual(await runChaos(7), first);
  const backwards = await runChaos(7, true);
  deepEqual(backwards.stood, first.stood);
  deepEqual({ ...backwards.told }, { ...first.told });
  notDeepEqual((await runChaos(8)).told, first.told);
});

Deno.test("paper: what becomes of an order does not change with how often it was sent", async () => {
  const options = { partial: 0.4, reject: 0.3, nonsense: 1e-9 };
  const ids = Array.from({ length: 100 }, (_, i) => `${i}`);
  const ends = [];
  for (const attempts of [1, 2]) {
    const { open } = createPaperWorld();
    await using broker = open({ options });
    const end: string[] = [];
    for (const id of ids) {
      if (attempts === 2) broker.control.force("submit", "lostRequest");
      for (let i = 1; i < attempts; i++) await tellOf(broker.submit(buy(id)));
      end.push(await tellOf(broker.submit(buy(id))));
    }
    ends.push(end);
  }
  deepEqual(ends[0], ends[1]);
  deepEqual(new Set(ends[0]), new Set(["open", "filled", "rejected"]));
});

Deno.test("paper: each fault has about its share", async () => {
  const { told, stood } = await runChaos(7);
  const codes = Object.values(told).flat();
  const share = (code: string) =>
    codes.filter((one) => one === code).length / codes.length;
  ok(Math.abs(share("timeout") - 0.25) < 0.05, `${share("timeout")}`);
  ok(Math.abs(share("unavailable") - 0.1) < 0.04, `${share("unavailable")}`);
  const parts = stood.filter((one) => !one.endsWith(" 1")).length / 400;
  ok(Math.abs(parts - 0.27) < 0.07, `${parts}`);
});

Deno.test("paper: without a price an order is rejected, or not taken while nobody can tell", async () => {
  const { open, prices, submissions } = createPaperWorld();
  prices.delete(AAPL);
  await using broker = open();
  const rejected = await broker.submit(buy("a"));
  deepEqual([rejected.status, rejected.reason], [
    "rejected",
    "there is no price of AAPL",
  ]);
  for (const code of ["unavailable", "timeout"] as const) {
    const now = () => Promise.reject(new PortError(code, "Cannot tell"));
    await using broker = open({ quotes: { now } });
    await rejects(broker.submit(buy(code)), { code: "unavailable" });
    equal(await submissions(code), 0);
  }
});
