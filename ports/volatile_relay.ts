/**
 * The volatile relay port: volatile events from one instance to the others.
 *
 * @module
 */
import type { NewEvent } from "../domain/event/event.ts";
import type { ChannelRegistry } from "../domain/event/registry.ts";

/** What became of events: labels of `holdfast_volatile_relay_total`. */
export type RelayResult = "sent" | "dropped" | "received" | "refused";

/**
 * Hands volatile events on as far as it can: they may get lost on the way, and
 * nobody ever waits for it or hears of an error.
 */
export interface VolatileRelay {
  /**
   * Hands `event` to the other instances, and to plain subscribers of its
   * channel. Returns at once. Of events of one key that wait the newest is
   * sent; what cannot be sent, or is beyond the bound, is counted as dropped.
   */
  send(event: NewEvent): void;

  /**
   * Calls `listener` with what the other instances send, until `signal` aborts,
   * and then resolves. What is no acceptable event of a volatile channel of
   * `channels` is counted as refused. After an outage it goes on by itself; what
   * was sent meanwhile is lost.
   */
  listen(
    channels: ChannelRegistry,
    listener: (event: NewEvent) => void,
    signal: AbortSignal,
  ): Promise<void>;
}
