/**
 * The options of the paper broker, and the rows that it keeps.
 *
 * @module
 */
import {
  DEFAULT_PAPER_OPTIONS,
  parsePaperOptions,
} from "../../adapters/paper/options.ts";
import {
  readOrder,
  readPosition,
  writeOrder,
  writePosition,
} from "../../adapters/paper/rows.ts";
import type { PaperOrder } from "../../domain/paper/order.ts";
import { deepEqual, equal, throws } from "../support/assert.ts";
import { AAPL, ANN, buy, dec } from "../support/paper_world.ts";

Deno.test("paper options: each is read by its name", () => {
  deepEqual(parsePaperOptions(""), DEFAULT_PAPER_OPTIONS);
  deepEqual(
    parsePaperOptions(" slippage_bps=5 , partial=0.2,lost_answer=.05,seed=7"),
    {
      ...DEFAULT_PAPER_OPTIONS,
      slippageBps: dec("5"),
      partial: 0.2,
      lostAnswer: 0.05,
      seed: 7,
    },
  );
  deepEqual(
    parsePaperOptions(
      "slippage_bps=0.5,commission_bps=1,commission_fixed=0.35,partial=1,reject=0.1,lost_request=0.1,lost_answer=0.2,late=0.3,unavailable=0.3,nonsense=0.1,rate_limit=200,latency_ms=5,in_flight_ms=50,seed=4294967295",
    ),
    {
      slippageBps: dec("0.5"),
      commissionBps: dec("1"),
      commissionFixed: dec("0.35"),
      partial: 1,
      reject: 0.1,
      lostRequest: 0.1,
      lostAnswer: 0.2,
      late: 0.3,
      unavailable: 0.3,
      nonsense: 0.1,
      rateLimit: 200,
      latencyMs: 5,
      inFlightMs: 50,
      seed: 4294967295,
    },
  );
});

const THERE_ARE =
  "; there are slippage_bps, commission_bps, commission_fixed, partial, reject, lost_request, lost_answer, late, unavailable, nonsense, rate_limit, latency_ms, in_flight_ms, seed";

const REFUSED: readonly [text: string, reason: string][] = [
  ["slipage=5", 'there is no option "slipage"'],
  ["toString=5", 'there is no option "toString"'],
  ["seed=1,", 'there is no option ""'],
  ["seed=1,seed=2", "seed is named twice"],
  ["partial", 'partial must be a share from 0 to 1: current value is ""'],
  [
    "partial=1.1",
    'partial must be a share from 0 to 1: current value is "1.1"',
  ],
  ["partial=-0", 'partial must be a share from 0 to 1: current value is "-0"'],
  ["partial=.", 'partial must be a share from 0 to 1: current value is "."'],
  ["late=0x1", 'late must be a share from 0 to 1: current value is "0x1"'],
  [
    "seed=1=2",
    'seed must be a whole number from 0 to 4294967295: current value is "1=2"',
  ],
  [
    "seed=4294967296",
    'seed must be a whole number from 0 to 4294967295: current value is "4294967296"',
  ],
  [
    "latency_ms=1.5",
    'latency_ms must be a whole number from 0 to 60000: current value is "1.5"',
  ],
  [
    "slippage_bps=1001",
    'slippage_bps must be a number from 0 to 1000: current value is "1001"',
  ],
  [
    "commission_bps=-1",
    'commission_bps must be a number from 0 to 1000: current value is "-1"',
  ],
  [
    "commission_fixed=NaN",
    'commission_fixed must be a number from 0 to 1000000: current value is "NaN"',
  ],
  [
    "lost_request=0.6,late=0.5",
    "lost_request, lost_answer, late, unavailable and nonsense must come to at most 1 together: current value is 1.1",
  ],
];

for (const [text, reason] of REFUSED) {
  Deno.test(`paper options: "${text}" is refused`, () => {
    throws(() => parsePaperOptions(text), {
      name: "InvalidInput",
      message:
        `Cannot use the options of the paper broker as ${reason}${THERE_ARE}`,
    });
  });
}

const ORDER: PaperOrder = {
  ticket: buy("a", {
    kind: "stop_limit",
    stopPrice: dec("105.5"),
    limitPrice: dec("106"),
  }),
  status: "canceled",
  reason: "it was canceled on request",
  isAwake: true,
  parts: 3,
  fills: [{
    id: "a.1",
    qty: dec("3"),
    price: dec("105.000000000001"),
    commission: dec("0.05"),
    at: 7,
  }],
  createdAt: 5,
};

/** What databases in use hold: never to be changed, only added to. */
const STORED = {
  order:
    '{"symbol":"AAPL","side":"buy","kind":"stop_limit","timeInForce":"day","reduceOnly":false,"qty":"10","limitPrice":"106","stopPrice":"105.5","status":"canceled","reason":"it was canceled on request","isAwake":true,"parts":3,"createdAt":5,"fills":[{"id":"a.1","qty":"3","price":"105.000000000001","commission":"0.05","at":7}],"submissions":2}',
  position: '{"qty":"-4.5","avgEntryPrice":"101.25"}',
};

function row(kind: string, id: string, json: string) {
  return { user: ANN, kind, id, json, version: 1, isOpen: true, at: 5 };
}

Deno.test("paper rows: orders and positions are stored as they ever were", () => {
  equal(writeOrder({ order: ORDER, submissions: 2 }), STORED.order);
  deepEqual(readOrder(row("paper_order", "a", STORED.order)), {
    order: ORDER,
    submissions: 2,
  });
  const held = { qty: dec("-4.5"), avgEntryPrice: dec("101.25") };
  equal(writePosition(held), STORED.position);
  deepEqual(readPosition(row("paper_position", "AAPL", STORED.position)), {
    symbol: AAPL,
    ...held,
  });
});

Deno.test("paper rows: what has no reason and no prices says nothing of them", () => {
  const { reason: _, ...plain } = ORDER;
  const order = { ...plain, ticket: buy("a"), fills: [] };
  const json = writeOrder({ order, submissions: 1 });
  equal(/reason|limitPrice|stopPrice/.test(json), false);
  deepEqual(readOrder(row("paper_order", "a", json)), {
    order,
    submissions: 1,
  });
});

Deno.test("paper rows: a damaged row is corrupt", () => {
  for (const json of ["{", "{}", '{"qty":"x","fills":[]}', "null"]) {
    throws(() => readOrder(row("paper_order", "a", json)), { code: "corrupt" });
    throws(() => readPosition(row("paper_position", "a", json)), {
      code: "corrupt",
    });
  }
});
