/**
 * Relays on a Redis of a test's own, and those who hear of it all.
 *
 * @module
 */
import { createClient } from "@redis/client";
import type { RedisConnection } from "../../adapters/redis/connection.ts";
import { createRedisVolatileRelay } from "../../adapters/redis/volatile_relay.ts";
import { createSystemClock } from "../../adapters/system/clock.ts";
import type { NewEvent } from "../../domain/event/event.ts";
import { CHANNELS } from "../../domain/event/registry.ts";
import type { RelayResult, VolatileRelay } from "../../ports/volatile_relay.ts";
import { sleep } from "../../scripts/server_process.ts";
import { anEvent } from "./events.ts";
import {
  createRecordingTelemetry,
  type RecordingTelemetry,
} from "./recording_telemetry.ts";
import { openConnection, type RedisCli, until } from "./redis_world.ts";
import { createSeededEntropy } from "./seeded_entropy.ts";

const LIMIT_MS = 15_000;

/** What has come, in order. */
export interface Inbox<T> {
  readonly all: readonly T[];
  put(item: T): void;
  /** The next one that was not taken; fails when none comes for long. */
  next(): Promise<T>;
}

/** Creates an inbox that is empty. */
export function createInbox<T>(): Inbox<T> {
  const all: T[] = [];
  let taken = 0;
  let ring = () => {};
  return {
    all,
    put(item) {
      all.push(item);
      ring();
    },
    async next() {
      if (taken === all.length) {
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        ring = resolve;
        const timer = setTimeout(
          () => reject(new Error("nothing came")),
          LIMIT_MS,
        );
        await promise.finally(() => clearTimeout(timer));
      }
      return all[taken++]!;
    },
  };
}

/** Looks again and again until `holds`, for what nobody tells of. */
export async function seen(
  what: string,
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + LIMIT_MS;
  while (!await holds()) {
    if (performance.now() > deadline) throw new Error(`never: ${what}`);
    await sleep(5);
  }
}

/** Waits until `count` connections are subscribed to `channel`. */
export function untilSubscribed(
  cli: RedisCli,
  count: number,
  channel = "hf:volatile:0",
): Promise<void> {
  return seen(
    `${count} subscribers of ${channel}`,
    async () => (await cli("PUBSUB", "NUMSUB", channel))[1] === count,
  );
}

/** A plain subscriber, as redis-cli is one. */
export async function subscribePlain(
  url: string,
  channel: string,
): Promise<Inbox<string> & AsyncDisposable> {
  const client = createClient({
    url,
    RESP: 2,
    disableClientInfo: true,
    socket: { reconnectStrategy: false },
  });
  client.on("error", () => {});
  const inbox = createInbox<string>();
  await client.connect();
  await client.subscribe(channel, (message) => inbox.put(message));
  return {
    ...inbox,
    async [Symbol.asyncDispose]() {
      client.destroy();
    },
  };
}

/** A price, as it is published. */
export function aPrice(ticker: string, price: number): NewEvent {
  return anEvent({ ticker, price: `${price}` }, {
    channel: "market.price_update",
    key: ticker,
  });
}

/** One instance's relay, listening. */
export interface RelayWorld extends AsyncDisposable {
  readonly relay: VolatileRelay;
  readonly connection: RedisConnection;
  readonly telemetry: RecordingTelemetry;
  readonly heard: Inbox<NewEvent>;
  readonly counted: (result: RelayResult) => number;
}

let instances = 0;

/** Opens a relay whose connection is up; its calls may take `callMs`. */
export async function openRelay(
  url: string,
  callMs = 2000,
): Promise<RelayWorld> {
  const telemetry = createRecordingTelemetry();
  const deadlines = { callMs };
  const connection = openConnection({ url, telemetry, deadlines });
  const relay = createRedisVolatileRelay(connection, {
    url,
    telemetry,
    clock: createSystemClock(),
    entropy: createSeededEntropy(1000 + instances++),
  });
  const heard = createInbox<NewEvent>();
  const stop = new AbortController();
  const listening = relay.listen(CHANNELS, heard.put, stop.signal);
  await until(connection, () => connection.isUp);
  return {
    relay,
    connection,
    telemetry,
    heard,
    counted: (result) =>
      telemetry.counted("holdfast_volatile_relay_total", { result }),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await listening;
      await connection[Symbol.asyncDispose]();
    },
  };
}
