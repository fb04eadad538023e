/**
 * How sure, how large, and where it ends.
 *
 * @module
 */
import { convictionOf, MIN_RECENT } from "../../domain/autopilot/confidence.ts";
import { formatDecimal, parseDecimal } from "../../domain/decimal.ts";
import { atrPercentOf, exitsOf } from "../../domain/autopilot/exits.ts";
import {
  readCapital,
  readMode,
  readTrading,
} from "../../domain/autopilot/settings.ts";
import { sizeOf } from "../../domain/autopilot/size.ts";
import type { JsonObject } from "../../domain/json_value.ts";
import type { TradingMode } from "../../domain/settings/field.ts";
import { withValue } from "../../domain/settings/catalogue.ts";
import { barsOf } from "../support/alpha158_bars.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { defaultDocuments } from "../support/autopilot_world.ts";

const DEFAULTS = defaultDocuments();
const usd = (amount: number | string) => parseDecimal(amount)!;

/** A default document with some values in place of others. */
function edited(
  document: JsonObject,
  changes: Readonly<Record<string, unknown>>,
): JsonObject {
  return Object.entries(changes).reduce(
    (whole, [path, value]) => withValue(whole, path.split("."), value),
    document,
  );
}

Deno.test("confidence: the share of the recent predictions that it beats", () => {
  const recent = Array.from({ length: 100 }, (_, i) => (i - 50) / 100);
  const of = (prediction: number) => convictionOf(prediction, recent);
  deepEqual(of(1), { side: "long", confidence: 100 });
  deepEqual(of(0.101), { side: "long", confidence: 61 });
  deepEqual(of(0.1), { side: "long", confidence: 60.5 });
  deepEqual(of(-1), { side: "short", confidence: 100 });
  deepEqual(of(-0.401), { side: "short", confidence: 90 });
  deepEqual(of(-0.4), { side: "short", confidence: 89.5 });
});

Deno.test("confidence: a model that always says the same is not sure", () => {
  const recent = Array.from({ length: 120 }, () => 0.5);
  deepEqual(convictionOf(0.5, recent), { side: "long", confidence: 50 });
});

Deno.test("confidence: without direction or comparison there is none", () => {
  const recent = Array.from({ length: MIN_RECENT }, (_, i) => i);
  equal(convictionOf(NaN, recent), "the model gives no number");
  equal(convictionOf(Infinity, recent), "the model gives no number");
  equal(convictionOf(0, recent), "the model predicts no movement");
  equal(
    convictionOf(1, [...recent.slice(1), NaN]),
    "there are 19 recent predictions to compare with: at least 20 are needed",
  );
  equal(typeof convictionOf(1, recent), "object");
});

/** The size in `mode` of Ada, whose settings are the defaults but for `changes`. */
function size(
  mode: TradingMode,
  confidence: number,
  changes: {
    mode?: Record<string, unknown>;
    capital?: Record<string, unknown>;
    trading?: Record<string, unknown>;
    inUse?: number;
  } = {},
): string {
  const found = sizeOf({
    confidence,
    mode: readMode(
      mode,
      edited(DEFAULTS[`mode:${mode}`], changes.mode ?? {}),
    ),
    capital: readCapital(
      edited(DEFAULTS.capital_allocation, changes.capital ?? {}),
    )[mode],
    trading: readTrading(
      edited(DEFAULTS["settings:all"], changes.trading ?? {}),
    ),
    inUse: usd(changes.inUse ?? 0),
  });
  return typeof found === "string" ? found : formatDecimal(found);
}

const AMPLE = { "trading.global_trading.max_usd_allocation": 100_000 };

Deno.test("size: the usual one times confidence times risk", () => {
  // 500 × (1 + (2 − 1) × 0) × 0.7, and so on.
  const trading = AMPLE;
  equal(size("swing", 65, { trading }), "350");
  equal(
    size("swing", 82.5, { trading, mode: { "size.base_size_usd": 200 } }),
    "210",
  );
  equal(
    size("swing", 100, { trading, mode: { "size.base_size_usd": 200 } }),
    "280",
  );
  const bold = { ...AMPLE, "trading.global_trading.risk_level": "aggressive" };
  equal(size("swing", 65, { trading: bold }), "450");
  const shy = { ...AMPLE, "trading.global_trading.risk_level": "conservative" };
  equal(size("swing", 65, { trading: shy }), "250");
});

Deno.test("size: never more than the caps of mode and allocation", () => {
  const trading = AMPLE;
  equal(size("swing", 100, { trading }), "500");
  const mode = { "size.base_size_usd": 900, "size.max_size_usd": 120 };
  equal(size("swing", 100, { trading, mode }), "120");
  const capital = { max_swing_usd_per_position: 90 };
  equal(size("swing", 100, { trading, mode, capital }), "90");
});

Deno.test("size: never more than the safe part of what is free", () => {
  // 35 % of 2500 are 875.
  equal(size("swing", 100, { inUse: 775 }), "90");
  equal(
    size("swing", 100, { inUse: 775, mode: { "size.safety_margin": 0.333 } }),
    "33.3",
  );
  equal(size("swing", 100, { inUse: 774.567 }), "90.38");
  const capital = { swing_percent: 4 };
  equal(size("swing", 100, { capital }), "90");
});

Deno.test("size: what is too small is not opened", () => {
  equal(
    size("swing", 100, { inUse: 826 }),
    "49 USD of its 875 USD are left: at least 50 USD are needed",
  );
  equal(
    size("swing", 100, { inUse: 900, mode: { "size.min_balance_usd": 0 } }),
    "0 USD of its 875 USD are left: at least 0 USD are needed",
  );
  equal(
    size("swing", 65, { mode: { "size.min_position_size_usd": 350.01 } }),
    "a position would have 350 USD: at least 350.01 USD are needed",
  );
  equal(
    size("swing", 65, { mode: { "size.min_position_size_usd": 350 } }),
    "350",
  );
  equal(
    size("swing", 65, {
      mode: { "size.min_position_size_usd": 0, "size.size_multiplier_lo": 0 },
    }),
    "a position would have 0 USD: at least 0 USD are needed",
  );
});

/** The exits from 200 on, of a mode with some settings changed. */
function exits(
  mode: TradingMode,
  side: "long" | "short",
  changes: Record<string, unknown> = {},
  atrPercent: number | undefined = 2,
): string {
  const sltp = Object.fromEntries(
    Object.entries(changes).map(([name, value]) => [`sltp.${name}`, value]),
  );
  const { exits, leverage } = readMode(
    mode,
    edited(DEFAULTS[`mode:${mode}`], sltp),
  );
  const found = exitsOf(exits, { side, price: usd(200), leverage, atrPercent });
  if (typeof found === "string") return found;
  const targets = found.targets.map(({ price, percent }) =>
    `${price}:${percent}`
  );
  return `${found.basis} ${found.stop} ${targets.join(" ")}`;
}

Deno.test("exits: percent of the price, at once or in steps, both sides", () => {
  equal(exits("scalp", "long"), "percent 197 206:100");
  equal(exits("scalp", "short"), "percent 203 194:100");
  equal(exits("swing", "long"), "percent 195 205:50 210:50");
  equal(exits("position", "short"), "percent 207 196:40 192:30 188:20 184:10");
  const named = { tp_gain_levels: [1, 2.5, 40, 50] };
  equal(exits("swing", "long", named), "percent 195 202:50 205:50");
  equal(
    exits("swing", "long", { tp_gain_levels: [1] }),
    "percent 195 205:50 210:50",
  );
});

Deno.test("exits: gain and loss on the margin, through the leverage", () => {
  // −12 % and 20 % of the margin, five times.
  const roi = { use_roi_based_sltp: true };
  equal(exits("swing", "long", roi), "roi 195.2 204:50 208:50");
  equal(exits("scalp", "short", roi), "roi 202 196.25:100");
});

Deno.test("exits: average true ranges, within their bounds", () => {
  const atr = { atr_sl_multiplier: 1.5, atr_tp_multiplier: 3 };
  equal(exits("swing", "long", atr), "atr 194 206:50 212:50");
  equal(exits("scalp", "short", atr), "atr 206 188:100");
  equal(exits("scalp", "long", { ...atr, atr_sl_max: 1 }), "atr 198 212:100");
  equal(exits("scalp", "long", { ...atr, atr_sl_min: 5 }), "atr 190 212:100");
  equal(exits("scalp", "long", { ...atr, atr_tp_max: 4 }), "atr 194 208:100");
  equal(exits("scalp", "long", { ...atr, atr_tp_min: 9 }), "atr 194 218:100");
  const only = { atr_sl_multiplier: 1 };
  equal(exits("scalp", "long", only), "atr 196 206:100");
  const { exits: settings, leverage } = readMode(
    "scalp",
    edited(DEFAULTS["mode:scalp"], { "sltp.atr_sl_multiplier": 1 }),
  );
  equal(
    exitsOf(settings, {
      side: "long",
      price: usd(200),
      leverage,
      atrPercent: undefined,
    }),
    "the bars give no average true range for the exits",
  );
});

Deno.test("exits: a position without a stop or a target is not opened", () => {
  equal(
    exits("scalp", "long", { stop_loss_percent: 0 }),
    "no stop loss is set",
  );
  equal(exits("swing", "long", { tp_allocation: [] }), "no take profit is set");
  equal(
    exits("scalp", "long", { single_tp_percent: 0 }),
    "a take profit would earn nothing",
  );
  const nearer = "every take profit is nearer than the stop loss";
  equal(exits("scalp", "long", { single_tp_percent: 1.49 }), nearer);
  equal(exits("swing", "short", { tp_gain_levels: [1, 2.4, 3, 4] }), nearer);
  const roi = { use_roi_based_sltp: true, roi_take_profit_percent: 1000 };
  const whole = edited(DEFAULTS["mode:scalp"], {
    "size.leverage": 0,
    "sltp.use_roi_based_sltp": true,
  });
  const mode = readMode("scalp", whole);
  equal(
    exitsOf(mode.exits, {
      side: "long",
      price: usd(200),
      leverage: mode.leverage,
      atrPercent: 2,
    }),
    "exits on margin need a leverage",
  );
  equal(
    exits("scalp", "short", roi),
    "an exit would lie at a price of 0 or below",
  );
  equal(
    exits("scalp", "long", { stop_loss_percent: 1e-11 }),
    "the stop loss is too near to tell it from the entry",
  );
});

Deno.test("exits: the true range spans the close before, over 14 bars", () => {
  const close = Array.from({ length: 20 }, () => 100);
  const high = close.map((one) => one + 1);
  const low = close.map((one) => one - 1);
  equal(atrPercentOf(barsOf({ close, high, low })), 2);
  // A gap up by 10 within the last 14 bars; one before them is no matter.
  const gap = close.map((one, i) => i >= 15 ? one + 10 : one);
  const bars = barsOf({
    close: gap,
    high: gap.map((one) => one + 1),
    low: gap.map((one) => one - 1),
  });
  equal(atrPercentOf(bars), 100 * (13 * 2 + 11) / 14 / 110);
  const old = high.map((one, i) => i < 6 ? one + 50 : one);
  equal(atrPercentOf(barsOf({ close, high: old, low })), 2);
  equal(atrPercentOf(barsOf({ close: [100], high: [103], low: [99] })), 4);
  equal(
    atrPercentOf(barsOf({ close: [100], high: [NaN], low: [99] })),
    undefined,
  );
  equal(atrPercentOf(barsOf({ close })), undefined);
});
