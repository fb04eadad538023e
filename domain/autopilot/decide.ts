/**
 * Deciding: from settings, trades and the market to a position, or none.
 *
 * @module
 */
import { TRADING_MODES, type TradingMode } from "../settings/field.ts";
import type { TradingSymbol } from "../symbol.ts";
import type { UserId } from "../user_id.ts";
import { type BreakerVerdict, checkBreaker } from "./breaker.ts";
import { type Conviction, convictionOf } from "./confidence.ts";
import type { DayStarts } from "./day.ts";
import { type Decimal, formatDecimal, parseDecimal } from "../decimal.ts";
import type {
  Decision,
  Entry,
  HistoryPoint,
  ModeVerdict,
  Outlook,
  SettingsView,
} from "./decision.ts";
import { exitsOf } from "./exits.ts";
import type { AutopilotSettings, ModeSettings, Unusable } from "./settings.ts";
import { safetyReasons } from "./safety.ts";
import { allocatedOf, sizeOf } from "./size.ts";
import type { TradeBook } from "./trade_book.ts";

/** Everything that a decision follows from. */
export interface DecisionInput {
  /** For whom. */
  readonly user: UserId;
  /** On what. */
  readonly symbol: TradingSymbol;
  /** The time, in milliseconds since the Unix epoch. */
  readonly at: number;
  /** One snapshot of the user's settings. */
  readonly view: SettingsView;
  /** What the market says, or why it says nothing. */
  readonly outlook: Outlook | Unusable;
  /** The trades; `undefined` while they are being read. */
  readonly history: { readonly book: TradeBook } & HistoryPoint | undefined;
  /** Finds when the user's day began. */
  readonly dayStarts: DayStarts;
}

/** Said while the log of trades is being read. */
export const READING_HISTORY = "the trade history is being read";

/** The modes from the slowest on. */
const SLOWEST_FIRST: readonly TradingMode[] = [...TRADING_MODES].reverse();

/**
 * Decides on one symbol. The same input gives the same decision.
 *
 * The mode is the slowest that is enabled, whose least confidence is met,
 * whose breaker and safety settings let a trade pass and which has room for
 * one. A symbol that the user holds, in any mode or in none, is not opened a
 * second time, nor is one that was signalled for the same bar and side.
 */
export function decide(input: DecisionInput): Decision {
  const { user, symbol, at, view, outlook, history } = input;
  const { versions, source, verified, settings } = view;
  const base = {
    user,
    symbol,
    at,
    settings: { versions, source, verified },
    modes: [],
    ...("fault" in outlook ? {} : { outlook }),
    ...(history
      ? { history: { epoch: history.epoch, position: history.position } }
      : {}),
  };
  const hold = (reason: string): Decision => ({
    ...base,
    action: "hold",
    reasons: [reason],
  });

  if (!history) return hold(READING_HISTORY);
  if (!verified) {
    return hold("the settings are not known to be the newest");
  }
  if ("fault" in settings) return hold(settings.fault);
  if ("fault" in outlook) return hold(outlook.fault);
  const conviction = convictionOf(outlook.prediction, outlook.recent);
  if (typeof conviction === "string") return hold(conviction);
  const held = history.book.holding(user, symbol, at);
  if (held) {
    const where = held.mode ? ` in ${held.mode}` : "";
    const how = held.isPending ? "has been asked for" : "is held";
    return hold(`${symbol} ${how} already${where}`);
  }
  const { side } = conviction;
  const name = { user, symbol, bar: outlook.date, side };
  const toldAt = history.book.signalledAt(name);
  if (toldAt !== undefined) {
    const when = new Date(toldAt).toISOString();
    return hold(`signalled already at ${when} for this bar`);
  }

  const choice = chooseMode(input, { settings, outlook, conviction, history });
  return { ...base, ...choice };
}

/** What the choice of a mode goes by. */
interface Choice {
  readonly settings: AutopilotSettings;
  readonly outlook: Outlook;
  readonly conviction: Conviction;
  readonly history: { readonly book: TradeBook };
}

type Chosen = Pick<
  Decision,
  "action" | "reasons" | "entry" | "modes" | "breaker"
>;

function chooseMode(input: DecisionInput, choice: Choice): Chosen {
  const { user, at } = input;
  const { settings, history: { book } } = choice;
  const dayStart = input.dayStarts(at, settings.trading.timeZone);
  const counts = book.tally(user, undefined, at, dayStart);
  const whole = checkBreaker(counts, settings.breaker, at);
  const breaker = { state: whole.state, counts };
  const modes: ModeVerdict[] = [];
  let entry: Entry | undefined;
  for (const mode of SLOWEST_FIRST) {
    if (entry) {
      modes.push({ mode, outcome: "not_needed", reasons: [] });
      continue;
    }
    const looked = lookAt(mode, input, choice, whole, dayStart);
    entry = looked.entry;
    modes.push({
      ...looked.seen,
      mode,
      outcome: entry ? "chosen" : "passed_over",
      reasons: looked.reasons,
    });
  }
  if (!entry) {
    const reasons = whole.reasons.length > 0
      ? whole.reasons.map((reason) => `circuit breaker: ${reason}`)
      : ["no mode may open a position"];
    return { action: "hold", reasons, modes, breaker };
  }
  const reasons = [
    `${entry.mode} is the slowest mode that confidence ${entry.confidence} opens`,
  ];
  return { action: "open", reasons, entry, modes, breaker };
}

/** What was found of one mode. */
interface Looked {
  readonly entry?: Entry;
  readonly reasons: readonly string[];
  readonly seen?: Pick<ModeVerdict, "counts" | "breaker" | "exposure">;
}

function lookAt(
  name: TradingMode,
  input: DecisionInput,
  choice: Choice,
  whole: BreakerVerdict,
  dayStart: number,
): Looked {
  const { user, at } = input;
  const { settings, conviction, history: { book } } = choice;
  const mode = settings.modes[name];
  if ("fault" in mode) return { reasons: [mode.fault] };
  if (!mode.isEnabled) return { reasons: ["the mode is not enabled"] };
  const counts = book.tally(user, name, at, dayStart);
  const exposure = book.exposure(user, name, at);
  const own = checkBreaker(counts, mode.breaker, at);
  const unsafe = safetyReasons(settings.trading.safety[name], {
    tally: counts,
    outcomes: book.outcomes(user, name, at),
    allocated: allocatedOf(settings.trading, settings.capital[name]),
    now: at,
  });
  const breaker = unsafe.length > 0 ? "open" : own.state;
  const seen = { counts, exposure, breaker } as const;
  const { confidence } = conviction;
  const reasons = [
    ...(confidence < mode.minConfidence
      ? [`confidence ${confidence} is below its least, ${mode.minConfidence}`]
      : []),
    ...own.reasons,
    ...unsafe,
    ...(whole.state === "open"
      ? ["the circuit breaker of all modes is open"]
      : []),
    ...roomReasons(exposure.positions, mode, settings, name),
  ];
  if (reasons.length > 0) return { reasons, seen };
  const entry = entryOf(name, mode, choice, exposure.inUse);
  return typeof entry === "string"
    ? { reasons: [entry], seen }
    : { entry, reasons: [], seen };
}

function roomReasons(
  open: number,
  mode: ModeSettings,
  { capital }: AutopilotSettings,
  name: TradingMode,
): string[] {
  const most = Math.min(mode.maxPositions, capital[name].maxPositions);
  if (open < most) return [];
  return [`${open} positions are open or asked for: the limit is ${most}`];
}

/** The position, or why there is none. */
function entryOf(
  name: TradingMode,
  mode: ModeSettings,
  { settings, outlook, conviction }: Choice,
  inUse: Decimal,
): Entry | string {
  const { trading, capital } = settings;
  const { side, confidence } = conviction;
  const price = parseDecimal(outlook.price);
  if (price === undefined || price <= 0n) return "the bars give no price";
  const size = sizeOf({
    confidence,
    mode,
    capital: capital[name],
    trading,
    inUse,
  });
  if (typeof size === "string") return size;
  const { leverage } = mode;
  const { atrPercent } = outlook;
  const exits = exitsOf(mode.exits, { side, price, leverage, atrPercent });
  if (typeof exits === "string") return exits;
  return {
    mode: name,
    side,
    confidence,
    sizeUsd: formatDecimal(size),
    leverage: formatDecimal(leverage),
    price: formatDecimal(price),
    ...exits,
  };
}
