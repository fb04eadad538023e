/**
 * Erasing a user: what is held of him goes, save what the books need.
 *
 * Settings are removed as any other change is made, so that no instance gives
 * an old value once it is acknowledged. Each step may be done again: whoever
 * was interrupted calls again.
 *
 * @module
 */
import { settingsKey, USER_DOCUMENTS } from "../../domain/settings.ts";
import type { UserId } from "../../domain/user_id.ts";
import type { Clock } from "../../ports/clock.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import type { ExchangeCache } from "../../ports/exchange_cache.ts";
import {
  MAX_INTENT_TRIM,
  type OrderIntents,
} from "../../ports/order_intents.ts";
import { PortError } from "../../ports/port_error.ts";
import {
  MAX_TRIM,
  type SettingsArchive,
} from "../../ports/settings_archive.ts";
import type { SettingsStore } from "../../ports/settings_store.ts";
import type { Telemetry } from "../../ports/telemetry.ts";

/** How long other instances may take a key that was revoked here. */
export const OTHERS_TAKE_MS = 5000;

/** Orders and positions of a user. */
export interface OpenTrades {
  /** Orders that are not over. */
  readonly orders: number;
  /** Positions in which something is held. */
  readonly positions: number;
}

/** What an erasure has come to. */
export interface Erasure {
  /** Documents that were removed. */
  readonly documents: number;
  /** Revisions of them that were forgotten, the removals included. */
  readonly revisions: number;
  /** Kept answers to idempotency keys, chains and orders that were forgotten. */
  readonly intents: number;
  /** API keys that were revoked. */
  readonly apiKeys: number;
  /** What was open at that moment, and stays in the ledger. */
  readonly open: OpenTrades;
}

/** Erases users. */
export interface UserErasure {
  /**
   * Erases `user`. Afterwards every instance gives him what a new user gets.
   * Orders, fills, positions and days of trading stay, and order numbers: none
   * comes twice. Events that name him stay until retention drops them.
   *
   * @param wish.actor Who asks for it.
   * @param wish.force Whether to erase him although orders or positions are open.
   * @throws {PortError} `conflict` when they are and `force` is not given
   * (facts: `orders`, `positions`); `unavailable`, `timeout` when it was
   * interrupted: calling again goes on.
   */
  erase(
    user: UserId,
    wish: { readonly actor: string; readonly force: boolean },
    signal?: AbortSignal,
  ): Promise<Erasure>;
}

/** Creates it. */
export function createUserErasure(parts: {
  readonly store: Pick<SettingsStore, "read" | "write">;
  readonly archive: Pick<SettingsArchive, "forget">;
  readonly bus: Pick<EventBus, "head">;
  readonly intents: Pick<OrderIntents, "forget">;
  /** Where answers of the venue are kept for a moment. */
  readonly caches: readonly Pick<ExchangeCache, "invalidate">[];
  readonly keys: {
    revokeAllOf(user: UserId, actor: string): Promise<number>;
  };
  /** Whether other instances may share the database. */
  readonly hasOthers: boolean;
  readonly clock: Pick<Clock, "sleep">;
  readonly openTrades: (
    user: UserId,
    signal?: AbortSignal,
  ) => Promise<OpenTrades>;
  readonly telemetry: Pick<Telemetry, "log">;
}): UserErasure {
  const { store, archive, bus, intents, caches, keys, openTrades } = parts;
  const { hasOthers, clock } = parts;

  /** Removes the documents; how many, and the position up to which they go. */
  async function removeDocuments(
    user: UserId,
    actor: string,
    signal?: AbortSignal,
  ): Promise<{ readonly documents: number; readonly upTo: number }> {
    const all = USER_DOCUMENTS.map((name) => settingsKey(user, name));
    // Read first: what has been forgotten since cannot be later than this.
    const { position } = await bus.head(signal);
    const { documents } = await store.read(all, signal);
    const changes = documents.flatMap((document) =>
      document ? [{ key: document.key, json: undefined }] : []
    );
    if (changes.length === 0) return { documents: 0, upTo: position };
    const versions = await store.write(changes, actor, signal);
    return { documents: changes.length, upTo: Math.max(...versions) };
  }

  return {
    async erase(user, { actor, force }, signal) {
      const open = await openTrades(user, signal);
      const { orders, positions } = open;
      if (!force && orders + positions > 0) {
        throw new PortError(
          "conflict",
          `Cannot erase ${user} as ${orders} orders and ${positions} positions are open: ` +
            "cancel and close them, or ask with force=true",
          { facts: { orders, positions } },
        );
      }
      // First of all, so that he changes nothing meanwhile.
      const apiKeys = await keys.revokeAllOf(user, actor);
      // Whatever he changes elsewhere until then is removed with the rest.
      if (apiKeys > 0 && hasOthers) await clock.sleep(OTHERS_TAKE_MS, signal);
      const { documents, upTo } = await removeDocuments(user, actor, signal);
      const past = USER_DOCUMENTS.map((name) => settingsKey(user, name));
      const revisions = await repeated(
        () => archive.forget(past, upTo, signal),
        MAX_TRIM,
      );
      const forgotten = await repeated(
        () => intents.forget(user, signal),
        MAX_INTENT_TRIM,
      );
      for (const cache of caches) {
        // What is left there is gone in seconds.
        await cache.invalidate(user, signal).catch(() => {});
      }
      const erasure: Erasure = {
        documents,
        revisions,
        intents: forgotten,
        apiKeys,
        open,
      };
      // Nothing that is called a key may be logged.
      const { open: _, apiKeys: revoked, ...counts } = erasure;
      parts.telemetry.log("warn", "a user was erased", {
        user_id: user,
        actor,
        ...counts,
        revoked,
      });
      return erasure;
    },
  };
}

/** Forgets until there is no more of it; how many in all. */
async function repeated(
  forget: () => Promise<number>,
  most: number,
): Promise<number> {
  let all = 0;
  for (;;) {
    const gone = await forget();
    all += gone;
    if (gone < most) return all;
  }
}
