/**
 * How decisions of the autopilot are answered.
 *
 * @module
 */
import { z } from "zod";
import { formatDecimal } from "../../../domain/decimal.ts";
import type {
  Decision,
  ModeVerdict,
  Outlook,
} from "../../../domain/autopilot/decision.ts";
import type { Tally } from "../../../domain/autopilot/tally.ts";
import { USER_DOCUMENTS } from "../../../domain/settings.ts";
import { TRADING_MODES } from "../../../domain/settings/field.ts";
import { Instant, instantOf } from "../schemas.ts";

const Usd = z.string().meta({ description: "USD, a decimal." });
const Price = z.string().meta({ description: "A price, a decimal." });
const State = z.enum(["closed", "half_open", "open"]).meta({
  description: "`open` lets no trade pass, `half_open` one.",
});

const Counts = z.object({
  loss_hour_usd: Usd,
  loss_day_usd: Usd,
  trades_minute: z.int(),
  trades_hour: z.int(),
  trades_day: z.int(),
  wins_day: z.int(),
  losses_day: z.int(),
  consecutive_losses: z.int(),
  last_loss_at: Instant.nullable(),
}).meta({
  id: "TradeCounts",
  description:
    "Losses of the last 60 minutes and of the user's calendar day, trades of the last 60 seconds, the last 60 minutes and the day.",
});

const Mode = z.object({
  mode: z.enum(TRADING_MODES),
  outcome: z.enum(["chosen", "passed_over", "not_needed"]).meta({
    description: "`not_needed` when a slower mode was chosen.",
  }),
  reasons: z.array(z.string()).meta({
    description: "Why it was passed over.",
  }),
  breaker: State.nullable(),
  counts: Counts.nullable(),
  open_positions: z.int().nullable(),
  in_use_usd: Usd.nullable(),
});

const Entry = z.object({
  mode: z.enum(TRADING_MODES),
  side: z.enum(["long", "short"]),
  confidence: z.number().meta({
    description:
      "100 × the percentile of the prediction among its recent ones.",
  }),
  size_usd: Usd,
  leverage: z.string(),
  price: Price,
  stop: Price,
  targets: z.array(z.object({
    price: Price,
    percent: z.number().meta({ description: "Share of the position." }),
  })),
  basis: z.enum(["percent", "roi", "atr"]).meta({
    description: "What the distances of the exits come from.",
  }),
});

const MarketView = z.object({
  bar_date: z.iso.date(),
  bars: z.string().meta({ description: "Fingerprint of the bars." }),
  price: z.number(),
  atr_percent: z.number().nullable(),
  prediction: z.number().nullable(),
  recent_predictions: z.int().meta({
    description: "How many predictions it was compared with.",
  }),
  strategy: z.string(),
  model_version: z.string(),
});

const COUNTS = {
  loss_hour_usd: "12.5",
  loss_day_usd: "12.5",
  trades_minute: 0,
  trades_hour: 2,
  trades_day: 3,
  wins_day: 1,
  losses_day: 1,
  consecutive_losses: 1,
  last_loss_at: "2025-06-30T19:12:00.000Z",
} as const;

/** A decision. */
export const DecisionBody = z.object({
  user: z.string(),
  symbol: z.string(),
  decided_at: Instant,
  action: z.enum(["open", "hold"]).meta({
    description: "`hold` opens nothing.",
  }),
  reasons: z.array(z.string()).meta({ description: "Why." }),
  entry: Entry.nullable().meta({
    description: "The position to be opened; `null` with `hold`.",
  }),
  modes: z.array(Mode).meta({
    description:
      "The modes from the slowest on; empty where none was looked at.",
  }),
  breaker: z.object({ state: State, counts: Counts }).nullable().meta({
    description: "The circuit breaker of all modes together.",
  }),
  market: MarketView.nullable(),
  settings: z.object({
    versions: z.record(z.string(), z.int()).meta({
      description: "Version of each document that was used.",
    }),
    source: z.string(),
    verified: z.boolean(),
  }),
  history: z.object({
    epoch: z.string(),
    position: z.int().meta({
      description: "Trades up to this position of the log were counted.",
    }),
  }).nullable().meta({ description: "`null` while trades are being read." }),
}).meta({
  id: "AutopilotDecision",
  description: "A decision with all that it follows from.",
  example: {
    user: "default",
    symbol: "SYNA",
    decided_at: "2025-06-30T20:00:00.000Z",
    action: "open",
    reasons: ["swing is the slowest mode that confidence 71.67 opens"],
    entry: {
      mode: "swing",
      side: "long",
      confidence: 71.67,
      size_usd: "416.68",
      leverage: "5",
      price: "100",
      stop: "97.5",
      targets: [
        { price: "102.5", percent: 50 },
        { price: "105", percent: 50 },
      ],
      basis: "percent",
    },
    modes: [
      {
        mode: "position",
        outcome: "passed_over",
        reasons: ["confidence 71.67 is below its least, 75"],
        breaker: "closed",
        counts: COUNTS,
        open_positions: 0,
        in_use_usd: "0",
      },
      {
        mode: "swing",
        outcome: "chosen",
        reasons: [],
        breaker: "closed",
        counts: COUNTS,
        open_positions: 0,
        in_use_usd: "0",
      },
    ],
    breaker: { state: "closed", counts: COUNTS },
    market: {
      bar_date: "2025-06-30",
      bars: "7c1f09a2d3e4b568",
      price: 100,
      atr_percent: 1.8,
      prediction: 0.0031,
      recent_predictions: 120,
      strategy: "alpha_baseline",
      model_version: "9f2c41d07b3e",
    },
    settings: {
      versions: Object.fromEntries(
        USER_DOCUMENTS.map((name, i) => [name, i + 1]),
      ),
      source: "redis",
      verified: true,
    },
    history: { epoch: "019b7e5d-0000-7000-8000-000000000000", position: 1207 },
  },
});

/** Prints a decision. */
export function bodyOf(decision: Decision): z.output<typeof DecisionBody> {
  const { entry, breaker, outlook, settings, history } = decision;
  return {
    user: decision.user,
    symbol: decision.symbol,
    decided_at: instantOf(decision.at),
    action: decision.action,
    reasons: [...decision.reasons],
    entry: entry
      ? {
        mode: entry.mode,
        side: entry.side,
        confidence: entry.confidence,
        size_usd: entry.sizeUsd,
        leverage: entry.leverage,
        price: entry.price,
        stop: entry.stop,
        targets: entry.targets.map((target) => ({ ...target })),
        basis: entry.basis,
      }
      : null,
    modes: decision.modes.map(modeOf),
    breaker: breaker
      ? { state: breaker.state, counts: countsOf(breaker.counts) }
      : null,
    market: outlook ? marketOf(outlook) : null,
    settings: {
      versions: { ...settings.versions },
      source: settings.source,
      verified: settings.verified,
    },
    history: history ? { ...history } : null,
  };
}

function modeOf(seen: ModeVerdict): z.output<typeof Mode> {
  const { mode, outcome, reasons, breaker, counts, exposure } = seen;
  return {
    mode,
    outcome,
    reasons: [...reasons],
    breaker: breaker ?? null,
    counts: counts ? countsOf(counts) : null,
    open_positions: exposure ? exposure.positions : null,
    in_use_usd: exposure ? formatDecimal(exposure.inUse) : null,
  };
}

function marketOf(outlook: Outlook): z.output<typeof MarketView> {
  return {
    bar_date: outlook.date,
    bars: outlook.bars,
    price: outlook.price,
    atr_percent: outlook.atrPercent ?? null,
    prediction: Number.isFinite(outlook.prediction) ? outlook.prediction : null,
    recent_predictions: outlook.recent.length,
    strategy: outlook.model.strategy,
    model_version: outlook.model.version,
  };
}

function countsOf(tally: Tally): z.output<typeof Counts> {
  return {
    loss_hour_usd: formatDecimal(tally.lossHour),
    loss_day_usd: formatDecimal(tally.lossDay),
    trades_minute: tally.tradesMinute,
    trades_hour: tally.tradesHour,
    trades_day: tally.tradesDay,
    wins_day: tally.winsDay,
    losses_day: tally.lossesDay,
    consecutive_losses: tally.losingStreak,
    last_loss_at: tally.lastLossAt === undefined
      ? null
      : instantOf(tally.lastLossAt),
  };
}
