/**
 * What venues said of accounts, in this process's memory, bounded by rows.
 *
 * @module
 */
import { LRUCache } from "lru-cache";
import type { UserId } from "../../domain/user_id.ts";
import { admit } from "../../ports/arguments.ts";
import type { Clock } from "../../ports/clock.ts";
import {
  EXCHANGE_LIFE_MS,
  type ExchangeCache,
  type ExchangePart,
  type ExchangeRows,
  type ExchangeSnapshot,
  type ExchangeToken,
} from "../../ports/exchange_cache.ts";

/** Rows held, of all accounts together; the least recently used go first. */
const MAX_ROWS = 100_000;

/** Accounts whose last invalidation is remembered for fills under way. */
const MAX_REMEMBERED = 1024;

interface Held {
  readonly rows: ExchangeRows[ExchangePart];
  readonly fetchedAt: number;
  /** When the venue was asked, on the monotonic clock. */
  readonly askedAt: number;
}

/** Opens a cache that holds nothing. */
export function openMemoryExchangeCache(clock: Clock): ExchangeCache {
  const held = new LRUCache<string, Held>({
    maxSize: MAX_ROWS,
    sizeCalculation: ({ rows }) => rows.length + 1,
  });
  /** The serial of each account's last invalidation. */
  const voided = new Map<UserId, number>();
  /** How many invalidations there have been. */
  let serial = 0;
  /** Tokens from before this one count no more, whoever's they are. */
  let floor = 0;
  let closed = false;

  const enter = (signal?: AbortSignal) =>
    admit("exchange cache", closed, signal);
  const nameOf = (user: UserId, part: ExchangePart) => `${user}:${part}`;

  return {
    async read<P extends ExchangePart>(
      user: UserId,
      part: P,
      signal?: AbortSignal,
    ) {
      enter(signal);
      const now = clock.monotonic();
      const token = `${serial} ${now}` as ExchangeToken;
      const found = held.get(nameOf(user, part));
      const isFresh = found && now < found.askedAt + EXCHANGE_LIFE_MS;
      if (!isFresh) return { held: undefined, token, isAsked: false };
      const { rows, fetchedAt, askedAt } = found;
      const snapshot: ExchangeSnapshot<P> = {
        // What lies under the name of a part are rows of that part.
        rows: rows as ExchangeRows[P],
        fetchedAt,
        ageMs: now - askedAt,
      };
      return { held: snapshot, token, isAsked: false };
    },

    async fill(token, user, part, { rows, fetchedAt, ageMs }, signal) {
      enter(signal);
      const [of = NaN, at = NaN] = token.split(" ").map(Number);
      const askedAt = at - ageMs;
      const isGood = of <= serial && of >= (voided.get(user) ?? floor) &&
        clock.monotonic() < askedAt + EXCHANGE_LIFE_MS;
      if (isGood) held.set(nameOf(user, part), { rows, fetchedAt, askedAt });
      return isGood;
    },

    async invalidate(user, signal) {
      enter(signal);
      voided.set(user, ++serial);
      held.delete(nameOf(user, "positions"));
      held.delete(nameOf(user, "orders"));
      if (voided.size <= MAX_REMEMBERED) return;
      voided.clear();
      floor = serial;
    },

    async [Symbol.asyncDispose]() {
      closed = true;
      held.clear();
    },
  };
}
