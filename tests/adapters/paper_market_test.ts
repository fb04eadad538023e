/**
 * How waiting orders of the paper broker meet the market, and how the venue
 * lives in the trade ledger.
 *
 * @module
 */
import { ONE } from "../../domain/decimal.ts";
import { barAt, type PaperBar } from "../../domain/paper/match.ts";
import type { TradingSymbol } from "../../domain/symbol.ts";
import { parseTradingDate } from "../../domain/trading_date.ts";
import { PortError } from "../../ports/port_error.ts";
import type { TradeLedger } from "../../ports/trade_ledger.ts";
import { deepEqual, equal, rejects } from "../support/assert.ts";
import {
  AAPL,
  ANN,
  buy,
  createPaperWorld,
  dec,
  LOW,
  MSFT,
  stand,
} from "../support/paper_world.ts";

const MONDAY = parseTradingDate("2026-01-05");
const TUESDAY = parseTradingDate("2026-01-06");
const DAY_MS = 86_400_000;

/** A bar that opens at 100, between 90 and 110. */
const BAR: PaperBar = {
  open: dec("100"),
  high: dec("110"),
  low: dec("90"),
  close: dec("105"),
};
const bars = (...symbols: TradingSymbol[]) =>
  new Map(symbols.map((symbol) => [symbol, BAR]));

Deno.test("paper: orders wait for the next bar, and are filled at its prices and on its day", async () => {
  const { open } = createPaperWorld();
  await using broker = open({
    fillAt: "next_bar",
    options: { slippageBps: dec("10") },
  });
  await broker.submit(buy("market"));
  await broker.submit(buy("limit", LOW));
  await broker.submit(buy("stop", { kind: "stop", stopPrice: dec("108") }));
  for (const id of ["market", "limit", "stop"]) {
    equal(await stand(broker, id), "open");
  }
  const told: string[] = [];
  broker.onChange((_, id) => told.push(id));
  await broker.poke();
  deepEqual(told, []);
  await broker.advance(MONDAY, bars(AAPL));
  equal(await stand(broker, "market"), "filled 10@100.1");
  equal(await stand(broker, "limit"), "filled 10@95");
  equal(await stand(broker, "stop"), "filled 10@108.108");
  const report = await broker.find(ANN, "market");
  equal(report?.fills[0]?.at, Date.UTC(2026, 0, 5));
});

Deno.test("paper: at the end of a trading day day orders expire, those without a bar too", async () => {
  const { open } = createPaperWorld();
  await using broker = open({ fillAt: "next_bar" });
  const far = { kind: "limit", limitPrice: dec("1") } as const;
  await broker.submit(buy("day", far));
  await broker.submit(buy("gtc", { ...far, timeInForce: "gtc" }));
  await broker.submit(buy("other", { symbol: MSFT }));
  await broker.submit(buy("otherIoc", { symbol: MSFT, timeInForce: "ioc" }));
  await broker.submit(buy("otherGtc", { symbol: MSFT, timeInForce: "gtc" }));
  const told: string[] = [];
  broker.onChange((_, id) => told.push(id));
  await broker.advance(MONDAY, bars(AAPL));
  deepEqual(told.sort(), ["day", "other", "otherIoc"]);
  equal(await stand(broker, "day"), "expired");
  equal(await stand(broker, "gtc"), "open");
  equal(await stand(broker, "other"), "expired");
  equal(await stand(broker, "otherIoc"), "expired");
  equal(
    (await broker.find(ANN, "other"))?.reason,
    "there is no bar of MSFT on 2026-01-05",
  );
  equal(await stand(broker, "otherGtc"), "open");
  await broker.advance(TUESDAY, bars(MSFT));
  equal(await stand(broker, "otherGtc"), "filled 10@100");
});

Deno.test("paper: a bar asks the ledger for nothing of other symbols, nor of orders that are over", async () => {
  const world = createPaperWorld();
  const asked: string[] = [];
  const ledger: TradeLedger = {
    ...world.ledger,
    find(user, refs, signal) {
      asked.push(refs[0]!.id);
      return world.ledger.find(user, refs, signal);
    },
    list(query, signal) {
      asked.push(`every ${query.kind}`);
      return world.ledger.list(query, signal);
    },
  };
  await using broker = world.open({ ledger, fillAt: "next_bar" });
  await broker.submit(buy("a"));
  await broker.submit(buy("b", LOW));
  await broker.submit(buy("c", { ...LOW, symbol: MSFT, timeInForce: "gtc" }));
  await broker.advance(MONDAY, new Map([[AAPL, barAt(dec("100"))]]));
  asked.length = 0;
  await broker.advance(
    TUESDAY,
    new Map([[AAPL, barAt(dec("100"))], [MSFT, BAR]]),
  );
  deepEqual(asked, ["every paper_late", "b", "c"]);
  asked.length = 0;
  await broker.advance(TUESDAY, bars(MSFT));
  deepEqual(asked.filter((id) => id === "c"), []);
});

Deno.test("paper: a look at a price that changes nothing asks for no order", async () => {
  const world = createPaperWorld();
  let finds = 0;
  const ledger: TradeLedger = {
    ...world.ledger,
    find(user, refs, signal) {
      finds++;
      return world.ledger.find(user, refs, signal);
    },
  };
  await using broker = world.open({ ledger });
  for (const id of ["a", "b", "c"]) await broker.submit(buy(id, LOW));
  await broker.submit(buy("d", { ...LOW, symbol: MSFT }));
  finds = 0;
  await broker.poke();
  equal(finds, 0);
  world.prices.set(MSFT, dec("94"));
  await broker.poke();
  equal(finds, 1);
});

Deno.test("paper: what another instance canceled waits no more", async () => {
  const world = createPaperWorld();
  let finds = 0;
  const ledger: TradeLedger = {
    ...world.ledger,
    find(user, refs, signal) {
      finds++;
      return world.ledger.find(user, refs, signal);
    },
  };
  await using broker = world.open({ ledger, fillAt: "next_bar" });
  await using other = world.open();
  await broker.submit(buy("a", LOW));
  await other.cancel(ANN, "a");
  for (const asked of [1, 0]) {
    finds = 0;
    await broker.advance(MONDAY, bars(AAPL));
    equal(finds, asked);
  }
  equal(await stand(broker, "a"), "canceled");
});

Deno.test("paper: every open order is told of, oldest first, however many there are", async () => {
  const { open, clock } = createPaperWorld();
  await using broker = open();
  const ids = Array.from({ length: 1100 }, (_, i) => `${(i * 7) % 1100}`);
  for (const id of ids) {
    await broker.submit(buy(id, LOW));
    await clock.advance(1);
  }
  const reports = await broker.open(ANN);
  deepEqual(reports.map(({ order }) => order.id), ids);
});

Deno.test("paper: an order that is taken is one commit, with its position", async () => {
  const world = createPaperWorld();
  const commits: string[][] = [];
  const ledger: TradeLedger = {
    ...world.ledger,
    commit(user, changes, events, signal) {
      commits.push(
        changes.map(({ kind, id, isOpen }) => `${kind} ${id} ${isOpen}`),
      );
      return world.ledger.commit(user, changes, events, signal);
    },
  };
  await using broker = world.open({ ledger });
  await broker.submit(buy("a"));
  await broker.submit(buy("b", LOW));
  await broker.submit(buy("c", { side: "sell" }));
  await broker.poke();
  await broker.find(ANN, "a");
  deepEqual(commits, [
    ["paper_order a false", "paper_position AAPL true"],
    ["paper_order b true"],
    ["paper_order c false", "paper_position AAPL false"],
  ]);
});

Deno.test("paper: what waits outlives the process, and is filled by any instance", async () => {
  const { open, prices } = createPaperWorld();
  {
    await using broker = open();
    await broker.submit(buy("a", LOW));
  }
  await using one = open();
  await using two = open();
  await two.submit(buy("b", LOW));
  prices.set(AAPL, dec("94"));
  await Promise.all([one.poke(), two.poke()]);
  for (const id of ["a", "b"]) equal(await stand(two, id), "filled 10@94");
  equal((await one.positions(ANN))[0]?.qty, 20n * ONE);
  await using bar = open({ fillAt: "next_bar" });
  await bar.submit(buy("c", LOW));
  await using later = open({ fillAt: "next_bar" });
  await later.advance(MONDAY, bars(AAPL));
  equal(await stand(bar, "c"), "filled 10@95");
});

Deno.test("paper: instances that deal in one account at one time lose nothing", async () => {
  const { open, submissions } = createPaperWorld();
  await using one = open();
  await using two = open();
  const ids = Array.from({ length: 40 }, (_, i) => `${i}`);
  await Promise.all(
    ids.flatMap((id) => [one, two].map((broker) => broker.submit(buy(id)))),
  );
  equal((await one.positions(ANN))[0]?.qty, 400n * ONE);
  for (const id of ids) equal(await submissions(id), 2);
});

Deno.test("paper: orders of one account at one time are in nobody's way, though one of them fails", async () => {
  const world = createPaperWorld();
  let commits = 0;
  const ledger: TradeLedger = {
    ...world.ledger,
    async commit(user, changes, events, signal) {
      if (commits++ === 3) throw new PortError("timeout", "Cannot tell");
      return await world.ledger.commit(user, changes, events, signal);
    },
  };
  await using broker = world.open({ ledger });
  const sent = Array.from({ length: 20 }, (_, i) => broker.submit(buy(`${i}`)));
  const ends = await Promise.allSettled(sent);
  deepEqual(ends.flatMap((end, i) => end.status === "rejected" ? [i] : []), [
    3,
  ]);
  equal(commits, 20);
});

Deno.test("paper: orders meet another price when the broker looks", async () => {
  const { open, prices } = createPaperWorld();
  await using broker = open();
  const told: string[] = [];
  const stop = broker.onChange((user, id) => told.push(`${user} ${id}`));
  await broker.submit(buy("limit", LOW));
  await broker.submit(
    buy("stop", { kind: "stop", stopPrice: dec("108"), timeInForce: "gtc" }),
  );
  await broker.poke();
  deepEqual(told, []);
  prices.set(AAPL, dec("94"));
  await broker.poke();
  equal(await stand(broker, "limit"), "filled 10@94");
  prices.set(AAPL, dec("109"));
  stop();
  await broker.poke();
  equal(await stand(broker, "stop"), "filled 10@109");
  deepEqual(told, ["ann limit"]);
});

Deno.test("paper: a day order expires when its day is over, though there is no price", async () => {
  const { open, clock, prices } = createPaperWorld();
  await using broker = open();
  await broker.submit(buy("day", { ...LOW, timeInForce: "day" }));
  await broker.submit(buy("gtc", LOW));
  prices.delete(AAPL);
  await broker.poke();
  equal(await stand(broker, "day"), "open");
  await clock.advance(DAY_MS);
  await broker.poke();
  equal(await stand(broker, "day"), "expired");
  equal(await stand(broker, "gtc"), "open");
});

Deno.test("paper: a trading day is what the caller says", async () => {
  const { open, clock } = createPaperWorld();
  await using broker = open({ dayOf: () => "always" });
  await broker.submit(buy("day", { ...LOW, timeInForce: "day" }));
  await clock.advance(DAY_MS);
  await broker.poke();
  equal(await stand(broker, "day"), "open");
});

Deno.test("paper: a ledger that fails fails the call: full is unavailable, all else is said as it is", async () => {
  const world = createPaperWorld();
  for (
    const [code, said] of [
      ["full", "unavailable"],
      ["unavailable", "unavailable"],
      ["timeout", "timeout"],
      ["version_conflict", "unavailable"],
    ] as const
  ) {
    const commit = () => Promise.reject(new PortError(code, "Cannot commit"));
    await using broker = world.open({ ledger: { ...world.ledger, commit } });
    await rejects(broker.submit(buy(code)), { code: said });
  }
});
