/**
 * The exchange cache contract: the laws every adapter of the port obeys.
 *
 * @module
 */
import { parseUserId } from "../../domain/user_id.ts";
import {
  EXCHANGE_LIFE_MS,
  type ExchangeCache,
  type ExchangeOrder,
  type ExchangePart,
  type ExchangePosition,
  type ExchangeSnapshot,
  type ExchangeToken,
} from "../../ports/exchange_cache.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { testLaws, type Waivers } from "./law.ts";

/** A cache that holds nothing yet, and what a test may do to time. */
export interface ExchangeCacheSubject extends AsyncDisposable {
  readonly cache: ExchangeCache;
  /** Lets `ms` pass for what is held. */
  elapse(ms: number): Promise<void>;
}

const ANN = parseUserId("ann");
const BOB = parseUserId("bob@example.com");
const FETCHED_AT = Date.UTC(2026, 0, 6, 9, 30);
const PARTS: readonly ExchangePart[] = ["positions", "orders"];

/** A position of `qty` units. */
export function aPosition(qty: string): ExchangePosition {
  return { symbol: "BTCUSDT", qty, avg_entry_price: "42000.1" };
}

/** A conditional order with client order id `id`. */
export function anOrder(id: string): ExchangeOrder {
  return {
    client_order_id: id,
    broker_order_id: "88213",
    symbol: "BTCUSDT",
    side: "sell",
    order_type: "stop_limit",
    qty: "0.015",
    filled_qty: "0",
    limit_price: "41000",
    stop_price: "41500.5",
    time_in_force: "gtc",
    reduce_only: true,
  };
}

/** What the venue said: positions of so many units. */
export function holding(
  ...qty: string[]
): ExchangeSnapshot<"positions"> {
  return { rows: qty.map(aPosition), fetchedAt: FETCHED_AT, ageMs: 0 };
}

/** What the venue said: open orders of these ids. */
export function awaiting(...ids: string[]): ExchangeSnapshot<"orders"> {
  return { rows: ids.map(anOrder), fetchedAt: FETCHED_AT, ageMs: 0 };
}

/** What `cache` holds of a user, ages left out. */
async function heldOf(cache: ExchangeCache, user = ANN) {
  const [positions, orders] = await Promise.all([
    cache.read(user, "positions"),
    cache.read(user, "orders"),
  ]);
  return {
    qty: positions.held?.rows.map(({ qty }) => qty),
    ids: orders.held?.rows.map(({ client_order_id }) => client_order_id),
  };
}

/** Reads, then fills; tells whether it was kept. */
async function hold(
  cache: ExchangeCache,
  qty: string,
  { user = ANN, ageMs = 0 } = {},
): Promise<boolean> {
  const { token } = await cache.read(user, "positions");
  return await cache.fill(token, user, "positions", { ...holding(qty), ageMs });
}

async function wait(cache: ExchangeCache, id: string): Promise<boolean> {
  const { token } = await cache.read(ANN, "orders");
  return await cache.fill(token, ANN, "orders", awaiting(id));
}

/** The laws. */
export const EXCHANGE_CACHE_LAWS = {
  "what is filled is read again, with when it was fetched": async (
    { cache },
  ) => {
    equal(await hold(cache, "-0.015"), true);
    equal(await wait(cache, "E"), true);
    const { held } = await cache.read(ANN, "positions");
    deepEqual(held?.rows, [aPosition("-0.015")]);
    equal(held.fetchedAt, FETCHED_AT);
    const orders = await cache.read(ANN, "orders");
    deepEqual(orders.held?.rows, [anOrder("E")]);
  },

  "users and parts are apart": async ({ cache }) => {
    await hold(cache, "1");
    deepEqual(await heldOf(cache), { qty: ["1"], ids: undefined });
    deepEqual(await heldOf(cache, BOB), { qty: undefined, ids: undefined });
    await hold(cache, "2", { user: BOB });
    await cache.invalidate(BOB);
    deepEqual(await heldOf(cache), { qty: ["1"], ids: undefined });
  },

  "an account that holds nothing is a hit": async ({ cache }) => {
    const { token } = await cache.read(ANN, "positions");
    equal(await cache.fill(token, ANN, "positions", holding()), true);
    deepEqual((await heldOf(cache)).qty, []);
  },

  "a fill replaces what is held": async ({ cache }) => {
    await hold(cache, "1");
    await hold(cache, "2");
    deepEqual((await heldOf(cache)).qty, ["2"]);
  },

  "an answer is held for its life, and its age is told": async (
    { cache, elapse },
  ) => {
    await hold(cache, "1");
    await elapse(4000);
    const { held } = await cache.read(ANN, "positions");
    ok(held && held.ageMs >= 4000 && held.ageMs < EXCHANGE_LIFE_MS);
    await elapse(1000);
    deepEqual((await heldOf(cache)).qty, undefined);
  },

  "the life of an answer begins when the venue was asked": async (
    { cache, elapse },
  ) => {
    equal(await hold(cache, "1", { ageMs: 3000 }), true);
    const { held } = await cache.read(ANN, "positions");
    ok(held && held.ageMs >= 3000 && held.ageMs < EXCHANGE_LIFE_MS);
    await elapse(2000);
    deepEqual((await heldOf(cache)).qty, undefined);
    equal(await hold(cache, "2", { ageMs: EXCHANGE_LIFE_MS }), false);
    deepEqual((await heldOf(cache)).qty, undefined);
  },

  "invalidating forgets every part of the account": async ({ cache }) => {
    await hold(cache, "1");
    await wait(cache, "E");
    await cache.invalidate(ANN);
    deepEqual(await heldOf(cache), { qty: undefined, ids: undefined });
    await cache.invalidate(ANN);
  },

  "a fill whose read came before an invalidation keeps nothing": async (
    { cache },
  ) => {
    for (const part of PARTS) {
      const before = await cache.read(ANN, part);
      await cache.invalidate(ANN);
      const old = { ...before, rows: [], fetchedAt: FETCHED_AT, ageMs: 0 };
      equal(await cache.fill(before.token, ANN, part, old), false);
      // Nor once others have read and filled since.
      equal(await hold(cache, "1"), true);
      equal(await wait(cache, "E"), true);
      equal(await cache.fill(before.token, ANN, part, old), false);
      deepEqual(await heldOf(cache), { qty: ["1"], ids: ["E"] });
    }
  },

  "an invalidation of another account stops no fill": async ({ cache }) => {
    const { token } = await cache.read(ANN, "positions");
    await cache.invalidate(BOB);
    equal(await cache.fill(token, ANN, "positions", holding("1")), true);
  },

  "many invalidations do not let an old fill through": async ({ cache }) => {
    const { token } = await cache.read(ANN, "positions");
    await cache.invalidate(ANN);
    await Promise.all(
      Array.from(
        { length: 1500 },
        (_, i) => cache.invalidate(parseUserId(`user-${i}`)),
      ),
    );
    equal(await cache.fill(token, ANN, "positions", holding("1")), false);
    deepEqual((await heldOf(cache)).qty, undefined);
  },

  "a token that this cache never gave keeps nothing": async ({ cache }) => {
    for (const token of ["", "x", "-1 0", "x 0", "0x", "999999999 0", "1"]) {
      const of = token as ExchangeToken;
      equal(await cache.fill(of, ANN, "positions", holding("1")), false, token);
    }
    deepEqual((await heldOf(cache)).qty, undefined);
  },

  "an aborted call is refused": async ({ cache }) => {
    const gone = AbortSignal.abort(new Error("gone"));
    await rejects(cache.read(ANN, "orders", gone), { message: "gone" });
    await rejects(cache.invalidate(ANN, gone), { message: "gone" });
  },

  "a closed cache rejects, and closes twice": async ({ cache }) => {
    const { token } = await cache.read(ANN, "positions");
    await cache[Symbol.asyncDispose]();
    await cache[Symbol.asyncDispose]();
    const closed = { name: "PortError", code: "closed" };
    await rejects(cache.read(ANN, "positions"), closed);
    await rejects(cache.fill(token, ANN, "positions", holding()), closed);
    await rejects(cache.invalidate(ANN), closed);
  },
} satisfies Record<string, (subject: ExchangeCacheSubject) => Promise<void>>;

/** Holds each cache `open` returns to every law, save those waived by name. */
export function testExchangeCache(
  adapter: string,
  open: () => Promise<ExchangeCacheSubject>,
  waived: Waivers<typeof EXCHANGE_CACHE_LAWS> = {},
): void {
  testLaws(adapter, EXCHANGE_CACHE_LAWS, open, waived);
}
