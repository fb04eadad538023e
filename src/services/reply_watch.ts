/**
 * One follower of the log for all questions of a process that wait for their
 * answers.
 *
 * @module
 */
import type { ChannelMatcher } from "../../domain/event/channel_pattern.ts";
import type { LoggedEvent } from "../../domain/event/event.ts";
import type { EventBus, EventPage } from "../../ports/event_bus.ts";
import { MAX_EVENT_PAGE } from "../../ports/event_bus.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { onFirstAbort } from "../../ports/waiting.ts";
import { type EventCaller, visibleTo } from "./event_visibility.ts";
import type { Pacing } from "./retry.ts";
import { subscribe } from "./subscription.ts";

/** A question, as its answer is told by. */
export interface Wanted {
  /** Its id: an answer has it as its `correlation_id`. */
  readonly id: string;
  /** Its place: an answer stands behind it. */
  readonly position: number;
  /** The channels that an answer counts on. */
  readonly channels: ChannelMatcher;
  /** Who asks, and has to be allowed to see the answer. */
  readonly caller: EventCaller;
}

/** An answer. */
export interface Reply {
  /** The event. */
  readonly reply: LoggedEvent;
  /** The life of the log that it stands in. */
  readonly epoch: string;
}

/** Watches the log for answers. */
export interface ReplyWatch {
  /**
   * Waits for the first answer to `wanted`.
   *
   * @throws The reason of `signal` when it aborts; else as `subscribe`.
   */
  first(wanted: Wanted, signal: AbortSignal): Promise<Reply>;
}

/** Somebody who hears of what is read from now on. */
interface Listener extends Wanted {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (reason: unknown) => void;
}

/** How far the log has been read for everybody. */
interface Follower {
  position: number;
  epoch: string | undefined;
  readonly stop: AbortController;
}

/**
 * Creates a watch over `bus`. It reads the log only while somebody waits, and
 * remembers nothing of it: who comes with a question from before what has been
 * read catches up by itself, and then listens with the others.
 */
export function createReplyWatch(
  ports: Pacing & { readonly bus: EventBus; readonly telemetry: Telemetry },
): ReplyWatch {
  const { bus } = ports;
  /** By the ids of their questions. */
  const listeners = new Map<string, Set<Listener>>();
  let follower: Follower | undefined;

  function forget(listener: Listener): void {
    const same = listeners.get(listener.id);
    if (!same?.delete(listener)) return;
    if (same.size === 0) listeners.delete(listener.id);
    if (listeners.size > 0) return;
    follower?.stop.abort();
    follower = undefined;
  }

  async function follow(own: Follower): Promise<void> {
    const { position: after, stop: { signal } } = own;
    try {
      for await (const page of subscribe(bus, { ...ports, after, signal })) {
        // What it has read is another follower's by now.
        if (follower !== own) return;
        own.position = page.scannedTo;
        own.epoch = page.head.epoch;
        tell(page);
      }
    } catch (error) {
      if (follower !== own) return;
      const all = [...listeners.values()].flatMap((same) => [...same]);
      for (const listener of all) {
        forget(listener);
        listener.reject(error);
      }
    }
  }

  function tell({ events, head: { epoch } }: EventPage): void {
    for (const event of events) {
      const same = listeners.get(event.meta.correlation_id ?? "");
      for (const listener of [...same ?? []]) {
        if (!isReply(event, listener)) continue;
        forget(listener);
        listener.resolve({ reply: event, epoch });
      }
    }
  }

  /** Hears of what follows `wanted` and has not been read for everybody yet. */
  async function listen(wanted: Wanted, signal: AbortSignal): Promise<Reply> {
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const listener = { ...wanted, resolve, reject };
    const same = listeners.get(wanted.id) ?? new Set();
    listeners.set(wanted.id, same.add(listener));
    if (!follower) {
      const { position } = wanted;
      const stop = new AbortController();
      follower = { position, epoch: undefined, stop };
      void follow(follower);
    }
    const release = onFirstAbort([signal], reject);
    try {
      return await promise;
    } finally {
      release();
      forget(listener);
    }
  }

  /** Reads from `wanted` on until there is an answer, or no more was read for everybody. */
  async function catchUp(
    wanted: Wanted,
    { epoch }: Follower,
    signal: AbortSignal,
  ): Promise<Reply | number> {
    const { position: after, channels } = wanted;
    const pages = subscribe(bus, {
      ...ports,
      after,
      ...epoch === undefined ? {} : { epoch },
      channels,
      signal,
      pageSize: MAX_EVENT_PAGE,
    });
    for await (const { events, head, scannedTo } of pages) {
      const reply = events.find((event) => isReply(event, wanted));
      if (reply) return { reply, epoch: head.epoch };
      if (!follower || scannedTo >= follower.position) return scannedTo;
    }
    throw signal.reason;
  }

  return {
    async first(wanted, signal) {
      let from = wanted;
      // From the last of these looks to the listening nothing is awaited.
      while (follower && from.position < follower.position) {
        const found = await catchUp(from, follower, signal);
        if (typeof found !== "number") return found;
        from = { ...from, position: found };
      }
      signal.throwIfAborted();
      return await listen(from, signal);
    },
  };
}

function isReply(
  event: LoggedEvent,
  { id, position, channels, caller }: Wanted,
): boolean {
  return event.meta.correlation_id === id && event.position > position &&
    channels(event.channel) && visibleTo(caller, [event]).length > 0;
}
