/**
 * What counts as one trade, and whose position a change is of.
 *
 * @module
 */
import { formatDecimal } from "../../domain/decimal.ts";
import type { TradeBook } from "../../domain/autopilot/trade_book.ts";
import type { NewEvent } from "../../domain/event/event.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { ADA, ordersEvent, positionEvent } from "../support/autopilot_world.ts";
import {
  bookOf,
  HOUR,
  NOON,
  seen,
  signal,
  type Step,
} from "../support/trade_books.ts";

/** How many trades of Ada the events make, in scalp and in all. */
function tradesOf(...steps: Step[]): [scalp: number, all: number] {
  const book = bookOf(...steps);
  return [seen(book, "scalp").tradesDay, seen(book).tradesDay];
}

Deno.test("an order and the change that it leads to are one trade, whichever comes first", () => {
  const mode = "scalp";
  const entry = (data: object = {}) =>
    positionEvent(1, "10", { mode, ...data });
  const order = (data: object = {}) => ordersEvent({ mode, ...data });
  const [C1, C2] = ["SCA-02JAN-00001-E", "SCA-02JAN-00002-E"].map((
    client_order_id,
  ) => ({ client_order_id }));
  const [R, S] = [{ run_id: "r" }, { run_id: "s" }];
  const cases: [string, readonly Step[], number][] = [
    ["positions alone", [[NOON - 9, entry(), entry()]], 2],
    ["orders alone", [[NOON - 9, order({ num_accepted: 3 })]], 3],
    ["nothing in common to compare", [[NOON - 9, order(), entry()]], 1],
    ["the change first", [[NOON - 9, entry(), order()]], 1],
    ["one order for two changes", [[NOON - 9, order(), entry(), entry()]], 2],
    ["two changes for one order", [[NOON - 9, entry(), entry(), order()]], 2],
    [
      "two orders for two changes",
      [[NOON - 9, entry(), order({ num_accepted: 2 }), entry()]],
      2,
    ],
    [
      "an exit has an order, too",
      [[
        NOON - 9,
        order(),
        entry(),
        order(),
        entry({ qty_change: -1 }),
        entry(),
      ]],
      3,
    ],
    [
      "an hour apart, nothing in common",
      [[NOON - HOUR - 9, order()], [NOON - 8, entry()]],
      2,
    ],
    [
      "an hour apart, the change first",
      [[NOON - HOUR - 9, entry()], [NOON - 8, order()]],
      2,
    ],
    ["the same run", [[NOON - 9 * HOUR, order(R)], [NOON, entry(R)]], 1],
    ["the same run, late order", [[NOON - 9 * HOUR, entry(R)], [
      NOON,
      order(R),
    ]], 1],
    ["another run", [[NOON - 9, order(R), entry(S)]], 2],
    ["a run in parts", [[NOON - 9, order(R), entry(R), entry(R)]], 1],
    ["the same order", [[NOON - 9, order(C1), entry({ ...C1, ...S })]], 1],
    ["another order", [[NOON - 9, order(C1), entry(C2)]], 2],
    ["an order of its run", [[NOON - 9, order(R), entry({ ...C2, ...R })]], 1],
    ["fills of one order", [[NOON - 9, entry(C1), entry(C1), entry(C1)]], 1],
    [
      "fills, then their order",
      [[NOON - 9, entry(C1), entry(C1), order(C1)]],
      1,
    ],
    [
      "fills around their order",
      [[NOON - 9, entry(C1), order(C1), entry(C1)]],
      1,
    ],
    ["an order that was refused", [
      [NOON - 9, order({ ...C1, num_accepted: 0 }), entry(C1)],
    ], 1],
  ];
  for (const [what, steps, trades] of cases) {
    deepEqual(tradesOf(...steps), [trades, trades], what);
  }
  // An order in no mode stands for a change in one where all are counted.
  deepEqual(tradesOf([NOON - 9, ordersEvent(), entry()]), [1, 1]);
});

Deno.test("a signal, its order and its position are one trade", () => {
  const mode = "swing";
  const asked = signal(mode, "AAA", NOON - 900);
  const order = ordersEvent({ mode });
  const filled = positionEvent(20, "10", { mode });
  for (
    const events of [
      [asked],
      [asked, order],
      [asked, filled],
      [asked, order, filled],
      [asked, filled, order],
    ]
  ) {
    const book = bookOf(...events.map((one): Step => [NOON - 800, one]));
    const trades = [seen(book, mode).tradesMinute, seen(book).tradesMinute];
    deepEqual(trades, [1, 1], events.map(({ channel }) => channel).join());
    equal(book.exposure(ADA, mode, NOON).positions, 1);
  }
  const two = bookOf(
    [NOON - 800, asked, signal(mode, "BBB", NOON - 700)],
    [NOON - 600, order],
  );
  equal(seen(two, mode).tradesMinute, 2);
  equal(two.exposure(ADA, mode, NOON).positions, 2);
  // Orders of other modes, and refused ones, are none of its.
  const others = [
    ordersEvent({ mode: "scalp" }),
    ordersEvent({ mode, num_accepted: 0 }),
  ];
  equal(seen(bookOf([NOON - 800, asked, ...others]), mode).tradesMinute, 1);
  equal(seen(bookOf([NOON - 800, asked, ...others])).tradesMinute, 2);
});

Deno.test("trades stay a whole number, however many events tell of", () => {
  const most = ordersEvent({ num_accepted: Number.MAX_SAFE_INTEGER });
  const [, all] = tradesOf([NOON - 9, most, most]);
  equal(all, Number.MAX_SAFE_INTEGER);
});

Deno.test("a position closed in no mode is closed in the mode that holds it", () => {
  const open = (mode: string | undefined, symbol = "AAA") =>
    positionEvent(100, "10", { mode, symbol, new_qty: 100 });
  const stop = (change: number, after: number, price = "9", more = {}) =>
    positionEvent(change, price, {
      strategy_id: "stop",
      new_qty: after,
      ...more,
    });
  const held = (book: TradeBook) =>
    book.positions(ADA).map(({ symbol, mode, qty }) =>
      `${mode} ${symbol} ${formatDecimal(qty)}`
    );
  const at = (...events: NewEvent[]) => bookOf([NOON - 9, ...events]);

  const all = at(open("swing"), stop(-100, 0));
  deepEqual(held(all), []);
  deepEqual([seen(all, "swing").lossDay, seen(all).lossDay], ["100", "100"]);
  equal(seen(all, "swing").losingStreak, 1);

  const part = at(open("swing"), stop(-40, 60));
  deepEqual(held(part), ["swing AAA 60"]);
  equal(seen(part, "swing").lossDay, "40");

  // What belongs to no mode first, then the oldest.
  const several = at(
    open("swing"),
    open("scalp"),
    open(undefined),
    stop(-250, 50),
  );
  deepEqual(held(several), ["scalp AAA 50"]);
  equal(seen(several, "swing").lossDay, "100");
  equal(seen(several, "scalp").lossDay, "50");
  deepEqual([seen(several).lossDay, seen(several).lossesDay], ["250", 1]);

  // With more than was held, the rest is a position of its own.
  const over = at(open("swing"), stop(-150, -50));
  deepEqual(held(over), ["undefined AAA -50"]);

  // Nothing is left, whatever was missed, and other symbols stay.
  const few = [
    stop(-30, 0),
    stop(-130, 0),
    stop(-100, 0, "9", { mode: "ultra" }),
  ];
  for (const close of few) {
    const book = at(open("swing"), open("scalp"), open("scalp", "BBB"), close);
    deepEqual(held(book), ["scalp BBB 100"]);
    deepEqual([seen(book, "swing").lossDay, seen(book, "scalp").lossDay], [
      "100",
      "100",
    ]);
    deepEqual([seen(book).lossDay, seen(book).lossesDay], ["200", 1]);
    const { lossesDay, tradesDay } = seen(book, "ultra");
    deepEqual([lossesDay, tradesDay], [0, 0]);
  }

  // What the event says was earned is shared by units.
  const told = { realized_pnl: "-8" };
  const shared = at(open("swing"), open("scalp"), stop(-200, 0, "9", told));
  equal(seen(shared, "swing").lossDay, "4");
  equal(seen(shared).lossDay, "8");

  // A short, bought back.
  const short = positionEvent(-10, "10", { mode: "swing" });
  equal(seen(at(short, stop(10, 0, "12")), "swing").lossDay, "20");
});
