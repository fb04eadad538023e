/**
 * At which prices a paper venue fills orders: the rules, by example.
 *
 * @module
 */
import { divideRounded, formatDecimal, ONE } from "../../domain/decimal.ts";
import type { OrderTerms } from "../../domain/order/order.ts";
import { commissionOf, slipped } from "../../domain/paper/cost.ts";
import { matchOrder, type PaperBar } from "../../domain/paper/match.ts";
import { nextPart } from "../../domain/paper/part.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { AAPL, dec } from "../support/paper_world.ts";

function bar(open: number, high: number, low: number, close: number): PaperBar {
  const [o, h, l, c] = [open, high, low, close].map((p) => dec(`${p}`));
  return { open: o!, high: h!, low: l!, close: c! };
}

/** `buy limit 99`, `sell stop 95`, `buy stop_limit 105/106`, `buy market`. */
function terms(text: string): OrderTerms {
  const [side, kind, prices = ""] = text.split(" ");
  const [first, second] = prices.split("/").map((p) => p && dec(p));
  return {
    symbol: AAPL,
    side: side as OrderTerms["side"],
    kind: kind as OrderTerms["kind"],
    qty: ONE,
    ...(kind === "limit" && { limitPrice: first as bigint }),
    ...(kind?.startsWith("stop") && { stopPrice: first as bigint }),
    ...(kind === "stop_limit" && { limitPrice: second as bigint }),
    timeInForce: "day",
    reduceOnly: false,
  };
}

const MATCHES: readonly [
  order: string,
  wasAwake: boolean,
  bar: [open: number, high: number, low: number, close: number],
  price: string | undefined,
  isAwake: boolean,
  why: string,
][] = [
  ["buy market", false, [100, 110, 90, 105], "100", false, "at the open"],
  ["sell market", false, [100, 110, 90, 105], "100", false, "at the open"],

  ["buy limit 99", false, [100, 110, 90, 105], "99", false, "at the limit"],
  ["buy limit 99", false, [100, 110, 99, 105], "99", false, "just reached"],
  [
    "buy limit 99",
    false,
    [98, 110, 90, 105],
    "98",
    false,
    "the open is better",
  ],
  [
    "buy limit 99",
    false,
    [100, 110, 99.5, 105],
    undefined,
    false,
    "not reached",
  ],
  ["sell limit 101", false, [100, 110, 90, 95], "101", false, "at the limit"],
  ["sell limit 101", false, [100, 101, 90, 95], "101", false, "just reached"],
  [
    "sell limit 101",
    false,
    [103, 110, 90, 95],
    "103",
    false,
    "the open is better",
  ],
  [
    "sell limit 101",
    false,
    [100, 100.5, 90, 95],
    undefined,
    false,
    "not reached",
  ],

  ["buy stop 105", false, [100, 110, 90, 95], "105", true, "at the stop"],
  ["buy stop 105", false, [100, 105, 90, 95], "105", true, "just reached"],
  [
    "buy stop 105",
    false,
    [108, 110, 90, 95],
    "108",
    true,
    "the open is beyond",
  ],
  ["buy stop 105", false, [100, 104, 90, 95], undefined, false, "not reached"],
  [
    "buy stop 105",
    true,
    [100, 104, 90, 95],
    "100",
    true,
    "awake: at the market",
  ],
  ["sell stop 95", false, [100, 110, 90, 105], "95", true, "at the stop"],
  ["sell stop 95", false, [92, 110, 90, 105], "92", true, "the open is beyond"],
  ["sell stop 95", false, [100, 110, 96, 105], undefined, false, "not reached"],

  [
    "buy stop_limit 105/106",
    false,
    [100, 110, 90, 95],
    "105",
    true,
    "at the stop",
  ],
  [
    "buy stop_limit 105/106",
    false,
    [100, 104, 90, 95],
    undefined,
    false,
    "asleep",
  ],
  [
    "buy stop_limit 105/106",
    false,
    [108, 110, 90, 95],
    "106",
    true,
    "wakes at the open, comes back to the limit",
  ],
  [
    "buy stop_limit 105/106",
    false,
    [108, 110, 107, 109],
    undefined,
    true,
    "wakes at the open, never comes back",
  ],
  [
    "buy stop_limit 105/103",
    false,
    [100, 110, 90, 109],
    undefined,
    true,
    "the low may have been before it woke",
  ],
  [
    "buy stop_limit 105/103",
    false,
    [100, 110, 90, 102],
    "103",
    true,
    "the close proves that it came back",
  ],
  [
    "buy stop_limit 105/103",
    true,
    [104, 110, 103, 109],
    "103",
    true,
    "awake: as a limit order",
  ],
  [
    "sell stop_limit 95/94",
    false,
    [100, 110, 90, 105],
    "95",
    true,
    "at the stop",
  ],
  [
    "sell stop_limit 95/94",
    false,
    [92, 110, 90, 105],
    "94",
    true,
    "wakes at the open, comes back to the limit",
  ],
  [
    "sell stop_limit 95/97",
    false,
    [100, 110, 90, 92],
    undefined,
    true,
    "the high may have been before it woke",
  ],
  [
    "sell stop_limit 95/97",
    false,
    [100, 110, 90, 98],
    "97",
    true,
    "the close proves that it came back",
  ],
];

for (const [order, wasAwake, prices, price, isAwake, why] of MATCHES) {
  const awake = wasAwake ? ", awake," : "";
  Deno.test(`paper: ${order}${awake} in ${prices} fills at ${price}: ${why}`, () => {
    const match = matchOrder(terms(order), wasAwake, bar(...prices));
    deepEqual(
      [
        match.price === undefined ? undefined : formatDecimal(match.price),
        match.isAwake,
      ],
      [price, isAwake],
    );
  });
}

const COSTS = {
  slippageBps: dec("5"),
  commissionBps: dec("1.5"),
  commissionFixed: dec("0.35"),
};

Deno.test("paper: slippage is against who takes the price, never against a limit", () => {
  const table: Record<string, string> = {
    "buy market": "100.05",
    "sell market": "99.95",
    "buy stop 100": "100.05",
    "sell stop 100": "99.95",
    "buy limit 100": "100",
    "sell stop_limit 100/100": "100",
  };
  for (const [order, price] of Object.entries(table)) {
    equal(
      formatDecimal(slipped(dec("100"), terms(order), COSTS)),
      price,
      order,
    );
  }
});

Deno.test("paper: slippage is rounded to 12 places, halves up", () => {
  const half = { ...COSTS, slippageBps: dec("5000") };
  equal(slipped(1n, terms("buy market"), half), 2n);
  equal(slipped(1n, terms("sell market"), half), 1n);
});

Deno.test("paper: commission is a share of the value, and a fixed sum with the first fill", () => {
  const [qty, price] = [dec("10"), dec("200")];
  equal(formatDecimal(commissionOf(qty, price, true, COSTS)), "0.65");
  equal(formatDecimal(commissionOf(qty, price, false, COSTS)), "0.3");
  equal(
    commissionOf(qty, price, true, { ...COSTS, commissionBps: 0n }),
    dec("0.35"),
  );
});

Deno.test("paper: commission is rounded once", () => {
  const bps = { ...COSTS, commissionBps: dec("5") };
  // 1e-12 units at 1000 are 1e-9; 5 basis points of it are 0.5e-12.
  equal(commissionOf(1n, dec("1000"), false, bps), 1n);
  equal(commissionOf(1n, dec("999"), false, bps), 0n);
  const [qty, price] = [dec("0.333333333333"), dec("3.000000000003")];
  equal(
    commissionOf(qty, price, false, bps),
    divideRounded(qty * price * 5n, 10_000n * ONE),
  );
});

const PARTS: readonly [qty: string, parts: number, sizes: string][] = [
  ["10", 1, "10"],
  ["10", 3, "3 3 4"],
  ["10", 4, "2 2 3 3"],
  ["2", 3, "1 1"],
  ["1", 4, "1"],
  ["0.5", 2, "0.2 0.3"],
  ["1.25", 2, "0.62 0.63"],
  ["0.000000000001", 4, "0.000000000001"],
];

for (const [qty, parts, sizes] of PARTS) {
  Deno.test(`paper: ${qty} in ${parts} parts are ${sizes}`, () => {
    const found = [];
    for (let left = dec(qty), i = parts; left > 0n; i--) {
      const part = nextPart(dec(qty), left, i);
      found.push(formatDecimal(part));
      left -= part;
    }
    equal(found.join(" "), sizes);
  });
}
