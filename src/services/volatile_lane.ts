/**
 * The volatile lane: events of which only the newest of each key matters.
 *
 * They are never in the log. The lane hands them to listeners of this process;
 * what other instances publish comes in through the relay. A slow listener gets
 * fewer of them, never older ones first.
 *
 * @module
 */
import type { ChannelMatcher } from "../../domain/event/channel_pattern.ts";
import type { NewEvent } from "../../domain/event/event.ts";
import {
  createNewestEvents,
  type NewestEvents,
} from "../../domain/event/newest_events.ts";
import type { Telemetry } from "../../ports/telemetry.ts";

/** Hands volatile events to whoever listens. */
export interface VolatileLane {
  /** Events that were dropped, not counting those that a newer one replaced. */
  readonly dropped: number;

  /** Hands `event` to every listener that asks for its channel; tells to how many. */
  emit(event: NewEvent): number;

  /** Yields what has come since it was last asked, until `signal` aborts. */
  listen(
    channels: ChannelMatcher | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<readonly NewEvent[], void>;
}

interface Mailbox {
  readonly channels: ChannelMatcher | undefined;
  readonly waiting: NewestEvents;
  ring(): void;
}

/** Creates a lane that nobody listens to yet. */
export function createVolatileLane(telemetry: Telemetry): VolatileLane {
  const mailboxes = new Set<Mailbox>();
  let dropped = 0;
  /** Drops at which the log is told again: each time twice as many. */
  let nextDropReport = 1;

  function reportDrops(): void {
    if (dropped < nextDropReport) return;
    nextDropReport = dropped * 2;
    telemetry.log("warn", "volatile events dropped; listeners are slow", {
      dropped,
    });
  }

  return {
    get dropped() {
      return dropped;
    },

    emit(event) {
      let receivers = 0;
      for (const { channels, waiting, ring } of mailboxes) {
        if (channels?.(event.channel) === false) continue;
        receivers++;
        if (waiting.put(event)) dropped++;
        ring();
      }
      reportDrops();
      return receivers;
    },

    async *listen(channels, signal) {
      const waiting = createNewestEvents();
      const mailbox: Mailbox = { channels, waiting, ring() {} };
      const onAbort = () => mailbox.ring();
      mailboxes.add(mailbox);
      signal.addEventListener("abort", onAbort);
      try {
        while (!signal.aborted) {
          if (waiting.size === 0) {
            await new Promise<void>((resolve) => mailbox.ring = resolve);
            continue;
          }
          yield waiting.take();
        }
      } finally {
        mailboxes.delete(mailbox);
        signal.removeEventListener("abort", onAbort);
      }
    },
  };
}
