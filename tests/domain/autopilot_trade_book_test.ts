/**
 * The trade book: what the log says of trades, counted.
 *
 * @module
 */
import { formatDecimal } from "../../domain/decimal.ts";
import {
  createTradeBook,
  MAX_REMEMBERED,
  PENDING_MS,
} from "../../domain/autopilot/trade_book.ts";
import { modeOf } from "../../domain/autopilot/trade_fact.ts";
import type { TradingMode } from "../../domain/settings/field.ts";
import { deepEqual, equal } from "../support/assert.ts";
import {
  ADA,
  logged,
  ordersEvent,
  positionEvent,
  roundTrip,
} from "../support/autopilot_world.ts";
import { anEvent } from "../support/events.ts";
import {
  bookOf,
  HOUR,
  MIDNIGHT,
  MINUTE,
  NOON,
  seen,
  signal,
  type Step,
} from "../support/trade_books.ts";

Deno.test("a mode is that of the event, its order id or its strategy", () => {
  const cases: [Record<string, unknown>, TradingMode | undefined][] = [
    [{ mode: "swing", client_order_id: "ULT-06JAN-00001-E" }, "swing"],
    [{ mode: "ultra_fast" }, "ultra"],
    [{ client_order_id: "ULT-06JAN-00001-E" }, "ultra"],
    [{ client_order_id: "sca-FALLBACK-0A1B2C3D-SL" }, "scalp"],
    [{ client_order_id: "SWI-06JAN-00001-TP1" }, "swing"],
    [{ client_order_id: "POS-06JAN-00001-E" }, "position"],
    [{ client_order_id: "POSITION" }, undefined],
    [
      { client_order_id: "XYZ-06JAN-00001-E", strategy_id: "autopilot:scalp" },
      "scalp",
    ],
    [{ mode: "odd", strategy_id: "autopilot:ultra_fast" }, "ultra"],
    [{ strategy_id: "autopilot:odd" }, undefined],
    [{ strategy_id: "alpha_baseline" }, undefined],
    [{ mode: 7, client_order_id: null }, undefined],
  ];
  for (const [data, mode] of cases) equal(modeOf(data), mode);
});

Deno.test("trades count where they belong: in their mode and in all", () => {
  const book = bookOf([
    NOON - 1,
    ordersEvent({ mode: "scalp", num_accepted: 3 }),
    ordersEvent({ strategy_id: "alpha_baseline", num_accepted: 2 }),
    ordersEvent({ num_accepted: 9 }, "bob"),
    ordersEvent({ mode: "scalp", num_accepted: 0 }),
  ]);
  equal(seen(book).tradesDay, 5);
  equal(seen(book, "scalp").tradesDay, 3);
  equal(seen(book, "swing").tradesDay, 0);
  equal(book.tally("bob", undefined, NOON, MIDNIGHT).tradesDay, 9);
  equal(book.tally("eve", undefined, NOON, MIDNIGHT).tradesDay, 0);
});

Deno.test("minutes and hours roll, a day is that of the calendar", () => {
  const book = bookOf(
    [MIDNIGHT - 1, ordersEvent(), ...roundTrip(-1)],
    [MIDNIGHT, ordersEvent(), ...roundTrip(-2)],
    [NOON - HOUR, ordersEvent(), ...roundTrip(-4)],
    [NOON - HOUR + 1, ordersEvent(), ...roundTrip(-8)],
    [NOON - MINUTE, ordersEvent(), ...roundTrip(16)],
    [NOON - MINUTE + 1, ordersEvent()],
  );
  const { tradesMinute, tradesHour, tradesDay, lossHour, lossDay, ...more } =
    seen(book);
  deepEqual([tradesMinute, tradesHour, tradesDay], [1, 3, 5]);
  deepEqual([lossHour, lossDay], ["8", "14"]);
  deepEqual(more, {
    winsDay: 1,
    lossesDay: 3,
    losingStreak: 0,
    lastLossAt: NOON - HOUR + 1,
    lastOutcomeAt: NOON - MINUTE,
    lastTradeAt: NOON - MINUTE + 1,
  });
});

Deno.test("a streak of losses is ended by a gain, and by nothing else", () => {
  const steps: Step[] = [
    [NOON - 40 * HOUR, ...roundTrip(-1)],
    [NOON - 30 * HOUR, ...roundTrip(-1)],
    [NOON - 2, ...roundTrip(0), ordersEvent()],
  ];
  equal(seen(bookOf(...steps)).losingStreak, 2);
  equal(seen(bookOf(...steps)).lastLossAt, NOON - 30 * HOUR);
  equal(seen(bookOf(...steps)).lastOutcomeAt, NOON - 2);
  equal(seen(bookOf(...steps, [NOON, ...roundTrip(1)])).losingStreak, 0);
});

Deno.test("an event that says what it has earned is believed", () => {
  const book = bookOf(
    [NOON - 3, positionEvent(100, "10", { realized_pnl: "0" })],
    [NOON - 2, positionEvent(-50, "11", { realized_pnl: "-3.5" })],
    [NOON - 1, positionEvent(10, "11", { realized_pnl: -1 })],
  );
  const { lossDay, lossesDay, winsDay } = seen(book);
  deepEqual([lossDay, lossesDay, winsDay], ["4.5", 2, 0]);
});

Deno.test("a position that grows is a trade, one that shrinks is none", () => {
  const grown = positionEvent(10, "10", { mode: "scalp" });
  const book = bookOf([NOON - 5, grown]);
  const { lastTradeAt, tradesDay, lastOutcomeAt } = seen(book, "scalp");
  deepEqual([lastTradeAt, tradesDay, lastOutcomeAt], [NOON - 5, 1, undefined]);
  const less = positionEvent(-4, "10", { mode: "scalp", new_qty: 6 });
  const turned = positionEvent(-9, "10", { mode: "scalp", new_qty: -3 });
  const same = positionEvent(0, "10", { mode: "scalp", new_qty: -3 });
  const later = bookOf([NOON - 5, grown], [NOON - 4, less, same]);
  equal(seen(later, "scalp").tradesDay, 1);
  equal(seen(later, "scalp").lastTradeAt, NOON - 5);
  const last = bookOf([NOON - 5, grown, less], [NOON - 4, turned]);
  equal(seen(last, "scalp").tradesDay, 2);
});

Deno.test("fractions of units count to the last digit", () => {
  const book = bookOf([
    NOON,
    positionEvent(0, "64000", { qty_change: "0.0015", new_qty: "0.0015" }),
    positionEvent(0, "63000", { qty_change: -0.0005, new_qty: 0.001 }),
  ]);
  deepEqual(book.positions(ADA).map(({ qty }) => formatDecimal(qty)), [
    "0.001",
  ]);
  equal(seen(book).lossDay, "0.5");
});

Deno.test("what is remembered is bounded: the oldest is forgotten", () => {
  const book = createTradeBook();
  const first = ordersEvent();
  const again = () => book.apply(logged([first], NOON)[0]!);
  equal(again(), true);
  equal(again(), false);
  const rest = Array.from({ length: MAX_REMEMBERED - 1 }, () => ordersEvent());
  for (const event of logged(rest, NOON)) book.apply(event);
  equal(again(), false);
  const last = ordersEvent();
  book.apply(logged([last], NOON)[0]!);
  equal(again(), true);
  equal(book.apply(logged([last], NOON)[0]!), false);
});

Deno.test("outcomes are told for 30 days", () => {
  const book = bookOf(
    [NOON - 30 * 24 * HOUR, ...roundTrip(-1, { mode: "swing" })],
    [NOON - 29 * 24 * HOUR, ...roundTrip(-2, { mode: "swing" })],
    [NOON, ...roundTrip(3, { mode: "swing" })],
  );
  deepEqual(
    book.outcomes(ADA, "swing", NOON).map(({ earned }) =>
      formatDecimal(earned)
    ),
    ["-2", "3"],
  );
  deepEqual(book.outcomes(ADA, "scalp", NOON), []);
  deepEqual(book.outcomes("eve", "scalp", NOON), []);
});

Deno.test("an event that comes twice counts once", () => {
  const events = [ordersEvent(), ...roundTrip(-5)];
  const book = bookOf([NOON - 3, ...events], [NOON - 2, ...events]);
  const { tradesDay, lossDay, losingStreak } = seen(book);
  deepEqual([tradesDay, lossDay, losingStreak], [1, "5", 1]);
  equal(book.apply(logged(events, NOON)[0]!), false);
});

Deno.test("modes keep their positions in one symbol apart", () => {
  const book = bookOf([
    NOON - 9,
    positionEvent(100, "10", { mode: "scalp" }),
    positionEvent(-30, "10", { mode: "swing", new_qty: 70 }),
    positionEvent(30, "12", { mode: "swing", new_qty: 100 }),
    positionEvent(5, "10", { mode: "scalp", symbol: "bbb" }),
  ]);
  deepEqual(
    book.positions(ADA).map(({ symbol, mode, qty, cost }) =>
      `${mode} ${symbol} ${formatDecimal(qty)} ${formatDecimal(cost)}`
    ),
    ["scalp AAA 100 1000", "scalp BBB 5 50"],
  );
  equal(seen(book, "swing").lossDay, "60");
  equal(seen(book, "scalp").lossDay, "0");
  const open = book.exposure(ADA, "scalp", NOON);
  deepEqual([open.positions, formatDecimal(open.inUse)], [2, "1050"]);
  deepEqual(book.holding(ADA, "BBB", NOON), {
    mode: "scalp",
    isPending: false,
  });
  equal(book.holding(ADA, "CCC", NOON), undefined);
  equal(book.exposure("eve", "scalp", NOON).positions, 0);
});

Deno.test("a position from before the first event is none of the other side", () => {
  const book = bookOf([NOON - 9, positionEvent(-40, "10", { new_qty: 60 })]);
  deepEqual(book.positions(ADA).map(({ qty }) => formatDecimal(qty)), ["60"]);
  equal(seen(book).lossesDay + seen(book).winsDay, 0);
  const told = { new_qty: 60, realized_pnl: "-7" };
  equal(seen(bookOf([NOON, positionEvent(-40, "10", told)])).lossDay, "7");
  const more = bookOf([NOON, positionEvent(40, "10", { new_qty: 60 })]);
  deepEqual(more.positions(ADA).map(({ qty }) => formatDecimal(qty)), ["40"]);
});

Deno.test("a signal counts as a trade and a position until it is acted on", () => {
  const asked = signal("swing", "AAA", NOON - 1000);
  const book = bookOf([NOON - 900, asked]);
  equal(seen(book, "swing").tradesMinute, 1);
  equal(seen(book).tradesMinute, 1);
  equal(seen(book, "scalp").tradesMinute, 0);
  equal(seen(book, "swing").lastTradeAt, NOON - 1000);
  const { positions, inUse } = book.exposure(ADA, "swing", NOON);
  deepEqual([positions, formatDecimal(inUse)], [1, "250"]);
  deepEqual(book.holding(ADA, "AAA", NOON), { mode: "swing", isPending: true });

  const late = NOON - 1000 + PENDING_MS;
  equal(book.exposure(ADA, "swing", late).positions, 0);
  equal(book.holding(ADA, "AAA", late), undefined);
  equal(book.tally(ADA, "swing", late, MIDNIGHT).tradesDay, 0);

  const filled = positionEvent(20, "10", { mode: "swing" });
  book.apply(logged([filled], NOON)[0]!);
  const after = book.exposure(ADA, "swing", NOON);
  deepEqual([after.positions, formatDecimal(after.inUse)], [1, "200"]);
  equal(seen(book, "swing").tradesMinute, 1);
});

Deno.test("a signal of the future counts from when it was committed", () => {
  const book = bookOf([NOON, signal("swing", "AAA", NOON + 9 * HOUR)]);
  equal(book.exposure(ADA, "swing", NOON + PENDING_MS - 1).positions, 1);
  equal(book.exposure(ADA, "swing", NOON + PENDING_MS).positions, 0);
});

Deno.test("signals of others are no trades of ours", () => {
  const book = bookOf([
    NOON,
    signal("", "AAA", NOON),
    signal("swing", "AAA", NOON, { size_usd: "-5" }),
    anEvent({ ticker: "AAA" }, { channel: "signal.triggered" }),
    anEvent({ mode: "swing" }, { channel: "setup.received" }),
  ]);
  deepEqual(book.users(), []);
  equal(book.unreadable, 0);
});

Deno.test("what is nobody's trade, or cannot be read, is passed over and counted", () => {
  const book = bookOf([
    NOON,
    ordersEvent({}, ""),
    positionEvent(1, "10", {}, ""),
    positionEvent(1, "-10"),
    positionEvent(1, "1e99"),
    positionEvent(1, "10", { qty_change: "some" }),
    positionEvent(1, "10", { new_qty: null }),
    ordersEvent({ num_accepted: -1 }),
    ordersEvent({ num_accepted: "many" }),
    positionEvent(1, "10", { symbol: 7 }),
    { ...ordersEvent(), json: "[]" },
    { ...ordersEvent(), json: "{" },
  ]);
  deepEqual(book.users(), []);
  equal(book.unreadable, 11);
});
