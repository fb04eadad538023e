/**
 * Paper runs on the wire.
 *
 * @module
 */
import { z } from "zod";
import { LOTS } from "../../../domain/order/order.ts";
import type { AskedPaperRun, PaperRunWish } from "../../apps/paper_runs.ts";
import { PAPER_RUN_STATUSES } from "../../apps/paper_runs/kept.ts";
import {
  MAX_PAPER_SYMBOLS,
  MAX_SYMBOL_DAYS,
} from "../../apps/paper_runs/request.ts";
import { DateInput, Instant, instantOf, SymbolsInput } from "../schemas.ts";
import { Money } from "./orchestration_schemas.ts";
import { Report, REPORT_EXAMPLE } from "./paper_report_schemas.ts";

const share = (what: string) =>
  z.number().min(0).max(1).optional().meta({
    description: `Share of ${what}, 0 to 1.`,
  });

/** What the venue is told, by the names of its options. */
const VENUE = {
  slippage_bps: z.number().min(0).max(1000).optional().meta({
    description: "Fills are worse by so many 1/10000; 0 when absent.",
  }),
  commission_bps: z.number().min(0).max(1000).optional().meta({
    description: "Commission in 1/10000; 0 when absent.",
  }),
  commission_fixed: z.number().min(0).max(1_000_000).optional().meta({
    description: "Commission of an order in USD; 0 when absent.",
  }),
  partial: share("orders that are filled in several parts"),
  reject: share("orders that the venue rejects"),
  lost_request: share("calls that time out, not taken"),
  lost_answer: share("calls that time out, and were taken"),
  late: share("orders that time out and arrive later"),
  unavailable: share("calls that are turned away"),
  nonsense: share("answers that contradict the order"),
  seed: z.int().min(0).max(0xffff_ffff).optional().meta({
    description: "What all chance of the venue follows from; 1 when absent.",
  }),
};

/** A call has one of these at most. */
const FAULTS = [
  "lost_request",
  "lost_answer",
  "late",
  "unavailable",
  "nonsense",
] as const;

/** What is asked for. */
export const PaperRunBody = z.strictObject({
  symbols: SymbolsInput.max(MAX_PAPER_SYMBOLS).optional().meta({
    description: "All that have bars when absent.",
  }),
  from: DateInput.optional().meta({
    description: "First day; the oldest bar's when absent.",
  }),
  to: DateInput.optional().meta({
    description: "Last day; the newest bar's when absent.",
  }),
  capital: Money.optional().meta({
    description: "USD that weights are shares of; CAPITAL when absent.",
    example: "100000",
  }),
  max_position_size: Money.optional().meta({
    description:
      "USD that one position may be worth; MAX_POSITION_SIZE when absent.",
    example: "20000",
  }),
  lots: z.enum(LOTS).optional().meta({
    description: "Units that orders may be for; ORDER_LOTS when absent.",
  }),
  top_n: z.int().min(0).max(MAX_PAPER_SYMBOLS).optional().meta({
    description: "Symbols to be long; TOP_N, or as many as fit, when absent.",
  }),
  bottom_n: z.int().min(0).max(MAX_PAPER_SYMBOLS).optional().meta({
    description:
      "Symbols to be short; BOTTOM_N, or as many as fit, when absent.",
  }),
  ...VENUE,
}).superRefine((body, context) => {
  const { from, to } = body;
  if (from !== undefined && to !== undefined && from > to) {
    context.addIssue({
      code: "custom",
      path: ["from"],
      message: `must not be after to, ${to}: current value is ${from}`,
    });
  }
  const faults = FAULTS.reduce((sum, name) => sum + (body[name] ?? 0), 0);
  // Shares such as 0.1 and 0.9 may come to a little more than their sum.
  if (faults <= 1 + 1e-9) return;
  context.addIssue({
    code: "custom",
    path: [FAULTS.find((name) => body[name])!],
    message: `must come to at most 1 with ${
      FAULTS.join(", ")
    } together: current value is ${Number(faults.toFixed(9))}`,
  });
}).meta({
  id: "PaperRunRequest",
  description:
    `${MAX_PAPER_SYMBOLS} symbols at most, and symbols times days at most ${MAX_SYMBOL_DAYS}; \`holdfast paper-run\` takes more.`,
  example: {
    symbols: ["SYNA", "SYNB", "SYNC"],
    from: "2024-06-03",
    to: "2024-12-31",
    slippage_bps: 5,
    commission_bps: 1,
    seed: 7,
  },
});

const SUMMARY = {
  id: z.string(),
  user: z.string().meta({ description: "Who has asked for it." }),
  status: z.enum(PAPER_RUN_STATUSES).meta({
    description: "`partial`: done, but an order was not filled whole or a " +
      "symbol sat out on some day.",
  }),
  symbols: z.array(z.string()),
  from: z.iso.date().meta({ description: "The first day that is traded." }),
  to: z.iso.date().meta({ description: "The last one." }),
  days: z.int().meta({ description: "How many days that is." }),
  days_done: z.int().meta({ description: "How many of them are done." }),
  started_at: Instant,
  ended_at: Instant.nullable(),
  error_message: z.string().nullable().meta({ description: "Why it failed." }),
};

/** A run without its report. */
const Summary = z.object(SUMMARY).meta({ id: "PaperRunSummary" });

const SUMMARY_EXAMPLE: z.output<typeof Summary> = {
  id: "0199c3f2-5b10-7a4e-8d21-6f0e9a7b3c55",
  user: "default",
  status: "completed",
  symbols: ["SYNA", "SYNB", "SYNC"],
  from: "2024-06-03",
  to: "2024-06-04",
  days: 2,
  days_done: 2,
  started_at: "2026-01-05T09:30:00.000Z",
  ended_at: "2026-01-05T09:30:01.900Z",
  error_message: null,
};

/** Runs without their reports. */
export const PaperRunList = z.object({
  runs: z.array(Summary).meta({ description: "The newest first." }),
}).meta({ id: "PaperRuns", example: { runs: [SUMMARY_EXAMPLE] } });

/** A run. */
export const PaperRun = z.object({
  ...SUMMARY,
  report: Report.nullable().meta({
    description:
      "What came of it, as `holdfast paper-run --json` writes it, but without the orders; `null` until then.",
  }),
}).meta({
  id: "PaperRun",
  example: { ...SUMMARY_EXAMPLE, report: REPORT_EXAMPLE },
});

/** What `body` wishes. */
export function wishOf(body: z.output<typeof PaperRunBody>): PaperRunWish {
  const { symbols, from, to, capital, lots } = body;
  const names = Object.keys(VENUE) as (keyof typeof VENUE)[];
  return {
    symbols,
    from,
    to,
    capital,
    maxPositionSize: body.max_position_size,
    lots,
    topN: body.top_n,
    bottomN: body.bottom_n,
    venue: Object.fromEntries(names.flatMap((name) => {
      const value = body[name];
      return value === undefined ? [] : [[name, textOf(value)]];
    })),
  };
}

/** A number without an exponent. */
function textOf(value: number): string {
  const text = String(value);
  return text.includes("e") ? value.toFixed(12) : text;
}

/** `run` without its report. */
export function summaryOf(run: AskedPaperRun): z.output<typeof Summary> {
  return {
    id: run.id,
    user: run.user,
    status: run.status,
    symbols: [...run.symbols],
    from: run.from,
    to: run.to,
    days: run.days,
    days_done: run.daysDone,
    started_at: instantOf(run.startedAt),
    ended_at: run.endedAt === undefined ? null : instantOf(run.endedAt),
    error_message: run.fault ?? null,
  };
}

/** `run` as it is answered. */
export function bodyOf(run: AskedPaperRun): z.output<typeof PaperRun> {
  return { ...summaryOf(run), report: run.report ?? null };
}
