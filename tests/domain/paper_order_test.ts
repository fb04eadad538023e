/**
 * What becomes of orders on a paper venue as the market goes on.
 *
 * @module
 */
import { formatDecimal, ONE } from "../../domain/decimal.ts";
import { chanceOf } from "../../domain/paper/chance.ts";
import { barAt } from "../../domain/paper/match.ts";
import {
  meetMarket,
  type PaperLook,
  type PaperOrder,
  type PaperTicket,
} from "../../domain/paper/order.ts";
import { afterFill, FLAT, roomToReduce } from "../../domain/paper/position.ts";
import { findRefusal } from "../../domain/paper/refusal.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";
import { buy, dec } from "../support/paper_world.ts";

const FREE = { slippageBps: 0n, commissionBps: 0n, commissionFixed: 0n };

function order(some: Partial<PaperTicket> = {}, parts = 1): PaperOrder {
  const ticket = buy("a", some);
  const none = { isAwake: false, fills: [], createdAt: 0 };
  return { ticket, status: "open", parts, ...none };
}

/** A look at 100, or at what else is said. */
function look(some: Partial<PaperLook> = {}): PaperLook {
  return { bar: barAt(dec("100")), isSession: true, held: 0n, at: 7, ...some };
}

/** How an order stands: its status and the sizes of its fills. */
function stand({ status, fills }: PaperOrder): string {
  return [status, ...fills.map(({ qty }) => formatDecimal(qty))].join(" ");
}

const LIMIT = { kind: "limit", limitPrice: dec("99") } as const;
/** Opens at 100, comes down to 98. */
const DIP = { ...barAt(dec("100")), low: dec("98") };

const STORIES: readonly [
  what: string,
  order: PaperOrder,
  look: Partial<PaperLook>,
  stands: string,
][] = [
  ["a whole order is filled at once", order(), {}, "filled 10"],
  ["all parts are of one session", order({}, 3), {}, "filled 3 3 4"],
  ["one part is of one price", order({}, 3), { isSession: false }, "open 3"],
  ["a day order ends with its session", order(LIMIT), {}, "expired"],
  ["a day order outlives a price", order(LIMIT), { isSession: false }, "open"],
  ["gtc stays", order({ ...LIMIT, timeInForce: "gtc" }), {}, "open"],
  [
    "a day order is filled within its session",
    order(LIMIT),
    { bar: DIP },
    "filled 10",
  ],
  ["ioc meets the open only", order({ ...LIMIT, timeInForce: "ioc" }), {
    bar: DIP,
  }, "canceled"],
  ["fok meets the open only", order({ ...LIMIT, timeInForce: "fok" }), {
    bar: DIP,
  }, "canceled"],
  ["ioc is filled at the open", order({ timeInForce: "ioc" }), {}, "filled 10"],
  ["fok is filled at the open", order({ timeInForce: "fok" }), {}, "filled 10"],
  [
    "ioc takes what there is",
    order({ timeInForce: "ioc" }, 3),
    {},
    "canceled 3",
  ],
  [
    "fok takes all or nothing",
    order({ timeInForce: "fok" }, 3),
    {},
    "canceled",
  ],
  [
    "fok of one unit has no parts",
    order({ timeInForce: "fok", qty: ONE }, 3),
    {},
    "filled 1",
  ],
  ["reduce-only fills what there is to reduce", order({ reduceOnly: true }), {
    held: dec("-4"),
  }, "canceled 4"],
  ["reduce-only in parts too", order({ reduceOnly: true }, 3), {
    held: dec("-4"),
  }, "canceled 3 1"],
  ["reduce-only fills all where it may", order({ reduceOnly: true }), {
    held: dec("-10"),
  }, "filled 10"],
  [
    "reduce-only never adds",
    order({ reduceOnly: true }),
    { held: dec("4") },
    "canceled",
  ],
  ["reduce-only never opens", order({ reduceOnly: true }), {}, "canceled"],
  [
    "fok that may not be filled whole",
    order({ reduceOnly: true, timeInForce: "fok" }),
    { held: dec("-4") },
    "canceled",
  ],
];

for (const [what, before, some, stands] of STORIES) {
  Deno.test(`paper: ${what}: ${stands}`, () => {
    const after = meetMarket(before, look(some), FREE);
    equal(stand(after), stands);
    const isOver = !["open", "filled"].includes(after.status);
    equal(after.reason !== undefined, isOver, "what is cut short has a reason");
  });
}

Deno.test("paper: parts follow each other, each at its own price", () => {
  const costs = { ...FREE, commissionFixed: ONE, commissionBps: ONE };
  let now = order({ timeInForce: "gtc" }, 3);
  for (
    const [price, at] of [["100", 1], ["101", 2], ["102", 3], [
      "103",
      4,
    ]] as const
  ) {
    now = meetMarket(
      now,
      look({ bar: barAt(dec(price)), isSession: false, at }),
      costs,
    );
  }
  equal(now.status, "filled");
  deepEqual(
    now.fills.map((
      { id, qty, price, commission, at },
    ) => [
      id,
      formatDecimal(qty),
      formatDecimal(price),
      formatDecimal(commission),
      at,
    ]),
    [
      ["a.1", "3", "100", "1.03", 1],
      ["a.2", "3", "101", "0.0303", 2],
      ["a.3", "4", "102", "0.0408", 3],
    ],
  );
});

Deno.test("paper: a stop that was reached stays awake", () => {
  const some = {
    kind: "stop_limit",
    stopPrice: dec("105"),
    limitPrice: dec("103"),
    timeInForce: "gtc",
  } as const;
  const asleep = order(some);
  equal(
    meetMarket(asleep, look(), FREE),
    asleep,
    "the same where nothing changed",
  );
  const awake = meetMarket(asleep, look({ bar: barAt(dec("106")) }), FREE);
  deepEqual([awake.isAwake, stand(awake)], [true, "open"]);
  equal(stand(meetMarket(awake, look(), FREE)), "filled 10");
});

Deno.test("paper: what is over meets no market", () => {
  for (const status of ["filled", "canceled", "expired", "rejected"] as const) {
    const over = { ...order(), status };
    equal(meetMarket(over, look(), FREE), over);
  }
});

const DEALS: readonly [
  what: string,
  deals: string,
  qty: string,
  entry: string,
][] = [
  ["opens", "+10@100", "10", "100"],
  ["averages what is added", "+10@100 +30@104", "40", "103"],
  ["keeps the entry where it is reduced", "+10@100 -4@150", "6", "100"],
  ["is flat when closed", "+10@100 -10@150", "0", "0"],
  ["is entered anew through 0", "+10@100 -15@150", "-5", "150"],
  ["opens short", "-10@100", "-10", "100"],
  ["averages short", "-10@100 -30@104", "-40", "103"],
  ["reduces short", "-10@100 +4@50", "-6", "100"],
  ["turns from short", "-10@100 +15@50", "5", "50"],
  ["rounds to the nearest", "+1@1 +2@2", "3", "1.666666666667"],
];

for (const [what, deals, qty, entry] of DEALS) {
  Deno.test(`paper: a position ${what}: ${deals}`, () => {
    const end = deals.split(" ").reduce((position, deal) => {
      const [change, price] = deal.split("@");
      return afterFill(position, dec(change!), dec(price!));
    }, FLAT);
    deepEqual([formatDecimal(end.qty), formatDecimal(end.avgEntryPrice)], [
      qty,
      entry,
    ]);
  });
}

Deno.test("paper: room to reduce is what is held the other way", () => {
  equal(roomToReduce("sell", 4n), 4n);
  equal(roomToReduce("sell", -4n), 0n);
  equal(roomToReduce("buy", -4n), 4n);
  equal(roomToReduce("buy", 4n), 0n);
});

Deno.test("paper: an order is refused with the reason, and the value", () => {
  const says = (some: Partial<PaperTicket>, held = 0n) =>
    findRefusal(buy("a", some), held);
  equal(says({}), undefined);
  equal(says({ reduceOnly: true, side: "sell" }, 1n), undefined);
  equal(says({ qty: 0n }), "qty must be above 0: current value is 0");
  equal(says({ kind: "limit" }), "a limit order needs a limit price");
  equal(says({ limitPrice: ONE }), "a market order has no limit price");
  equal(
    says({ kind: "stop", stopPrice: -ONE }),
    "its stop price must be above 0: current value is -1",
  );
  equal(
    says({ reduceOnly: true }, 2n * ONE),
    "there is nothing for it to reduce: the position is 2",
  );
});

Deno.test("paper: chance follows from seed and name, and is spread evenly", () => {
  equal(chanceOf(7, "a"), chanceOf(7, "a"));
  const draws = Array.from(
    { length: 20_000 },
    (_, i) => chanceOf(7, `ann ULT-06JAN-${String(i).padStart(5, "0")}-E`),
  );
  ok(draws.every((draw) => draw >= 0 && draw < 1));
  for (const share of [0.05, 0.2, 0.5, 0.9]) {
    const found = draws.filter((draw) => draw < share).length / draws.length;
    ok(Math.abs(found - share) < 0.015, `${share}: ${found}`);
  }
  const others = draws.filter((draw, i) =>
    draw < 0.2 &&
    chanceOf(8, `ann ULT-06JAN-${String(i).padStart(5, "0")}-E`) < 0.2
  );
  ok(Math.abs(others.length / draws.length - 0.04) < 0.01, "seeds are apart");
});
