/**
 * The route of the autopilot's decisions.
 *
 * @module
 */
import type { Decision } from "../../domain/autopilot/decision.ts";
import { NO_TRADES } from "../../domain/autopilot/tally.ts";
import type { TradingSymbol } from "../../domain/symbol.ts";
import { parseTradingDate } from "../../domain/trading_date.ts";
import type { UserId } from "../../domain/user_id.ts";
import { PortError } from "../../ports/port_error.ts";
import { deepEqual, equal, match } from "../support/assert.ts";
import { createHarness, type HarnessOptions } from "./harness.ts";

const PATH = "/api/futures/ginie/decision";
const AT = Date.UTC(2026, 0, 2, 12);

const HOLD = {
  at: AT,
  action: "hold",
  reasons: ["the trade history is being read"],
  modes: [],
  settings: { versions: { "mode:swing": 7 }, source: "redis", verified: true },
} as const;

const COUNTS = { ...NO_TRADES, lossDay: 12_500_000_000_000n, lossesDay: 1 };

const OPEN: Omit<Decision, "user" | "symbol"> = {
  ...HOLD,
  action: "open",
  reasons: ["swing is the slowest mode that confidence 71.67 opens"],
  entry: {
    mode: "swing",
    side: "short",
    confidence: 71.67,
    sizeUsd: "416.68",
    leverage: "5",
    price: "100",
    stop: "102.5",
    targets: [{ price: "97.5", percent: 50 }, { price: "95", percent: 50 }],
    basis: "percent",
  },
  modes: [
    {
      mode: "position",
      outcome: "passed_over",
      reasons: ["it is not enabled"],
    },
    {
      mode: "swing",
      outcome: "chosen",
      reasons: [],
      breaker: "half_open",
      counts: { ...COUNTS, lastLossAt: AT },
      exposure: { positions: 1, inUse: 2_000_000_000_000n },
    },
    { mode: "scalp", outcome: "not_needed", reasons: [] },
  ],
  breaker: { state: "closed", counts: COUNTS },
  outlook: {
    date: parseTradingDate("2026-01-02"),
    bars: "0123456789abcdef",
    price: 100,
    atrPercent: undefined,
    prediction: NaN,
    recent: [1, 2, 3],
    model: { strategy: "alpha_baseline", version: "v1" },
  },
  history: { epoch: "e", position: 9 },
};

function createAsked(answer: Omit<Decision, "user" | "symbol"> = HOLD) {
  const asked: string[] = [];
  const autopilot = {
    async decide(user: UserId, symbol: TradingSymbol) {
      asked.push(`${user} ${symbol}`);
      if (symbol !== "SYNA") {
        throw new PortError("not_found", `Cannot read bars of ${symbol}`);
      }
      return { ...answer, user, symbol };
    },
  };
  const options: HarnessOptions = { services: { autopilot } };
  return { ...createHarness(options), asked };
}

Deno.test("a decision to hold says why, and what it does not know", async () => {
  const { send, asked } = createAsked();
  const { status, json } = await send("GET", `${PATH}?symbol=syna`, {
    headers: { "X-User-Id": "42" },
  });
  equal(status, 200);
  deepEqual(asked, ["42 SYNA"]);
  deepEqual(json, {
    user: "42",
    symbol: "SYNA",
    decided_at: "2026-01-02T12:00:00.000Z",
    action: "hold",
    reasons: ["the trade history is being read"],
    entry: null,
    modes: [],
    breaker: null,
    market: null,
    settings: {
      versions: { "mode:swing": 7 },
      source: "redis",
      verified: true,
    },
    history: null,
  });
});

Deno.test("a decision to open is answered with all that it follows from", async () => {
  const { send } = createAsked(OPEN);
  const { json } = await send("GET", `${PATH}?symbol=SYNA`);
  deepEqual(json.entry, {
    mode: "swing",
    side: "short",
    confidence: 71.67,
    size_usd: "416.68",
    leverage: "5",
    price: "100",
    stop: "102.5",
    targets: [{ price: "97.5", percent: 50 }, { price: "95", percent: 50 }],
    basis: "percent",
  });
  deepEqual(json.modes[0], {
    mode: "position",
    outcome: "passed_over",
    reasons: ["it is not enabled"],
    breaker: null,
    counts: null,
    open_positions: null,
    in_use_usd: null,
  });
  const { counts, ...swing } = json.modes[1];
  deepEqual(swing, {
    mode: "swing",
    outcome: "chosen",
    reasons: [],
    breaker: "half_open",
    open_positions: 1,
    in_use_usd: "2",
  });
  deepEqual(counts, {
    loss_hour_usd: "0",
    loss_day_usd: "12.5",
    trades_minute: 0,
    trades_hour: 0,
    trades_day: 0,
    wins_day: 0,
    losses_day: 1,
    consecutive_losses: 0,
    last_loss_at: "2026-01-02T12:00:00.000Z",
  });
  equal(json.breaker.counts.last_loss_at, null);
  deepEqual(json.market, {
    bar_date: "2026-01-02",
    bars: "0123456789abcdef",
    price: 100,
    atr_percent: null,
    prediction: null,
    recent_predictions: 3,
    strategy: "alpha_baseline",
    model_version: "v1",
  });
  deepEqual(json.history, { epoch: "e", position: 9 });
});

Deno.test("a symbol that nobody has heard of is 404, one that cannot be 400", async () => {
  const { send } = createAsked();
  equal((await send("GET", `${PATH}?symbol=NOPE`)).status, 404);
  for (const query of ["", "?symbol=", "?symbol=a/b", "?symbol=SYNA&x=1"]) {
    const { status, json } = await send("GET", PATH + query);
    equal(status, 400, query);
    match(json.errors[0].path, /^query/);
  }
});

Deno.test("only who administers asks for others", async () => {
  const { send, asked } = createAsked();
  const path = `${PATH}?symbol=SYNA&user=7`;
  const headers = { "X-User-Id": "42" };
  equal((await send("GET", path, { headers })).status, 403);
  deepEqual(asked, []);
  equal((await send("GET", path)).status, 200);
  deepEqual(asked, ["7 SYNA"]);
});
