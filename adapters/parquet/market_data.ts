/**
 * Market data in a directory of Parquet files, one `SYMBOL.parquet` a symbol.
 *
 * A file has the columns `date` or `timestamp`, `open`, `high`, `low`, `close`,
 * `volume` and, if there is one, `vwap`, with daily bars in ascending order.
 * Files may be replaced at any time by a rename.
 *
 * A damaged file is refused as far as the damage can be told. A changed digit of
 * a price cannot, unless its page has a checksum: have the writer add them
 * (pyarrow: `write_page_checksum=True`), or compress with gzip.
 *
 * @module
 */
import { LRUCache } from "lru-cache";
import {
  parseSymbol,
  SYMBOL_PATTERN,
  type TradingSymbol,
} from "../../domain/symbol.ts";
import {
  dateOfEpochDay,
  epochDayOf,
  type TradingDate,
} from "../../domain/trading_date.ts";
import { admit } from "../../ports/arguments.ts";
import type { Clock } from "../../ports/clock.ts";
import type { BarRange, MarketData } from "../../ports/market_data.ts";
import { PortError } from "../../ports/port_error.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { abortable } from "../../ports/waiting.ts";
import { type Answer, type BarFile, createBarFile } from "./bar_file.ts";
import { createFileSource } from "./byte_source.ts";
import { readLayout } from "./layout.ts";
import {
  checkUnchanged,
  identityOf,
  isMissing,
  portErrorOf,
} from "./source_file.ts";

/** What market data is opened with. */
export interface ParquetMarketDataOptions {
  /** The directory of the files. */
  readonly dir: string;
  /** Tells when a file is to be looked at again. */
  readonly clock: Clock;
  /** Is told when the directory is missing. */
  readonly telemetry?: Telemetry;
  /** Bytes of decoded bars to keep; 64 MiB when absent. */
  readonly maxCachedBytes?: number;
}

/** A change of a file is seen after this time at the latest. */
const RECHECK_MS = 1000;

const DEFAULT_CACHED_BYTES = 64 * 1024 * 1024;
const EXTENSION = ".parquet";
const SYMBOL = new RegExp(SYMBOL_PATTERN);

/** A file as it was when it was last looked at. */
interface Held {
  readonly identity: string;
  readonly file: BarFile;
  /** On `clock.monotonic()`. */
  checkedAt: number;
}

/**
 * Opens the files of `dir`.
 *
 * A directory that does not exist is one without symbols, until it does: it is
 * logged once, and the service starts. Bars are decoded from the newest on, as
 * far back as they are asked for, and kept until others need the room.
 */
export async function openParquetMarketData(
  options: ParquetMarketDataOptions,
): Promise<MarketData> {
  const { dir, clock } = options;
  const cache = new LRUCache<TradingSymbol, Held>({
    maxSize: options.maxCachedBytes ?? DEFAULT_CACHED_BYTES,
    sizeCalculation: ({ file }) => file.bytes,
  });
  const turns = new Map<TradingSymbol, Promise<unknown>>();
  let listed: { at: number; symbols: readonly TradingSymbol[] } | undefined;
  let closed = false;

  const enter = (signal?: AbortSignal) => admit("market data", closed, signal);
  const nameOf = (symbol: TradingSymbol) => `${symbol}${EXTENSION}`;
  const pathOf = (symbol: TradingSymbol) => `${dir}/${nameOf(symbol)}`;

  /** Asks the file of `symbol`, decoding what the answer needs. */
  async function ask<T>(
    symbol: TradingSymbol,
    question: (file: BarFile) => Answer<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    enter(signal);
    if (!SYMBOL.test(symbol)) {
      throw new PortError("invalid", "Cannot read bars as that is no symbol");
    }
    const held = cache.get(symbol);
    if (held && clock.monotonic() - held.checkedAt < RECHECK_MS) {
      const answer = question(held.file);
      if ("found" in answer) return answer.found;
    }
    return await abortable(
      inTurn(symbol, () => look(symbol, question)),
      signal,
    );
  }

  /** Lets one call at a time work on a symbol: the next finds its results. */
  function inTurn<T>(symbol: TradingSymbol, run: () => Promise<T>): Promise<T> {
    const turn = (turns.get(symbol) ?? Promise.resolve()).then(run);
    const end = turn.catch(() => {}).finally(() => {
      if (turns.get(symbol) === end) turns.delete(symbol);
    });
    turns.set(symbol, end);
    return turn;
  }

  async function look<T>(
    symbol: TradingSymbol,
    question: (file: BarFile) => Answer<T>,
  ): Promise<T> {
    try {
      const checkedAt = clock.monotonic();
      let held = cache.get(symbol);
      if (held === undefined || checkedAt - held.checkedAt >= RECHECK_MS) {
        const identity = identityOf(await Deno.stat(pathOf(symbol)));
        if (held?.identity === identity) held.checkedAt = checkedAt;
        else held = undefined;
      }
      const answer = held && question(held.file);
      if (answer && "found" in answer) return answer.found;
      return await read(symbol, held, checkedAt, question);
    } catch (error) {
      if (isMissing(error)) cache.delete(symbol);
      throw portErrorOf(error, nameOf(symbol), symbol);
    }
  }

  /** Opens the file and decodes until the question is answered. */
  async function read<T>(
    symbol: TradingSymbol,
    held: Held | undefined,
    checkedAt: number,
    question: (file: BarFile) => Answer<T>,
  ): Promise<T> {
    using handle = await Deno.open(pathOf(symbol));
    const info = await handle.stat();
    const identity = identityOf(info);
    const source = createFileSource(handle, info.size);
    try {
      const file = held?.identity === identity
        ? held.file
        : createBarFile(await readLayout(source));
      for (;;) {
        const answer = question(file);
        if ("found" in answer) {
          await checkUnchanged(handle, identity, nameOf(symbol));
          if (!closed) cache.set(symbol, { identity, file, checkedAt });
          return answer.found;
        }
        await file.decode(source, ...answer.missing);
      }
    } catch (error) {
      await checkUnchanged(handle, identity, nameOf(symbol));
      throw error;
    }
  }

  async function rangeOf(
    symbol: TradingSymbol,
    signal: AbortSignal | undefined,
  ): Promise<BarRange> {
    const [count, [first, last]] = await ask(symbol, (file) => {
      const range = file.range();
      return "found" in range
        ? { found: [file.rows, range.found] as const }
        : range;
    }, signal);
    return { first: dateOfEpochDay(first), last: dateOfEpochDay(last), count };
  }

  async function list(): Promise<readonly TradingSymbol[]> {
    const at = clock.monotonic();
    const symbols: TradingSymbol[] = [];
    try {
      for await (const entry of Deno.readDir(dir)) {
        const stem = entry.name.slice(0, -EXTENSION.length);
        const isBarFile = !entry.isDirectory &&
          entry.name.endsWith(EXTENSION) && SYMBOL.test(stem);
        if (isBarFile) symbols.push(parseSymbol(stem));
      }
    } catch (error) {
      if (!isMissing(error)) {
        throw portErrorOf(error, "the market data directory");
      }
    }
    symbols.sort();
    listed = { at, symbols: Object.freeze(symbols) };
    return symbols;
  }

  await warnIfMissing(options);

  return {
    async window(symbol, asOf, rows, signal) {
      if (!Number.isSafeInteger(rows) || rows < 1) {
        throw new PortError(
          "invalid",
          "Cannot read bars as rows must be a whole number above 0: " +
            `current value is ${rows}`,
        );
      }
      const day = asOf === undefined ? undefined : epochDayOf(asOf);
      const found = await ask(symbol, (file) => file.window(day, rows), signal);
      if ("length" in found) return found;
      const range = await rangeOf(symbol, signal);
      throw noBar(symbol, asOf!, range, found.before);
    },

    range: rangeOf,

    async symbols(signal) {
      enter(signal);
      if (listed && clock.monotonic() - listed.at < RECHECK_MS) {
        return listed.symbols;
      }
      return await abortable(list(), signal);
    },

    async [Symbol.asyncDispose]() {
      closed = true;
      cache.clear();
    },
  };
}

async function warnIfMissing(
  { dir, telemetry }: ParquetMarketDataOptions,
): Promise<void> {
  try {
    if ((await Deno.stat(dir)).isDirectory) return;
  } catch (error) {
    if (!isMissing(error)) return;
  }
  telemetry?.log(
    "warn",
    "There is no market data directory: no symbol has bars until it exists",
    { dir },
  );
}

function noBar(
  symbol: TradingSymbol,
  asOf: TradingDate,
  { first, last }: BarRange,
  before: number | undefined,
): PortError {
  const nearest = before === undefined || asOf > last
    ? ""
    : `, the nearest before is of ${dateOfEpochDay(before)}`;
  return new PortError(
    "not_found",
    `Cannot read bars of ${symbol} as it has none on ${asOf}: ` +
      `they reach from ${first} to ${last}${nearest}`,
    { facts: { first, last } },
  );
}
