/**
 * The flags of the paper run.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { InvalidInput } from "../domain/invalid_input.ts";
import { TRADE_NAME_PATTERN } from "../domain/order/check_order.ts";
import { parseSymbol, type TradingSymbol } from "../domain/symbol.ts";
import { parseTradingDate, type TradingDate } from "../domain/trading_date.ts";
import { type Config, ConfigError, readConfig } from "./config.ts";

/** Most symbols of a run. */
const MAX_SYMBOLS = 1000;

interface Flag {
  /** What stands for its value in the help; none for those without a value. */
  readonly value?: string;
  /** One line of the help. */
  readonly help: string;
}

/** Flags of the run itself. */
const RUN = {
  symbols: { value: "A,B,C", help: "Symbols; all that have bars when absent" },
  from: { value: "DATE", help: "First day, YYYY-MM-DD; the oldest bar's" },
  to: { value: "DATE", help: "Last day; the newest bar's" },
  lots: { value: "LOTS", help: "whole (default) or fractional units" },
  json: { value: "FILE", help: "Write everything to FILE as JSON" },
  html: { value: "FILE", help: "Write a report with a chart to FILE" },
  quiet: { help: "Print nothing unless it fails" },
  help: { help: "Print this" },
} as const satisfies Record<string, Flag>;

/** Flags that set a variable of the service. */
const VARIABLES = {
  capital: { value: "USD", help: "What weights are shares of (100000)" },
  "max-position-size": { value: "USD", help: "Most in one symbol (20000)" },
  "top-n": { value: "N", help: "Symbols to be long (3)" },
  "bottom-n": { value: "N", help: "Symbols to be short (3)" },
  "strategy-id": { value: "NAME", help: "Name of the strategy" },
  "market-data-dir": { value: "DIR", help: "Folder of SYMBOL.parquet files" },
  "model-path": { value: "FILE", help: "LightGBM text model" },
  "quarantine-path": { value: "FILE", help: "Bars that may not be used" },
} as const satisfies Record<string, Flag>;

/** Flags of the venue, by the names of its options. */
const VENUE = {
  "slippage-bps": {
    value: "N",
    help: "Fills are worse by so many 1/10000 (0)",
  },
  "commission-bps": { value: "N", help: "Commission in 1/10000 (0)" },
  "commission-fixed": { value: "USD", help: "Commission of an order (0)" },
  partial: { value: "SHARE", help: "Orders filled in several parts, 0 to 1" },
  reject: { value: "SHARE", help: "Orders that the venue rejects" },
  "lost-request": { value: "SHARE", help: "Calls that time out, not taken" },
  "lost-answer": {
    value: "SHARE",
    help: "Calls that time out, and were taken",
  },
  late: { value: "SHARE", help: "Orders that time out and arrive later" },
  unavailable: { value: "SHARE", help: "Calls that are turned away" },
  nonsense: { value: "SHARE", help: "Answers that contradict the order" },
  seed: { value: "N", help: "What all chance of the venue follows from (1)" },
} as const satisfies Record<string, Flag>;

/** Every flag of a paper run, such as `--from`. */
export const PAPER_FLAGS: readonly string[] = Object
  .keys({ ...RUN, ...VARIABLES, ...VENUE }).map((name) => `--${name}`);

/** What a paper run was asked to do. */
export interface PaperRunRequest {
  /** All that have bars when absent. */
  readonly symbols: readonly TradingSymbol[] | undefined;
  readonly from: TradingDate | undefined;
  readonly to: TradingDate | undefined;
  readonly config: Config;
  /** Options of the venue as they were given, such as `slippage_bps`. */
  readonly venue: Readonly<Record<string, string>>;
  /** Where to write the reports. */
  readonly jsonPath: string | undefined;
  readonly htmlPath: string | undefined;
  readonly isQuiet: boolean;
}

/**
 * Reads the flags, and from the environment what they leave open.
 *
 * @returns `undefined` when help is asked for.
 * @throws {ConfigError} When anything is wrong.
 */
export function readPaperFlags(
  args: readonly string[],
): PaperRunRequest | undefined {
  const values = parseFlags(args);
  if (values.help) return undefined;
  const text = (name: string) =>
    typeof values[name] === "string" ? values[name] : undefined;
  const taken = (names: readonly string[]) =>
    names.flatMap((name) =>
      text(name) === undefined ? [] : [[name, text(name)!] as const]
    );
  const variables = taken(Object.keys(VARIABLES));
  const lots = text("lots");
  const config = readConfig([
    ...variables.map(([name, value]) => `--${name}=${value}`),
    ...lots === undefined ? [] : [`--order-lots=${lots}`],
  ]);
  const from = read("from", text("from"), parseTradingDate);
  const to = read("to", text("to"), parseTradingDate);
  if (from !== undefined && to !== undefined && from > to) {
    throw new ConfigError(
      `Cannot run from ${from} to ${to} as the first day must not be after the last`,
    );
  }
  const symbols = read("symbols", text("symbols"), readSymbols);
  checkStrategy(config);
  checkEnds(config, symbols?.length, variables.map(([name]) => name));
  return {
    symbols,
    from,
    to,
    config,
    venue: Object.fromEntries(
      taken(Object.keys(VENUE)).map((
        [name, value],
      ) => [name.replaceAll("-", "_"), value]),
    ),
    jsonPath: text("json"),
    htmlPath: text("html"),
    isQuiet: values.quiet === true,
  };
}

/** What `--help` prints. */
export function helpOfPaperRun(): string {
  return [
    "Usage: holdfast paper-run [FLAG…]",
    "",
    "Trade a strategy day by day over bars that have been, on a paper venue: signals",
    "and orders at each close, fills at the next open. Needs no service, no database",
    "and no network; the same flags and files always give the same report.",
    "",
    "Flags:",
    ...linesOf(RUN),
    "",
    "What would be traded; else from variables such as CAPITAL:",
    ...linesOf(VARIABLES),
    "",
    "How the venue fills, and fails:",
    ...linesOf(VENUE),
    "",
    "Exit code: 0 all of it done, 1 failed, 2 called wrongly, 3 done, but an order was",
    "not filled whole or a symbol sat out on some day, 130 interrupted.",
  ].join("\n");
}

type Flags = Readonly<Record<string, Flag>>;

function parseFlags(args: readonly string[]) {
  const flags: Flags = { ...RUN, ...VARIABLES, ...VENUE };
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, { value }]) => [name, {
      type: value === undefined ? "boolean" as const : "string" as const,
      ...name === "help" && { short: "h" },
    }]),
  );
  // As `deno task` hands it on.
  const given = args[0] === "--" ? args.slice(1) : args;
  try {
    return parseArgs({ args: [...given], options }).values;
  } catch (error) {
    // What follows the first sentence is about something else.
    const [reason] = (error as Error).message.split(/\.\s/);
    throw new ConfigError(
      `Cannot use the flags as ${reason}: see holdfast paper-run --help`,
      { cause: error },
    );
  }
}

function read<T>(
  flag: string,
  text: string | undefined,
  parse: (text: string) => T,
): T | undefined {
  if (text === undefined) return undefined;
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    throw new ConfigError(`${error.message} (--${flag})`, { cause: error });
  }
}

function readSymbols(text: string): readonly TradingSymbol[] {
  const symbols = text.split(",").map(parseSymbol);
  const twice = symbols.find((one, i) => symbols.indexOf(one) !== i);
  if (twice !== undefined) {
    throw new InvalidInput(`Cannot use symbol ${twice} as it is named twice`);
  }
  if (symbols.length > MAX_SYMBOLS) {
    throw new InvalidInput(
      `Cannot use ${symbols.length} symbols as ${MAX_SYMBOLS} is the most`,
    );
  }
  return symbols;
}

/** Orders are marked with it, and refused with another one. */
function checkStrategy({ strategyId }: Config): void {
  if (new RegExp(TRADE_NAME_PATTERN).test(strategyId)) return;
  throw new ConfigError(
    `Cannot use STRATEGY_ID as it must match ${TRADE_NAME_PATTERN}: current value is ${
      JSON.stringify(strategyId.slice(0, 64))
    }`,
  );
}

/** What is asked for is never made smaller in silence; defaults are. */
function checkEnds(
  { ends: { topN, bottomN } }: Config,
  symbolCount: number | undefined,
  given: readonly string[],
): void {
  if (topN + bottomN === 0) {
    throw new ConfigError(
      "Cannot run as top-n and bottom-n must not both be 0: nothing would be traded",
    );
  }
  const asked = (given.includes("top-n") ? topN : 0) +
    (given.includes("bottom-n") ? bottomN : 0);
  if (symbolCount !== undefined && asked > symbolCount) {
    throw new ConfigError(
      `Cannot run as top-n + bottom-n must not exceed the number of symbols: current value is ${asked} of ${symbolCount} symbols`,
    );
  }
}

function linesOf(flags: Flags): string[] {
  const rows = Object.entries(flags).map(([name, { value, help }]) =>
    [`--${name}${value === undefined ? "" : ` ${value}`}`, help] as const
  );
  return rows.map(([left, right]) => `  ${left.padEnd(26)}  ${right}`);
}
