/**
 * Accounts at a venue that does as a test says.
 *
 * @module
 */
import { openMemoryExchangeCache } from "../../adapters/memory/exchange_cache.ts";
import { ONE, parseDecimal } from "../../domain/decimal.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { parseUserId, type UserId } from "../../domain/user_id.ts";
import type { BrokerPosition, BrokerReport } from "../../ports/broker.ts";
import type { ExchangeCache } from "../../ports/exchange_cache.ts";
import { PortError } from "../../ports/port_error.ts";
import { createExchangeAccounts } from "../../src/services/exchange_cache.ts";
import { createFakeClock } from "./fake_clock.ts";
import { createRecordingTelemetry } from "./recording_telemetry.ts";

/** A user. */
export const ANN = parseUserId("ann");
/** Another user. */
export const BOB = parseUserId("bob");
/** What is traded. */
export const BTC = parseSymbol("BTCUSDT");
/** What a port says that cannot be reached. */
export const AWAY = new PortError("unavailable", "Cannot use it as it is away");

/** A venue whose answers can be held back. */
export function createVenue() {
  const units = new Map<UserId, bigint>([[ANN, 1n], [BOB, 7n]]);
  let orders: readonly BrokerReport[] = [];
  let calls = 0;
  let failure: Error | undefined;
  let answer = Promise.resolve();
  let onAsk = () => {};

  /** What is said is what held when it was asked, however late it comes. */
  async function say<T>(said: T, signal?: AbortSignal): Promise<T> {
    calls++;
    onAsk();
    signal?.throwIfAborted();
    await answer;
    if (failure) throw failure;
    return said;
  }

  return {
    name: "venue",
    calls: () => calls,
    positions: (user: UserId, signal?: AbortSignal) =>
      say<BrokerPosition[]>([{
        symbol: BTC,
        qty: units.get(user)! * ONE,
        avgEntryPrice: parseDecimal("42000.1")!,
      }], signal),
    open: (_user: UserId, signal?: AbortSignal) => say(orders, signal),
    /** An order is filled. */
    trade: (user: UserId, now: bigint) => void units.set(user, now),
    list: (reports: readonly BrokerReport[]) => void (orders = reports),
    fail: (error: Error | undefined) => void (failure = error),
    /** Holds answers back until the result is called. */
    hold(): () => void {
      const { promise, resolve } = Promise.withResolvers<void>();
      answer = promise;
      return () => {
        answer = Promise.resolve();
        resolve();
      };
    },
    /** Resolves when the venue is asked the next time. */
    asked: () => new Promise<void>((resolve) => onAsk = resolve),
  };
}

/** A shared cache that can be taken away, as Redis can. */
export function createFlaky(cache: ExchangeCache) {
  let fault: Error | undefined;
  const calls: string[] = [];
  const pass = <T>(name: string, run: () => Promise<T>): Promise<T> => {
    calls.push(name);
    return fault ? Promise.reject(fault) : run();
  };
  const flaky: ExchangeCache = {
    read: (...args) => pass("read", () => cache.read(...args)),
    fill: (...args) => pass("fill", () => cache.fill(...args)),
    invalidate: (...args) =>
      pass("invalidate", () => cache.invalidate(...args)),
    [Symbol.asyncDispose]: () => cache[Symbol.asyncDispose](),
  };
  return { ...flaky, calls, fail: (error?: Error) => void (fault = error) };
}

/** Instances over one venue, and over one shared cache unless that is `none`. */
export function createWorld(sharing: "shared" | "none" = "shared") {
  const clock = createFakeClock();
  const venue = createVenue();
  const telemetry = createRecordingTelemetry();
  const cache = openMemoryExchangeCache(clock);
  const open = (over = cache) => {
    const local = openMemoryExchangeCache(clock);
    const shared = createFlaky(over);
    const caches = sharing === "none" ? { local } : { local, shared };
    const parts = { broker: venue, caches, clock, telemetry };
    return { shared, accounts: createExchangeAccounts(parts) };
  };
  return { clock, venue, telemetry, cache, open, ...open() };
}

/** The service. */
export type Accounts = ReturnType<typeof createExchangeAccounts>;

/** What is held, and where the answer is from. */
export async function look(accounts: Accounts, user = ANN): Promise<string> {
  const { rows, source } = await accounts.positions(user);
  return `${rows.map(({ qty }) => qty)} ${source}`;
}
