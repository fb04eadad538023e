/**
 * Volatile events between services that share a database and a Redis, over
 * HTTP; and without Redis.
 *
 * @module
 */
import { parseConfig } from "../src/config.ts";
import { type Holdfast, openHoldfast } from "../src/holdfast.ts";
import { follow, type StreamClient } from "./http/event_client.ts";
import { deepEqual, equal, match, ok } from "./support/assert.ts";
import { needs } from "./support/needs.ts";
import { quietPort } from "./support/quiet_port.ts";
import {
  createRecordingTelemetry,
  type RecordingTelemetry,
} from "./support/recording_telemetry.ts";
import { canStartRedis, startRedis } from "./support/redis_world.ts";
import {
  seen,
  subscribePlain,
  untilSubscribed,
} from "./support/volatile_relay_world.ts";

/** Far more than a publish takes, far less than Redis is waited for. */
const AT_ONCE_MS = 1000;

/** A service and what it says. */
interface Instance extends AsyncDisposable {
  readonly service: Holdfast;
  readonly telemetry: RecordingTelemetry;
  /** Publishes a price; tells the answer. */
  publish(ticker: string): Promise<{ lane: string; receivers: number }>;
  /** Follows events, from now on. */
  follow(query?: string): Promise<StreamClient>;
  counted(result: string): number;
}

async function openInstance(env: Record<string, string>): Promise<Instance> {
  const telemetry = createRecordingTelemetry();
  const service = await openHoldfast(parseConfig(env), {
    telemetry: { ...telemetry, exposition: () => "" },
  });
  return {
    service,
    telemetry,
    async publish(ticker) {
      const beganAt = performance.now();
      const response = await service.app.request("/api/v1/events", {
        method: "POST",
        body: JSON.stringify({
          event_type: "market.price_update",
          timestamp: "2026-01-02T15:00:00Z",
          data: { ticker, price: "478.12" },
          metadata: { source: "feed" },
        }),
      });
      const ms = performance.now() - beganAt;
      ok(ms < AT_ONCE_MS, `took ${ms} ms`);
      equal(response.ok, true);
      return await response.json();
    },
    async follow(query = "") {
      const client = await follow(service.app, query);
      // Where it begins.
      await client.next();
      return client;
    },
    counted: (result) =>
      telemetry.counted("holdfast_volatile_relay_total", { result }),
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

/** The next volatile event of a stream. */
async function nextOf(client: StreamClient) {
  for (;;) {
    const { event, id, data } = await client.next();
    if (event !== undefined) continue;
    equal(id, undefined);
    return JSON.parse(data!);
  }
}

if (await needs(import.meta.url, ["read", "write"])) {
  Deno.test("without Redis a volatile event stays with its service, and is counted", async () => {
    await using ann = await openInstance({ STORE: "memory" });
    const stream = await ann.follow();
    equal((await ann.publish("SPY")).receivers, 1);
    equal((await nextOf(stream)).data.ticker, "SPY");
    equal(ann.counted("dropped"), 1);
    await stream.leave();
  });
}

if (await canStartRedis(import.meta.url)) {
  Deno.test("a stream of one service shows what another publishes, whatever becomes of Redis", async () => {
    const dir = await Deno.makeTempDir();
    const port = quietPort();
    const env = { DATA_DIR: dir, REDIS_URL: `redis://127.0.0.1:${port}` };
    const redis = await startRedis([], port);
    {
      await using ann = await openInstance(env);
      await using bob = await openInstance(env);
      await untilSubscribed(redis.cli, 2);
      const atAnns = await ann.follow();
      const atBobs = await bob.follow("?channel=market.*");
      {
        await using plain = await subscribePlain(
          redis.url,
          "market.price_update",
        );
        const { lane, receivers } = await ann.publish("SPY");
        deepEqual([lane, receivers], ["volatile", 1]);
        const here = await nextOf(atAnns);
        const there = await nextOf(atBobs);
        deepEqual(there, here);
        deepEqual([there.metadata.source, there.metadata.key], ["feed", "SPY"]);
        match(await plain.next(), /^{"event_type":.*"ticker":"SPY"/);
        // What came from others goes no further: hers is the next that there is.
        await bob.publish("QQQ");
        match(await plain.next(), /"ticker":"QQQ"/);
        equal((await nextOf(atAnns)).data.ticker, "QQQ");
        equal((await nextOf(atBobs)).data.ticker, "QQQ");
        await seen("sent", () => bob.counted("sent") === 1);
        equal(ann.counted("received"), 1);
      }

      redis.signal("SIGSTOP");
      equal((await ann.publish("FROZEN")).receivers, 1);
      equal((await nextOf(atAnns)).data.ticker, "FROZEN");
      redis.signal("SIGKILL");
      await seen("the loss", () => ann.counted("dropped") === 1);
      equal((await ann.publish("GONE")).receivers, 1);
      equal((await nextOf(atAnns)).data.ticker, "GONE");
      equal(ann.counted("dropped"), 2);
      await redis[Symbol.asyncDispose]();

      await using again = await startRedis([], port);
      await untilSubscribed(again.cli, 2);
      await seen("Redis is used again", async () => {
        await ann.publish("BACK");
        return ann.counted("sent") > 1;
      });
      equal((await nextOf(atBobs)).data.ticker, "BACK");
      for (const client of [atAnns, atBobs]) await client.leave();
    }
    await Deno.remove(dir, { recursive: true });
  });
}
