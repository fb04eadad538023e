/**
 * The bars that features are computed from, looked through before they are
 * used.
 *
 * @module
 */
import { LRUCache } from "lru-cache";
import { ALPHA158_WINDOW_ROWS } from "../../domain/alpha158/alpha158.ts";
import {
  type Bars,
  findImpossibleBar,
  fingerprintBars,
  lastDate,
} from "../../domain/bars.ts";
import type { TradingSymbol } from "../../domain/symbol.ts";
import type { TradingDate } from "../../domain/trading_date.ts";
import type { Clock } from "../../ports/clock.ts";
import type { MarketData } from "../../ports/market_data.ts";
import { isTransient, PortError } from "../../ports/port_error.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { errorFields } from "./error_fields.ts";
import type { QuarantineService } from "./quarantine.ts";

/** How long a refusal, such as an unknown symbol, is remembered. */
const NEGATIVE_TTL_MS = 1000;

/** The bars of one vector. */
export interface BarWindow {
  readonly symbol: TradingSymbol;
  /** The date of the newest of them. */
  readonly date: TradingDate;
  readonly bars: Bars;
  /** As `fingerprintBars` gives it. */
  readonly fingerprint: string;
}

/** Why there are no bars of a symbol to be used. */
export interface NoWindow {
  readonly symbol: TradingSymbol;
  readonly error: PortError;
}

/** Finds windows. */
export interface BarWindows {
  /** The window that ends on `date`, or on the newest bar when absent. */
  of(
    symbol: TradingSymbol,
    date: TradingDate | undefined,
    signal?: AbortSignal,
  ): Promise<BarWindow | NoWindow>;

  /** Forgets the refusals that are remembered. */
  forgetRefusals(): void;
}

/** Creates the finder; damaged bars are logged once for as long as they are. */
export function createBarWindows(ports: {
  readonly market: MarketData;
  readonly quarantine: QuarantineService;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}): BarWindows {
  const { market, quarantine, clock, telemetry } = ports;
  const refused = new LRUCache<string, PortError>({
    max: 10_000,
    ttl: NEGATIVE_TTL_MS,
    perf: { now: () => clock.monotonic() + 1 },
    ttlResolution: 0,
  });
  const damages = new LRUCache<TradingSymbol, string>({ max: 1000 });

  function tellDamage(symbol: TradingSymbol, error: PortError): void {
    const isKnown = damages.get(symbol) === error.message;
    if (error.code !== "corrupt" || isKnown) return;
    damages.set(symbol, error.message);
    telemetry.log("warn", "cannot use the bars of a symbol", {
      symbol,
      ...errorFields(error),
    });
  }

  return {
    async of(symbol, date, signal) {
      const asked = `${symbol}:${date}`;
      const known = refused.get(asked);
      if (known) return { symbol, error: known };
      try {
        const rows = ALPHA158_WINDOW_ROWS;
        const bars = await market.window(symbol, date, rows, signal);
        quarantine.check(symbol, bars);
        checkPossible(symbol, bars);
        const fingerprint = fingerprintBars(bars);
        return { symbol, date: lastDate(bars), bars, fingerprint };
      } catch (error) {
        if (!(error instanceof PortError)) throw error;
        if (!isTransient(error)) refused.set(asked, error);
        tellDamage(symbol, error);
        return { symbol, error };
      }
    },
    forgetRefusals: () => refused.clear(),
  };
}

/** Refuses bars from which nothing sensible can be computed. */
function checkPossible(symbol: TradingSymbol, bars: Bars): void {
  const fault = findImpossibleBar(bars);
  if (fault === undefined) return;
  throw new PortError(
    "corrupt",
    `Cannot use the bars of ${symbol} as ${fault}`,
  );
}
