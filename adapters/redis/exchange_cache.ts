/**
 * What venues said of accounts, in Redis, shared by every instance that
 * believes the server.
 *
 * It lies under `binance:{id}:positions` and `binance:{id}:orders` as plain
 * JSON, and ends by itself. A token lies beside it: a random text that fills
 * must find unchanged, and that an invalidation deletes. It names the history
 * of the server, as a server that has lost an invalidation has another one.
 *
 * @module
 */
import type { UserId } from "../../domain/user_id.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Entropy } from "../../ports/entropy.ts";
import {
  EXCHANGE_LIFE_MS,
  type ExchangeCache,
  type ExchangePart,
  type ExchangeToken,
} from "../../ports/exchange_cache.ts";
import {
  formatExchange,
  MAX_EXCHANGE_CHARS,
  parseExchange,
} from "../../ports/exchange_rules.ts";
import { type Belief, createBelievedCalls } from "./believed_calls.ts";
import type { RedisConnection } from "./connection.ts";
import { exchangeAsked, exchangeToken, exchangeValue } from "./keys.ts";
import { createFencedScript } from "./script.ts";
import fill from "./scripts/exchange_fill.lua" with { type: "text" };
import read from "./scripts/exchange_read.lua" with { type: "text" };
import voidAccount from "./scripts/exchange_void.lua" with { type: "text" };

const READ = createFencedScript("exchange_read", read);
const FILL = createFencedScript("exchange_fill", fill);
const VOID = createFencedScript("exchange_void", voidAccount);

/** Outlives what was filled with it, and whatever could still be. */
const TOKEN_MS = 3 * EXCHANGE_LIFE_MS;

/** So long who has missed something is taken to be asking the venue. */
const ASKED_MS = 500;

/** What a cache is opened with. */
export interface RedisExchangeOptions extends Belief {
  /** Measures how long calls took. */
  readonly clock: Clock;
  /** Draws tokens. */
  readonly entropy: Entropy;
}

/** Token, server time, whether somebody asks; where there is one: value, its life. */
type Found = [string, number, number, string?, number?];

/**
 * Opens a cache over `connection`; closing it leaves the connection open.
 *
 * Calls fail with `unavailable` while no server is believed. An invalidation
 * that failed has perhaps forgotten nothing: what was filled before lives on
 * for `EXCHANGE_LIFE_MS` at most.
 */
export function openRedisExchangeCache(
  connection: RedisConnection,
  options: RedisExchangeOptions,
): ExchangeCache {
  const { clock, entropy } = options;
  const calls = createBelievedCalls("exchange cache", connection, options);
  const { enter, run } = calls;

  return {
    async read(user, part, signal) {
      const history = enter(signal);
      const sentAt = clock.monotonic();
      const [token, now, asked, text = "", leftMs = 0] = await run(
        READ,
        [...placesOf(user, part), ...everyValue(user)],
        [
          history,
          entropy.bytes(16).toHex(),
          `${TOKEN_MS}`,
          `${ASKED_MS}`,
          `${MAX_EXCHANGE_CHARS}`,
        ],
      ) as Found;
      const said = parseExchange(part, text);
      const tookMs = clock.monotonic() - sentAt;
      const ageMs = EXCHANGE_LIFE_MS - leftMs + tookMs;
      // What does not end is nobody's that we know.
      const isFresh = leftMs > 0 && leftMs <= EXCHANGE_LIFE_MS &&
        ageMs < EXCHANGE_LIFE_MS;
      return {
        held: said && isFresh ? { ...said, ageMs } : undefined,
        token: `${now} ${token}` as ExchangeToken,
        isAsked: asked === 1,
      };
    },

    async fill(token, user, part, snapshot, signal) {
      const history = enter(signal);
      const [, at, of = "", by] = TOKEN.exec(token) ?? [];
      const text = formatExchange(part, snapshot);
      // What another server has given is no news of this one.
      if (by !== history || text.length > MAX_EXCHANGE_CHARS) return false;
      const endsAt = Number(at) + EXCHANGE_LIFE_MS - snapshot.ageMs;
      const args = [history, of, `${endsAt}`, `${EXCHANGE_LIFE_MS}`, text];
      return await run(FILL, placesOf(user, part), args) === 1;
    },

    async invalidate(user, signal) {
      const history = enter(signal);
      const keys = [
        exchangeToken(user),
        ...everyValue(user),
        exchangeAsked(user, "positions"),
        exchangeAsked(user, "orders"),
      ];
      await run(VOID, keys, [history]);
    },

    async [Symbol.asyncDispose]() {
      calls.close();
    },
  };
}

/** Server time, and the token with its history, as reads give them. */
const TOKEN = /^(\d+) (([0-9a-f]{40}):[0-9a-f]+)$/;

function placesOf(user: UserId, part: ExchangePart): string[] {
  return [
    exchangeToken(user),
    exchangeValue(user, part),
    exchangeAsked(user, part),
  ];
}

function everyValue(user: UserId): string[] {
  return [exchangeValue(user, "positions"), exchangeValue(user, "orders")];
}
