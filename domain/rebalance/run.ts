/**
 * A run: from one set of signals to the orders that follow from it, and what
 * became of them.
 *
 * @module
 */
import { type Decimal, formatDecimal } from "../decimal.ts";
import type { NewEvent } from "../event/event.ts";
import type { Order, OrderStatus } from "../order/order.ts";
import type { TradingSymbol } from "../symbol.ts";
import type { TradingDate } from "../trading_date.ts";
import type { UserId } from "../user_id.ts";
import type { Limits, Move, Trade } from "./moves.ts";

/** What was asked for, with everything filled in that was left open. */
export interface RunTerms extends Limits {
  /** The symbols, each once. */
  readonly symbols: readonly TradingSymbol[];
  /** Symbols to be long. */
  readonly topN: number;
  /** Symbols to be short. */
  readonly bottomN: number;
}

/** What is known of an order. */
export interface Outcome {
  /** What has become of it. */
  readonly status: OrderStatus;
  /** What the venue calls it. */
  readonly brokerId?: string | undefined;
  /** Units filled. */
  readonly filledQty: Decimal;
  /** What these cost or brought. */
  readonly filledValue: Decimal;
  /** Why it was denied, rejected, canceled or has failed. */
  readonly reason?: string | undefined;
}

/** An order of a run. */
export interface RunOrder extends Trade {
  /** Its client order id. */
  readonly id: string;
}

/**
 * A step of a run: the signal of a symbol, what follows from it, what came of
 * that. Where the side changes a symbol has two: it is closed, then opened.
 */
export interface RunLine extends Omit<Move, "trade"> {
  /** As the signal has it. */
  readonly predictedReturn: number;
  /** As the signal has it. */
  readonly rank: number;
  /** As the signal has it. */
  readonly targetWeight: number;
  /** What a unit was taken to cost. */
  readonly price?: Decimal | undefined;
  /** The order, where there is to be one. */
  readonly order?: RunOrder | undefined;
  /** What came of it; absent before it was sent. */
  readonly outcome?: Outcome | undefined;
}

/** A run. */
export interface Run {
  /** Follows from user, strategy and date. */
  readonly id: string;
  /** Whose signals. */
  readonly strategyId: string;
  /** As of the close of this date. */
  readonly asOf: TradingDate;
  /** What was asked for. */
  readonly terms: RunTerms;
  /** The version of the model that scored. */
  readonly modelVersion: string;
  /** Which plan of it this is, from 1: one that came to nothing is made anew. */
  readonly attempt: number;
  /** Highest signal first. */
  readonly lines: readonly RunLine[];
  /** When its plan was made: milliseconds since the Unix epoch. */
  readonly startedAt: number;
  /** When the last order was sent; absent before that. */
  readonly completedAt?: number | undefined;
  /** Whether it only tells what would be done: nothing is sent or kept. */
  readonly isDryRun: boolean;
}

/**
 * - `running`: not all orders have been sent.
 * - `completed`: none was refused, and every price was known.
 * - `partial`: some were refused, or some prices were not known.
 * - `failed`: none went through.
 */
export type RunStatus = "running" | "completed" | "partial" | "failed";

/** How many of the orders of a run came to what. */
export interface RunCounts {
  /** Orders that the gateway was given. */
  readonly submitted: number;
  /** Those not refused: under way, in doubt, or over; not those only tried. */
  readonly accepted: number;
  /** Those that the venue refused, or that never reached it. */
  readonly rejected: number;
  /** Those that our own checks refused. */
  readonly denied: number;
  /** Those filled whole. */
  readonly filled: number;
}

/** Most characters of a reason that are kept. */
const MAX_REASON_CHARS = 200;

/** Most faults that a sentence names. */
const MAX_NAMED = 5;

const REFUSED: ReadonlySet<OrderStatus> = new Set<OrderStatus>([
  "rejected",
  "denied",
  "failed",
]);

const UNSENT: ReadonlySet<OrderStatus> = new Set<OrderStatus>([
  "denied",
  "failed",
  "dry_run",
]);

/** What a run keeps of an order. */
export function outcomeOf(order: Order): Outcome {
  const { status, brokerId, filledQty, filledValue, reason } = order;
  return {
    status,
    brokerId,
    filledQty,
    filledValue,
    reason: reason?.slice(0, MAX_REASON_CHARS),
  };
}

/** What came of an order that can never be sent. */
export function failedBecause(reason: string): Outcome {
  return {
    status: "failed",
    filledQty: 0n,
    filledValue: 0n,
    reason: reason.slice(0, MAX_REASON_CHARS),
  };
}

/** Counts the orders of a run. */
export function countOrders({ lines }: Pick<Run, "lines">): RunCounts {
  const statuses = lines.flatMap(({ outcome }) => outcome?.status ?? []);
  const count = (...some: readonly OrderStatus[]) =>
    statuses.filter((status) => some.includes(status)).length;
  const denied = count("denied");
  const rejected = count("rejected", "failed");
  return {
    submitted: statuses.length,
    accepted: statuses.length - denied - rejected - count("dry_run"),
    rejected,
    denied,
    filled: count("filled"),
  };
}

/** How a run stands. */
export function statusOf(run: Run): RunStatus {
  if (run.completedAt === undefined) return "running";
  const faults = run.lines.filter(isFaulty).length;
  if (faults === 0) return "completed";
  const isAll = run.lines.every((line) => !line.order || isFaulty(line));
  return isAll ? "failed" : "partial";
}

/** Whether no order of a run is sent: it was only tried, or the gateway only tries. */
export function isTried(
  { isDryRun, lines }: Pick<Run, "isDryRun" | "lines">,
): boolean {
  return isDryRun || lines.some(({ outcome }) => outcome?.status === "dry_run");
}

/** Whether a run has come to nothing: it wanted something, and nothing of it has reached the venue. */
export function isIdle({ lines }: Pick<Run, "lines">): boolean {
  const wants = lines.some((line) =>
    line.order || line.skip === "price_fetch_failed"
  );
  const isSent = lines.some(({ order, outcome }) =>
    order && !(outcome && UNSENT.has(outcome.status))
  );
  return wants && !isSent;
}

/** What went wrong in a run, in one sentence; `undefined` when nothing did. */
export function faultOf({ lines }: Pick<Run, "lines">): string | undefined {
  const said = lines.filter(isFaulty).map(({ symbol, outcome }) =>
    outcome
      ? `${symbol} ${outcome.status}: ${outcome.reason ?? "no reason given"}`
      : `${symbol} has no price`
  );
  if (said.length === 0) return undefined;
  const others = said.length - MAX_NAMED;
  const more = others > 0 ? `; and ${others} more` : "";
  return `${said.slice(0, MAX_NAMED).join("; ")}${more}`;
}

/** A term that two requests have otherwise. */
export interface Difference {
  /** Which, as on the wire. */
  readonly name: string;
  /** Its value in the run, as text. */
  readonly was: string;
  /** Its value now. */
  readonly is: string;
}

/** In what `terms` differ from those of a run. */
export function differencesOf(
  { terms: was }: Pick<Run, "terms">,
  terms: RunTerms,
): readonly Difference[] {
  const before = textsOf(was);
  return Object.entries(textsOf(terms)).flatMap(([name, is]) => {
    const was = before[name]!;
    return was === is ? [] : [{ name, was, is }];
  });
}

function textsOf(terms: RunTerms): Readonly<Record<string, string>> {
  return {
    symbols: terms.symbols.toSorted().join(" "),
    capital: formatDecimal(terms.capital),
    max_position_size: formatDecimal(terms.maxPositionSize),
    top_n: String(terms.topN),
    bottom_n: String(terms.bottomN),
    lots: terms.lots,
  };
}

/** Builds the `orders.executed` event of a run that has sent its orders. */
export function ordersExecuted(
  run: Run,
  user: UserId,
  id: string,
  atMs: number,
): NewEvent {
  const { submitted, accepted, rejected, denied } = countOrders(run);
  return {
    id,
    channel: "orders.executed",
    key: run.id,
    json: JSON.stringify({
      run_id: run.id,
      strategy_id: run.strategyId,
      num_orders: submitted,
      num_accepted: accepted,
      num_rejected: rejected + denied,
    }),
    meta: {
      timestamp: new Date(atMs).toISOString(),
      source: "orchestrator",
      user,
    },
  };
}

function isFaulty({ outcome, skip }: RunLine): boolean {
  return skip === "price_fetch_failed" ||
    (outcome !== undefined && REFUSED.has(outcome.status));
}
