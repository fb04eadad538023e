/**
 * How the paper broker looks at the market by itself, and what it says where
 * it cannot.
 *
 * @module
 */
import { DEFAULT_PAPER_OPTIONS } from "../../adapters/paper/options.ts";
import { openPaperVenue } from "../../adapters/paper/venue.ts";
import type { TradingSymbol } from "../../domain/symbol.ts";
import { PortError } from "../../ports/port_error.ts";
import type { TradeLedger } from "../../ports/trade_ledger.ts";
import { deepEqual, equal } from "../support/assert.ts";
import {
  AAPL,
  buy,
  createPaperWorld,
  dec,
  LOW,
  MSFT,
  stand,
} from "../support/paper_world.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";
import { settle } from "../support/turns.ts";

Deno.test("paper: a symbol without a price holds up no other, and is told of", async () => {
  const { open, prices } = createPaperWorld();
  const telemetry = createRecordingTelemetry();
  await using broker = open({ telemetry });
  await broker.submit(buy("a", LOW));
  await broker.submit(buy("b", { ...LOW, symbol: MSFT }));
  prices.delete(AAPL);
  prices.set(MSFT, dec("90"));
  await broker.poke();
  equal(await stand(broker, "a"), "open");
  equal(await stand(broker, "b"), "filled 10@90");
  const labels = { port: "broker", code: "not_found" };
  equal(telemetry.counted("holdfast_port_errors_total", labels), 1);
  equal(telemetry.logged("warn").length, 1);
});

Deno.test("paper: a price that nobody can tell is told of once, until it is something else or over", async () => {
  const { open, prices } = createPaperWorld();
  const telemetry = createRecordingTelemetry();
  let failure: Error | undefined;
  const quotes = {
    async now(symbol: TradingSymbol) {
      if (failure && symbol === AAPL) throw failure;
      return prices.get(symbol)!;
    },
  };
  await using broker = open({ telemetry, quotes });
  await broker.submit(buy("a", LOW));
  const look = async () => {
    for (let i = 0; i < 3; i++) await broker.poke();
    return telemetry.logged().map(({ level, message, fields }) =>
      `${level} ${message} ${JSON.stringify(fields)}`
    );
  };
  failure = new PortError("timeout", "Cannot wait", { cause: new Error("x") });
  const timeout =
    'warn the paper broker could not look at the price of AAPL {"code":"timeout","error":"Cannot wait"}';
  deepEqual(await look(), [timeout]);
  failure = new PortError("not_found", "Cannot find it");
  const missing =
    'warn the paper broker could not look at the price of AAPL {"code":"not_found","error":"Cannot find it"}';
  deepEqual(await look(), [timeout, missing]);
  failure = undefined;
  const over = "info the paper broker can look at the price of AAPL again {}";
  deepEqual(await look(), [timeout, missing, over]);
  failure = new PortError("not_found", "Cannot find it");
  deepEqual(await look(), [timeout, missing, over, missing]);
  const labels = { port: "broker", code: "not_found" };
  equal(telemetry.counted("holdfast_port_errors_total", labels), 6);
});

Deno.test("paper: at the price of now, no list is kept of orders that others may end", () => {
  const { ledger, clock } = createPaperWorld();
  const quotes = { now: () => Promise.resolve(dec("100")) };
  const costs = DEFAULT_PAPER_OPTIONS;
  const parts = { ledger, clock, quotes, costs, changed: () => {} };
  equal(openPaperVenue({ ...parts, fillAt: "quote" }).waiting, undefined);
  deepEqual(
    openPaperVenue({ ...parts, fillAt: "next_bar" }).waiting?.all(),
    [],
  );
});

Deno.test("paper: the broker looks by itself when it is told how often, through failures, until it is closed", async () => {
  const world = createPaperWorld();
  const telemetry = createRecordingTelemetry();
  let isDown = false;
  let looks = 0;
  const ledger: TradeLedger = {
    ...world.ledger,
    list(query, signal) {
      looks++;
      if (isDown) throw new PortError("unavailable", "Cannot list rows");
      return world.ledger.list(query, signal);
    },
  };
  const broker = world.open({ ledger, telemetry, lookEveryMs: 1000 });
  const filled = new Promise((resolve) =>
    broker.onChange((_, id) => resolve(id))
  );
  await broker.submit(buy("a", LOW));
  world.prices.set(AAPL, dec("94"));
  isDown = true;
  await world.clock.advance(1000);
  await settle();
  const labels = { port: "broker", code: "unavailable" };
  equal(telemetry.counted("holdfast_port_errors_total", labels), 1);
  isDown = false;
  await world.clock.advance(1000);
  equal(await filled, "a");
  await broker[Symbol.asyncDispose]();
  const before = looks;
  await world.clock.advance(10_000);
  await settle();
  equal(looks, before);
});
