/**
 * A small trading desk on the sample bars, so that whoever looks at the service
 * for the first time sees it at work.
 *
 * It asks what a desk asks, through the same HTTP routes, as a user of its own:
 * settings and order numbers all the time, and for each day of the bars signals
 * and then the orders that they come to, on paper. A day is run once: after the
 * last one it ranks anew and orders no more, so no ledger grows without end. It
 * works only while somebody looks: nobody finds a log full of samples that ran
 * on their own.
 *
 * @module
 */
import { ALPHA158_WINDOW_ROWS } from "../../domain/alpha158/alpha158.ts";
import type { TradingSymbol } from "../../domain/symbol.ts";
import { dateOfEpochDay } from "../../domain/trading_date.ts";
import type { Clock } from "../../ports/clock.ts";
import type { MarketData } from "../../ports/market_data.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { errorFields } from "../services/error_fields.ts";

/** How often it asks for something. */
const STEP_MS = 500;

/** How long a day of the bars takes. */
const DAY_MS = 5000;

/** Most bars of a symbol that are looked at for its days. */
const MAX_BARS = 10_000;

/** What the desk stands on. */
export interface SampleDeskParts {
  /** Answers its requests. */
  readonly fetch: (request: Request) => Response | Promise<Response>;
  /** The bars that it trades on. */
  readonly market: MarketData;
  /** Whether somebody looks. */
  readonly isWatched: () => boolean;
  readonly clock: Clock;
  readonly telemetry: Pick<Telemetry, "log">;
}

/**
 * Works until `stop` aborts, and leaves out what is refused, as while a database
 * is away, and whose bars cannot be read: a service is not ill as its samples are.
 */
export async function runSampleDesk(
  { fetch, market, isWatched, clock, telemetry }: SampleDeskParts,
  stop: AbortSignal,
): Promise<void> {
  const days = await tradingDays();
  if (days.length === 0) return;
  let traded: number | undefined;
  for (;;) {
    await clock.sleep(STEP_MS, stop);
    if (!isWatched()) continue;
    await ask("GET", "/api/user/settings?include=all");
    await ask("POST", "/api/orders/sequence", {});
    // By the clock: after a restart it goes on and does not begin again.
    const at = Math.floor(clock.now() / DAY_MS) % days.length;
    if (at === traded) continue;
    traded = at;
    const [day, symbols] = days[at]!;
    const wish = { symbols, as_of_date: dateOfEpochDay(day) };
    await ask("POST", "/api/v1/signals/generate", wish);
    await ask("POST", "/api/v1/orchestration/run", wish);
  }

  async function ask(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<void> {
    stop.throwIfAborted();
    const response = await fetch(
      new Request(`http://localhost${path}`, {
        method,
        signal: stop,
        ...body !== undefined && { body: JSON.stringify(body) },
      }),
    );
    const answer = await response.text();
    if (response.ok) return;
    const fields = { path, status: response.status, answer };
    telemetry.log("debug", "the sample desk was refused", fields);
  }

  /** The days of the bars in order, and who has bars enough for features by then. */
  async function tradingDays(): Promise<
    [day: number, symbols: TradingSymbol[]][]
  > {
    const days = new Map<number, TradingSymbol[]>();
    for (const symbol of await read(market.symbols(stop)) ?? []) {
      const reading = market.window(symbol, undefined, MAX_BARS, stop);
      const bars = await read(reading);
      for (const one of bars?.day.subarray(ALPHA158_WINDOW_ROWS - 1) ?? []) {
        days.set(one, [...days.get(one) ?? [], symbol]);
      }
    }
    return [...days].sort(([a], [b]) => a - b);
  }

  async function read<T>(reading: Promise<T>): Promise<T | undefined> {
    try {
      return await reading;
    } catch (error) {
      stop.throwIfAborted();
      const fields = errorFields(error);
      telemetry.log("warn", "the sample desk cannot read its bars", fields);
    }
  }
}
