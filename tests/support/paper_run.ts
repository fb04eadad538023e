/**
 * Paper runs for tests, and their accounts kept by other means.
 *
 * @module
 */
import { openParquetMarketData } from "../../adapters/parquet/market_data.ts";
import type { Bars } from "../../domain/bars.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { runPaperProgram } from "../../src/paper_run.ts";
import { createFakeClock } from "./fake_clock.ts";
import { writeParquet } from "./parquet_files.ts";

/** Where the sample bars are. */
export const SAMPLE_DIR = "examples/market_data";

/** A report as it is written; money in text. */
export interface Report {
  readonly run_id: string;
  readonly status: string;
  readonly parameters: { readonly symbols: readonly string[] };
  // deno-lint-ignore no-explicit-any
  readonly results: any;
  readonly gaps: readonly {
    readonly symbol: string | null;
    readonly reason: string;
    readonly from: string;
    readonly to: string;
    readonly days: number;
  }[];
  readonly orders: readonly ReportedOrder[];
}

/** An order of a report. */
export interface ReportedOrder {
  readonly client_order_id: string;
  readonly decided_on: string;
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly qty: string;
  readonly status: string;
  readonly filled_on: string | null;
  readonly filled_qty: string;
  readonly avg_fill_price: string | null;
  readonly commission: string;
  readonly reason: string | null;
}

/** How a run ended, and what it said and wrote. */
export interface PaperResult {
  readonly code: number;
  readonly said: string;
  readonly complained: string;
  readonly shown: readonly string[];
  /** The texts of the reports; empty when none was written. */
  readonly json: string;
  readonly html: string;
  readonly report: Report;
}

/** Runs the program with `args` in this process. */
export async function paperRun(
  args: readonly string[],
  stop: AbortSignal = new AbortController().signal,
  onShow: (line: string) => void = () => {},
): Promise<PaperResult> {
  const dir = await Deno.makeTempDir();
  const said: string[] = [];
  const complained: string[] = [];
  const shown: string[] = [];
  try {
    const files = ["--json", `${dir}/run.json`, "--html", `${dir}/run.html`];
    const code = await runPaperProgram([...args, ...files], stop, {
      say: (text) => void said.push(text),
      complain: (line) => void complained.push(line),
      show(line) {
        shown.push(line);
        onShow(line);
      },
    });
    const json = await readIfThere(`${dir}/run.json`);
    return {
      code,
      said: said.join("\n"),
      complained: complained.join("\n"),
      shown,
      json,
      html: await readIfThere(`${dir}/run.html`),
      report: json === "" ? undefined : JSON.parse(json),
    };
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Writes bars into a folder of its own, which goes when it is closed. */
export async function barFolder(
  series: Readonly<Record<string, Bars>>,
): Promise<{ readonly dir: string } & AsyncDisposable> {
  const dir = await Deno.makeTempDir();
  for (const [symbol, bars] of Object.entries(series)) {
    await Deno.writeFile(`${dir}/${symbol}.parquet`, writeParquet(bars));
  }
  return {
    dir,
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}

/** Opens and closes by symbol and date; a price that is missing is not there. */
export interface Quotes {
  /** The open of that very date. */
  open(symbol: string, date: string): number | undefined;
  /** The newest close up to that date. */
  close(symbol: string, date: string): number | undefined;
  /** Whether there is a bar of that date. */
  has(symbol: string, date: string): boolean;
}

/** Reads the bars of `dir`. */
export async function quotesOf(
  dir: string,
  symbols: readonly string[],
): Promise<Quotes> {
  await using market = await openParquetMarketData({
    dir,
    clock: createFakeClock(),
  });
  const all = new Map<string, Map<string, { open: number; close: number }>>();
  for (const symbol of symbols) {
    const bars = await market.window(parseSymbol(symbol), undefined, 100_000);
    const days = new Map<string, { open: number; close: number }>();
    for (let i = 0; i < bars.length; i++) {
      const date = new Date(bars.day[i]! * 86_400_000).toISOString();
      const [open, close] = [bars.open[i]!, bars.close[i]!];
      days.set(date.slice(0, 10), { open, close });
    }
    all.set(symbol, days);
  }
  return {
    has: (symbol, date) => all.get(symbol)!.has(date),
    open(symbol, date) {
      const open = all.get(symbol)!.get(date)?.open;
      return open === undefined || Number.isNaN(open) ? undefined : open;
    },
    close(symbol, date) {
      let newest: number | undefined;
      for (const [day, { close }] of all.get(symbol)!) {
        if (day <= date && !Number.isNaN(close)) newest = close;
      }
      return newest;
    },
  };
}

/** What an account comes to, in plain numbers. */
export interface Account {
  /** By date, what it was worth at the close. */
  readonly equity: ReadonlyMap<string, number>;
  /** By symbol, what closed parts have earned, less all commission. */
  readonly realized: ReadonlyMap<string, number>;
  /** By symbol, units held at the end. */
  readonly held: ReadonlyMap<string, number>;
  /** What was traded, all together. */
  readonly traded: number;
  /** By symbol and day, what closing trades earned, less their commission. */
  readonly closings: readonly number[];
}

/**
 * Keeps the account of a report anew: cash by what orders cost and brought,
 * earnings by closing the oldest-averaged units, both in binary fractions. Only
 * what was filled, when and at which price is taken from the report.
 */
export function accountOf(
  report: Report,
  quotes: Quotes,
  capital: number,
): Account {
  const dates: string[] = report.results.equity_curve
    .map(({ date }: { date: string }) => date);
  let cash = capital;
  let traded = 0;
  const held = new Map<string, number>();
  const entry = new Map<string, number>();
  const realized = new Map<string, number>();
  const equity = new Map<string, number>();
  const closings: number[] = [];
  for (const date of dates) {
    for (const order of report.orders) {
      if (order.filled_on !== date) continue;
      const { symbol, side } = order;
      const price = Number(order.avg_fill_price);
      const fee = Number(order.commission);
      const units = Number(order.filled_qty) * (side === "buy" ? 1 : -1);
      const before = held.get(symbol) ?? 0;
      const after = before + units;
      cash -= units * price + fee;
      traded += Math.abs(units * price);
      const average = entry.get(symbol) ?? 0;
      const isClosing = before * units < 0;
      const closed = isClosing
        ? Math.sign(before) * Math.min(Math.abs(units), Math.abs(before))
        : 0;
      const earned = closed * (price - average) - fee;
      realized.set(symbol, (realized.get(symbol) ?? 0) + earned);
      if (isClosing) closings.push(earned);
      if (before * after <= 0) entry.set(symbol, price);
      else if (!isClosing) {
        entry.set(symbol, (average * before + price * units) / after);
      }
      held.set(symbol, after);
    }
    let worth = cash;
    for (const [symbol, units] of held) {
      if (units !== 0) worth += units * quotes.close(symbol, date)!;
    }
    equity.set(date, worth);
  }
  return { equity, realized, held, traded, closings };
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
