/**
 * The volatile lane: events of which only the newest of each key matters.
 *
 * They are never in the log and reach only listeners of this process. A slow
 * listener gets fewer of them, never older ones first.
 *
 * @module
 */
import type { ChannelMatcher } from "../../domain/event/channel_pattern.ts";
import type { NewEvent } from "../../domain/event/event.ts";

/** Most keys that wait for one listener; beyond, the oldest event is dropped. */
const MAX_WAITING = 1024;

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
  /** The newest event of each key. */
  readonly waiting: Map<string, NewEvent>;
  ring(): void;
}

/** Creates a lane that nobody listens to yet. */
export function createVolatileLane(): VolatileLane {
  const mailboxes = new Set<Mailbox>();
  let dropped = 0;

  return {
    get dropped() {
      return dropped;
    },

    emit(event) {
      let receivers = 0;
      for (const { channels, waiting, ring } of mailboxes) {
        if (channels?.(event.channel) === false) continue;
        receivers++;
        const key = `${event.channel} ${event.key ?? ""}`;
        waiting.delete(key);
        waiting.set(key, event);
        if (waiting.size > MAX_WAITING) {
          dropped++;
          waiting.delete(waiting.keys().next().value!);
        }
        ring();
      }
      return receivers;
    },

    async *listen(channels, signal) {
      const mailbox: Mailbox = { channels, waiting: new Map(), ring() {} };
      const { waiting } = mailbox;
      const onAbort = () => mailbox.ring();
      mailboxes.add(mailbox);
      signal.addEventListener("abort", onAbort);
      try {
        while (!signal.aborted) {
          if (waiting.size === 0) {
            await new Promise<void>((resolve) => mailbox.ring = resolve);
            continue;
          }
          const events = [...waiting.values()];
          waiting.clear();
          yield events;
        }
      } finally {
        mailboxes.delete(mailbox);
        signal.removeEventListener("abort", onAbort);
      }
    },
  };
}
