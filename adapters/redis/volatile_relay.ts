/**
 * Volatile events between instances through Redis's channels.
 *
 * An event is published twice: flat on the channel of its name, for plain
 * subscribers, and whole on a channel of the database's number, as Redis tells
 * channels of different databases not apart. Hearing needs a connection of its
 * own, which there is while the other one is up.
 *
 * @module
 */
import { formatVolatileEvent } from "../../domain/event/envelope.ts";
import type { NewEvent } from "../../domain/event/event.ts";
import { createNewestEvents } from "../../domain/event/newest_events.ts";
import {
  formatRelayedEvent,
  isRelayedBy,
  parseRelayedEvent,
} from "../../domain/event/relayed_event.ts";
import { uuidV7 } from "../../domain/uuid.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Entropy } from "../../ports/entropy.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import type { RelayResult, VolatileRelay } from "../../ports/volatile_relay.ts";
import { parseRedisAddress, type RedisLocation } from "./address.ts";
import { DEFAULT_DEADLINES, type RedisConnection } from "./connection.ts";
import { createDeadlines } from "./deadlines.ts";
import { connectionFaultOf, type RedisFault } from "./errors.ts";
import { volatileChannel } from "./keys.ts";
import { openLink } from "./link.ts";
import type { CallOptions } from "./patience.ts";
import { createScript } from "./script.ts";
import relay from "./scripts/relay.lua" with { type: "text" };

const RELAY = createScript("relay", relay);

/** Most characters of data in one call: others wait behind it. */
const CALL_CHARS = 32 * 1024;

/**
 * Longer than a connection lives that says nothing, so that no call is made
 * while one is under way. Others decide whether the server is fit.
 */
const CALL: CallOptions = { deadlineMs: 5000, strikes: false };

/** Between two subscriptions: at first, and at most. */
const PAUSE_MS = { first: 20, most: 2000 };

const NOT_HEARD = "volatile events of other instances are not heard";

/** A subscription that has lasted so long was a good one. */
const STABLE_MS = 1000;

/**
 * Creates a relay over `connection`.
 *
 * @param options The server of `connection`, and what the relay stands on.
 */
export function createRedisVolatileRelay(
  connection: RedisConnection,
  options: RedisLocation & {
    readonly clock: Clock;
    readonly entropy: Entropy;
    readonly telemetry: Telemetry;
  },
): VolatileRelay {
  const { clock, entropy, telemetry } = options;
  const address = parseRedisAddress(options);
  const ours = volatileChannel(address.db);
  const sender = uuidV7(clock.now(), entropy.bytes(10));
  const waiting = createNewestEvents();
  let isSending = false;
  let isDenialTold = false;
  let isRefusalTold = false;

  function count(result: RelayResult, by = 1): void {
    telemetry.count("holdfast_volatile_relay_total", { result }, by);
  }

  async function sendAll(): Promise<void> {
    // What is published together goes together.
    await Promise.resolve();
    while (waiting.size > 0) await publish(waiting.take(CALL_CHARS));
    isSending = false;
  }

  async function publish(events: readonly NewEvent[]): Promise<void> {
    try {
      const args = events.flatMap((event) => [
        event.channel,
        formatVolatileEvent(event, "flat"),
        ours,
        formatRelayedEvent(event, sender),
      ]);
      const call = { script: RELAY, keys: [], args };
      const said = await connection.run(call, CALL);
      count("sent", events.length);
      if (said === "" || isDenialTold) return;
      isDenialTold = true;
      telemetry.log("warn", "Redis does not publish every volatile event", {
        reason: said,
      });
    } catch {
      count("dropped", events.length);
    }
  }

  /** Subscribes, and resolves when that has ended. */
  async function hear(
    receive: (message: string) => void,
    onBegin: () => void,
    signal: AbortSignal,
  ): Promise<void> {
    const deadlines = createDeadlines(clock);
    const { connectMs } = DEFAULT_DEADLINES;
    const dueAt = clock.monotonic() + connectMs;
    try {
      const link = await openLink(address, deadlines, { connectMs, dueAt });
      const { lost } = link;
      try {
        await link.subscribe(ours, receive, dueAt);
        onBegin();
        const isOver = () => lost.aborted || signal.aborted || !connection.isUp;
        await until(isOver, connection, [lost, signal]);
      } finally {
        link.close();
      }
    } finally {
      deadlines.stop();
    }
  }

  return {
    send(event) {
      if (!connection.isUp) return count("dropped");
      if (waiting.put(event)) count("dropped");
      if (isSending) return;
      isSending = true;
      sendAll();
    },

    async listen(channels, listener, signal) {
      /** Attempts since the last good subscription. */
      let failures = 0;
      let isTold = false;

      function receive(message: string): void {
        if (signal.aborted || isRelayedBy(sender, message)) return;
        const event = parseRelayedEvent(message, channels);
        count(event ? "received" : "refused");
        if (event) return listener(event);
        if (isRefusalTold) return;
        isRefusalTold = true;
        telemetry.log("warn", "what came as a volatile event is none", {
          channel: ours,
        });
      }

      function begin(): void {
        if (!isTold) return;
        isTold = false;
        telemetry.log("info", "volatile events of other instances are heard");
      }

      function note({ kind, reason }: RedisFault): void {
        // A server that goes away is told of by the connection, a moment later.
        const isLasting = connection.isUp && (kind !== "away" || failures > 0);
        if (isLasting && !isTold) {
          isTold = true;
          const told = { reason: `Cannot subscribe to ${ours} as ${reason}` };
          telemetry.log("warn", NOT_HEARD, told);
        }
      }

      async function hearOnce(): Promise<void> {
        const beganAt = clock.monotonic();
        try {
          await hear(receive, begin, signal);
        } catch (error) {
          if (!signal.aborted) note(connectionFaultOf(error));
        }
        const wasGood = clock.monotonic() >= beganAt + STABLE_MS;
        failures = wasGood ? 0 : failures + 1;
        const pauseMs = PAUSE_MS.first * 2 ** failures;
        const jitter = 0.75 + entropy.fraction() / 4;
        await clock.sleep(Math.min(pauseMs, PAUSE_MS.most) * jitter, signal)
          .catch(() => {});
      }

      const mayTry = () => connection.isUp || signal.aborted;
      while (!signal.aborted) {
        await until(mayTry, connection, [signal]);
        if (!signal.aborted) await hearOnce();
      }
    },
  };
}

/** Resolves once `holds`, looking whenever `connection` changes or one of `signals` aborts. */
function until(
  holds: () => boolean,
  connection: RedisConnection,
  signals: readonly AbortSignal[],
): Promise<void> {
  return new Promise((resolve) => {
    const stop = connection.listen(look);
    for (const signal of signals) signal.addEventListener("abort", look);
    look();

    function look(): void {
      if (!holds()) return;
      stop();
      for (const signal of signals) signal.removeEventListener("abort", look);
      resolve();
    }
  });
}
