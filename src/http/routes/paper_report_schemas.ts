/**
 * The report of a paper run on the wire.
 *
 * @module
 */
import { z } from "zod";
import { LOTS, ORDER_STATUSES } from "../../../domain/order/order.ts";
import { SKIP_REASONS } from "../../../domain/rebalance/moves.ts";
import { Instant } from "../schemas.ts";

const Money = z.string().meta({
  description: "USD, a decimal.",
  example: "1250.5",
});

const Share = z.number().meta({ description: "A share; 1 is the whole." });

const Parameters = z.looseObject({
  symbols: z.array(z.string()).readonly(),
  from: z.iso.date(),
  to: z.iso.date(),
  capital: Money,
  max_position_size: Money,
  lots: z.enum(LOTS),
  top_n: z.int(),
  bottom_n: z.int(),
  strategy_id: z.string(),
  model_version: z.string(),
  bars: z.record(z.string(), z.string()).readonly().meta({
    description: "By symbol, the fingerprint of the bars.",
  }),
}).meta({
  description: "What was run, the options of the venue included.",
});

const SymbolResult = z.object({
  realized_pnl: Money.meta({
    description: "What closed parts have earned, less all commission.",
  }),
  unrealized_pnl: Money.meta({
    description: "What closing the rest at the last close would earn.",
  }),
  commission: Money,
  qty: z.string().meta({ description: "Units; below 0 when short." }),
  avg_entry_price: Money,
  current_price: Money,
  status: z.enum(["open", "closed"]),
  num_trades: z.int().meta({ description: "Days on which it was traded." }),
});

const Results = z.object({
  realized_pnl: Money,
  unrealized_pnl: Money,
  total_pnl: Money,
  commission: Money,
  total_return: Share.meta({ description: "Of the capital." }),
  max_drawdown: Money,
  max_drawdown_share: Share.meta({ description: "Of the highest equity." }),
  volatility: z.number().nullable().meta({ description: "A year." }),
  sharpe: z.number().nullable().meta({ description: "A year." }),
  traded_value: Money,
  turnover: z.number().nullable().meta({
    description: "The traded value over the mean equity.",
  }),
  annual_turnover: z.number().nullable(),
  num_closing_trades: z.int().meta({
    description: "Trades that brought a position nearer to 0 or through it.",
  }),
  hit_rate: z.number().nullable().meta({
    description: "The share of these that earned more than their commission.",
  }),
  num_days: z.int(),
  num_orders: z.int(),
  num_trades: z.int(),
  orders_by_status: z.partialRecord(z.enum(ORDER_STATUSES), z.int()),
  num_open_positions: z.int(),
  num_closed_positions: z.int(),
  total_positions: z.int(),
  per_symbol: z.record(z.string(), SymbolResult),
  equity_curve: z.array(z.object({
    date: z.iso.date(),
    equity: Money,
    drawdown: Money,
    drawdown_share: Share.meta({ description: "Of the highest so far." }),
  })).meta({ description: "At each close." }),
});

/** What came of a run. */
export const Report = z.object({
  timestamp: Instant.meta({ description: "The close of the last day." }),
  run_id: z.string().meta({
    description: "Follows from the parameters: the same run has the same.",
  }),
  status: z.enum(["completed", "partial"]),
  parameters: Parameters,
  results: Results,
  gaps: z.array(z.object({
    symbol: z.string().nullable().meta({ description: "`null`: all of them." }),
    reason: z.string(),
    from: z.iso.date(),
    to: z.iso.date(),
    days: z.int(),
  })).meta({ description: "Days on which something was missing." }),
  skips: z.partialRecord(z.enum(SKIP_REASONS), z.int()).meta({
    description: "How often a symbol got no order, by reason.",
  }),
}).meta({ id: "PaperRunReport" });

/** A run of two days. */
export const REPORT_EXAMPLE: z.output<typeof Report> = {
  timestamp: "2024-06-04T21:00:00.000Z",
  run_id: "paper-08e39d3c79f6b006",
  status: "completed",
  parameters: {
    symbols: ["SYNA"],
    from: "2024-06-03",
    to: "2024-06-04",
    capital: "100000",
    max_position_size: "20000",
    lots: "whole",
    top_n: 1,
    bottom_n: 0,
    strategy_id: "alpha_baseline",
    model_version: "9f2c41d07b3e",
    slippage_bps: "5",
    commission_bps: "1",
    seed: "7",
    bars: { SYNA: "5c1f0e77a2b94d36" },
  },
  results: {
    realized_pnl: "-1.99",
    unrealized_pnl: "106",
    total_pnl: "104.01",
    commission: "1.99",
    total_return: 0.00104,
    max_drawdown: "0",
    max_drawdown_share: 0,
    volatility: null,
    sharpe: null,
    traded_value: "19900",
    turnover: 0.1989,
    annual_turnover: 25.06,
    num_closing_trades: 0,
    hit_rate: null,
    num_days: 2,
    num_orders: 1,
    num_trades: 1,
    orders_by_status: { filled: 1 },
    num_open_positions: 1,
    num_closed_positions: 0,
    total_positions: 1,
    per_symbol: {
      SYNA: {
        realized_pnl: "-1.99",
        unrealized_pnl: "106",
        commission: "1.99",
        qty: "106",
        avg_entry_price: "187.73",
        current_price: "188.73",
        status: "open",
        num_trades: 1,
      },
    },
    equity_curve: [
      {
        date: "2024-06-03",
        equity: "100000",
        drawdown: "0",
        drawdown_share: 0,
      },
      {
        date: "2024-06-04",
        equity: "100104.01",
        drawdown: "0",
        drawdown_share: 0,
      },
    ],
  },
  gaps: [],
  skips: {},
};
