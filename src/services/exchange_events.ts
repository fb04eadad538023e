/**
 * Forgets what the venue said of an account once the log tells of a trade that
 * another instance has entered: Redis may be away, or not be there for all.
 *
 * @module
 */
import { parseChannelPatterns } from "../../domain/event/channel_pattern.ts";
import type { UserId } from "../../domain/user_id.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import type { ExchangeAccounts } from "./exchange_cache.ts";
import { keepTrack } from "./keep_track.ts";
import type { Pacing } from "./retry.ts";
import { subscribe } from "./subscription.ts";

const CHANNELS = parseChannelPatterns([
  "orders.executed",
  "positions.updated",
]);

/** What the follower works on. */
export interface ExchangeEventPorts extends Pacing {
  /** The log to follow. */
  readonly bus: EventBus;
  /** What forgets. */
  readonly accounts: Pick<ExchangeAccounts, "invalidate">;
  /** Told of what goes wrong. */
  readonly telemetry: Telemetry;
  /** How long events are gathered, to be read at once. */
  readonly gatherMs?: number;
}

/**
 * Follows the log from its head until `signal` aborts. What is missed while it
 * cannot be read is over within the life of an answer.
 */
export async function followTrades(
  ports: ExchangeEventPorts,
  signal: AbortSignal,
): Promise<void> {
  const { bus, accounts, clock, entropy, telemetry, gatherMs = 0 } = ports;
  await keepTrack(
    async (onProgress) => {
      const { position: after, epoch } = await bus.head(signal);
      const options = { clock, entropy, telemetry, channels: CHANNELS, signal };
      const pages = subscribe(bus, { ...options, after, epoch, gatherMs });
      for await (const page of pages) {
        const users = new Set(page.events.map(({ meta }) => meta.user));
        for (const user of users) {
          // Of a text that is no user nothing is held.
          if (user !== undefined) await accounts.invalidate(user as UserId);
        }
        onProgress();
      }
    },
    "lost track of trades; accounts at the venue may be 5 s old",
    ports,
    signal,
  );
}
