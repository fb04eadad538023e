/**
 * Runs on the wire.
 *
 * @module
 */
import { z } from "zod";
import {
  type Decimal,
  formatDecimal,
  over,
  parseDecimal,
} from "../../../domain/decimal.ts";
import { ORDER_STATUSES, SIDES } from "../../../domain/order/order.ts";
import { LOTS } from "../../../domain/order/order.ts";
import { SKIP_REASONS } from "../../../domain/rebalance/moves.ts";
import {
  countOrders,
  faultOf,
  isTried,
  type Run as RunOfDomain,
  type RunLine,
  statusOf,
} from "../../../domain/rebalance/run.ts";
import {
  DateInput,
  Instant,
  instantOf,
  MAX_SYMBOLS,
  SymbolsInput,
} from "../schemas.ts";

/** Money above 0, in quotes or not. */
export const Money = z.union([z.string(), z.number()]).transform(
  (value, context): Decimal => {
    const money = parseDecimal(value);
    if (money !== undefined && money > 0n) return money;
    const current = JSON.stringify(value).slice(0, 64);
    context.addIssue(
      `must be a decimal above 0, such as "100000": current value is ${current}`,
    );
    return z.NEVER;
  },
);

/** What is asked for. */
export const RunRequestBody = z.strictObject({
  symbols: SymbolsInput,
  as_of_date: DateInput.optional().meta({
    description:
      "Close to look from; the newest that any of the symbols has when absent.",
  }),
  capital: Money.optional().meta({
    description:
      "USD that weights are shares of; CAPITAL when absent. A decimal, in quotes or not.",
    example: "100000",
  }),
  max_position_size: Money.optional().meta({
    description:
      "USD that one position may be worth; MAX_POSITION_SIZE when absent.",
    example: "20000",
  }),
  top_n: z.int().min(0).max(MAX_SYMBOLS).optional().meta({
    description: "Symbols to be long; TOP_N, or as many as fit, when absent.",
  }),
  bottom_n: z.int().min(0).max(MAX_SYMBOLS).optional().meta({
    description:
      "Symbols to be short; BOTTOM_N, or as many as fit, when absent.",
  }),
  dry_run: z.boolean().optional().meta({
    description: "Whether to tell only what would be done.",
  }),
}).meta({
  id: "OrchestrationRequest",
  example: {
    symbols: ["SYNA", "SYNB", "SYNC"],
    as_of_date: "2025-06-30",
    top_n: 1,
    bottom_n: 1,
  },
});

const DecimalText = z.string().meta({
  description: "A decimal.",
  example: "20000",
});

const Mapping = z.object({
  symbol: z.string(),
  predicted_return: z.number(),
  rank: z.int(),
  target_weight: z.number(),
  price: DecimalText.nullable().meta({
    description: "What a unit was taken to cost.",
  }),
  held_qty: DecimalText.meta({
    description:
      "Units held before that order, once what was open of the run before had been canceled.",
  }),
  target_qty: DecimalText.nullable().meta({
    description: "Units wanted; below 0 when short.",
  }),
  client_order_id: z.string().nullable(),
  order_qty: DecimalText.nullable(),
  order_side: z.enum(SIDES).nullable(),
  broker_order_id: z.string().nullable(),
  order_status: z.enum(ORDER_STATUSES).nullable().meta({
    description: "`null` where there is no order, or it has not been sent.",
  }),
  filled_qty: DecimalText.nullable(),
  filled_avg_price: DecimalText.nullable(),
  skip_reason: z.enum(SKIP_REASONS).nullable().meta({
    description: "Why there is no order.",
  }),
  message: z.string().nullable().meta({
    description: "Why the order was denied, rejected, canceled or has failed.",
  }),
});

const MAPPING_EXAMPLE: z.output<typeof Mapping> = {
  symbol: "SYNB",
  predicted_return: 0.0245,
  rank: 1,
  target_weight: 1,
  price: "87.25",
  held_qty: "100",
  target_qty: "229",
  client_order_id: "R-5d1f0c6a29b84e7733a0c1f2",
  order_qty: "129",
  order_side: "buy",
  broker_order_id: "paper-1207",
  order_status: "filled",
  filled_qty: "129",
  filled_avg_price: "87.29",
  skip_reason: null,
  message: null,
};

const SUMMARY = {
  run_id: z.string(),
  status: z.enum(["running", "completed", "partial", "failed"]).meta({
    description: "`running`: not all orders have been sent; the same request " +
      "goes on. `partial`: some were refused, or some prices not known. " +
      "`failed`: none went through.",
  }),
  strategy_id: z.string(),
  as_of_date: z.iso.date(),
  dry_run: z.boolean().meta({
    description:
      "Whether nothing was sent: it was asked to tell only, or the gateway runs with DRY_RUN.",
  }),
  symbols: z.array(z.string()),
  capital: DecimalText,
  max_position_size: DecimalText,
  num_signals: z.int(),
  signal_metadata: z.object({
    model_version: z.string(),
    top_n: z.int(),
    bottom_n: z.int(),
    lots: z.enum(LOTS),
  }),
  num_orders_submitted: z.int().meta({
    description: "Orders that the gateway was given.",
  }),
  num_orders_accepted: z.int().meta({
    description: "Those not refused: under way, in doubt, or over.",
  }),
  num_orders_rejected: z.int().meta({
    description: "Those that the venue refused, or that never reached it.",
  }),
  num_orders_denied: z.int().meta({
    description: "Those that our own checks refused.",
  }),
  num_orders_filled: z.int(),
  started_at: Instant,
  completed_at: Instant.nullable(),
  duration_seconds: z.number().nullable(),
  error_message: z.string().nullable(),
};

/** A run without its mappings. */
export const RunSummary = z.object(SUMMARY).meta({
  id: "OrchestrationRunSummary",
});

const SUMMARY_EXAMPLE: z.output<typeof RunSummary> = {
  run_id: "7f1c2a9e-2f6b-8a53-9d0e-3b8f5a1c6d42",
  status: "completed",
  strategy_id: "alpha_baseline",
  as_of_date: "2025-06-30",
  dry_run: false,
  symbols: ["SYNB"],
  capital: "100000",
  max_position_size: "20000",
  num_signals: 1,
  signal_metadata: {
    model_version: "9f2c41d07b3e",
    top_n: 1,
    bottom_n: 0,
    lots: "whole",
  },
  num_orders_submitted: 1,
  num_orders_accepted: 1,
  num_orders_rejected: 0,
  num_orders_denied: 0,
  num_orders_filled: 1,
  started_at: "2025-06-30T20:00:00.000Z",
  completed_at: "2025-06-30T20:00:00.042Z",
  duration_seconds: 0.042,
  error_message: null,
};

/** Runs without their mappings. */
export const RunList = z.object({ runs: z.array(RunSummary) }).meta({
  id: "OrchestrationRuns",
  example: { runs: [SUMMARY_EXAMPLE] },
});

/** A run. */
export const Run = z.object({
  ...SUMMARY,
  mappings: z.array(Mapping).meta({
    description:
      "Highest signal first. A line a symbol; two where the side changes, of which the first closes what is held and the second opens.",
  }),
}).meta({
  id: "OrchestrationRun",
  example: { ...SUMMARY_EXAMPLE, mappings: [MAPPING_EXAMPLE] },
});

/** `run` without its mappings. */
export function summaryOf(run: RunOfDomain): z.output<typeof RunSummary> {
  const { terms, startedAt, completedAt } = run;
  const { submitted, accepted, rejected, denied, filled } = countOrders(run);
  const tookMs = completedAt === undefined
    ? undefined
    : Math.max(0, completedAt - startedAt);
  return {
    run_id: run.id,
    status: statusOf(run),
    strategy_id: run.strategyId,
    as_of_date: run.asOf,
    dry_run: isTried(run),
    symbols: [...terms.symbols],
    capital: formatDecimal(terms.capital),
    max_position_size: formatDecimal(terms.maxPositionSize),
    num_signals: new Set(run.lines.map(({ symbol }) => symbol)).size,
    signal_metadata: {
      model_version: run.modelVersion,
      top_n: terms.topN,
      bottom_n: terms.bottomN,
      lots: terms.lots,
    },
    num_orders_submitted: submitted,
    num_orders_accepted: accepted,
    num_orders_rejected: rejected,
    num_orders_denied: denied,
    num_orders_filled: filled,
    started_at: instantOf(startedAt),
    completed_at: completedAt === undefined ? null : instantOf(completedAt),
    duration_seconds: tookMs === undefined ? null : tookMs / 1000,
    error_message: faultOf(run) ?? null,
  };
}

/** `run` as it is answered. */
export function bodyOf(run: RunOfDomain): z.output<typeof Run> {
  return { ...summaryOf(run), mappings: run.lines.map(mappingOf) };
}

function mappingOf(line: RunLine): z.output<typeof Mapping> {
  const { order, outcome } = line;
  const { filledQty = 0n, filledValue = 0n } = outcome ?? {};
  return {
    symbol: line.symbol,
    predicted_return: line.predictedReturn,
    rank: line.rank,
    target_weight: line.targetWeight,
    price: textOf(line.price),
    held_qty: formatDecimal(line.held),
    target_qty: textOf(line.target),
    client_order_id: order?.id ?? null,
    order_qty: textOf(order?.qty),
    order_side: order?.side ?? null,
    broker_order_id: outcome?.brokerId ?? null,
    order_status: outcome?.status ?? null,
    filled_qty: textOf(outcome?.filledQty),
    filled_avg_price: filledQty > 0n
      ? formatDecimal(over(filledValue, filledQty))
      : null,
    skip_reason: line.skip ?? null,
    message: outcome?.reason ?? null,
  };
}

function textOf(value: Decimal | undefined): string | null {
  return value === undefined ? null : formatDecimal(value);
}
