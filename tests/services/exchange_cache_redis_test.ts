/**
 * What the venue says of accounts, shared by instances on a real Redis.
 *
 * @module
 */
import { openMemoryExchangeCache } from "../../adapters/memory/exchange_cache.ts";
import { openRedisExchangeCache } from "../../adapters/redis/exchange_cache.ts";
import { openRedisFastLayer } from "../../adapters/redis/fast_layer.ts";
import { createSystemClock } from "../../adapters/system/clock.ts";
import { createExchangeAccounts } from "../../src/services/exchange_cache.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";
import { ANN, createVenue, look } from "../support/exchange_world.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";
import {
  canStartRedis,
  openConnection,
  startRedis,
  until,
} from "../support/redis_world.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";

if (await canStartRedis(import.meta.url)) {
  Deno.test("on Redis: instances share answers, and orders void what others ask for", async () => {
    await using world = await openRedisWorld();
    const { venue, ann, bob } = world;
    equal(await look(ann), "1 broker");
    equal(await look(bob), "1 redis");
    for (let round = 0n; round < 20n; round++) {
      await ann.invalidate(ANN);
      const [release, asked] = [venue.hold(), venue.asked()];
      const before = look(ann);
      await asked;
      venue.trade(ANN, 10n + round);
      await bob.invalidate(ANN);
      release();
      await before;
      equal(await look(ann), `${10n + round} broker`);
      equal(await look(bob), `${10n + round} redis`);
    }
  });

  Deno.test("on Redis: two instances that ask at once are one call of the venue", async () => {
    await using world = await openRedisWorld();
    const { venue, ann, bob } = world;
    await ann.invalidate(ANN);
    const answers = await Promise.all([look(ann), look(bob)]);
    deepEqual(answers.sort(), ["1 broker", "1 redis"]);
    equal(venue.calls(), 1);
  });

  Deno.test("a frozen Redis costs one deadline three times, then nothing, and hides no order", async () => {
    await using world = await openRedisWorld(50);
    const { venue, ann, server, connection } = world;
    await look(ann);
    server.signal("SIGSTOP");
    venue.trade(ANN, 2n);
    const tookMs: number[] = [];
    for (let n = 0; n < 8; n++) {
      const began = performance.now();
      if (n === 0) await ann.invalidate(ANN);
      else equal((await look(ann)).slice(0, 1), "2");
      tookMs.push(performance.now() - began);
    }
    equal(connection.isUp, false);
    ok(tookMs.every((ms) => ms < 150), `${tookMs}`);
    // Five deadlines would be 250 ms.
    const rest = tookMs.slice(3).reduce((sum, ms) => sum + ms, 0);
    ok(rest < 150, `${tookMs}`);
    server.signal("SIGCONT");
    await until(connection, () => connection.isUp);
    equal((await look(ann)).slice(0, 1), "2");
  });
}

/** Two instances on a Redis of their own. */
async function openRedisWorld(callMs = 2000) {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await startRedis());
  const clock = createSystemClock();
  const deadlines = { callMs };
  const connection = stack.use(openConnection({ url: server.url, deadlines }));
  await until(connection, () => connection.isUp);
  const { history } = await stack.use(openRedisFastLayer(connection)).inspect();
  const venue = createVenue();
  const open = (seed: number) =>
    createExchangeAccounts({
      broker: venue,
      caches: {
        local: openMemoryExchangeCache(clock),
        shared: openRedisExchangeCache(connection, {
          history: () => history,
          entropy: createSeededEntropy(seed),
          clock,
        }),
      },
      clock,
      telemetry: createRecordingTelemetry(),
    });
  const [ann, bob] = [open(1), open(2)];
  const opened = stack.move();
  return {
    server,
    connection,
    venue,
    ann,
    bob,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
