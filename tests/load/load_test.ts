/**
 * A short load: no error, and what a run under load tells is true.
 *
 * @module
 */
import { equal, match, ok } from "../support/assert.ts";
import { makeSchema } from "../support/postgres_world.ts";
import { canStartRedis, startRedis } from "../support/redis_world.ts";
import { requireService } from "../support/services.ts";
import { runClient } from "./client.ts";
import { growthOf } from "./memory.ts";
import { runLoad } from "./run.ts";
import { isSteady, tellLoad } from "./tell.ts";

const database = await requireService(import.meta.url, "postgres");
if (database !== undefined && await canStartRedis(import.meta.url)) {
  Deno.test("a hundred clients for three seconds see no error", async () => {
    await using schema = await makeSchema(database);
    await using redis = await startRedis();
    const run = await runLoad({
      databaseUrl: schema.url,
      redisUrl: redis.url,
      clients: 100,
      seconds: 3,
    });
    ok(isSteady(run), tellLoad(run));
    equal(run.latencies.size, 8, tellLoad(run));
    ok(run.streams.events > 0, tellLoad(run));
    match(tellLoad(run), /requests\/s[^]*No error$/);
  });
}

const samples = (mib: (atS: number) => number) =>
  Array.from({ length: 100 }, (_, i) => ({ atS: i * 6, mib: mib(i * 6) }));

Deno.test("memory that comes and goes is flat, memory that only comes is not", () => {
  const waves = growthOf(samples((atS) => 120 + 30 * Math.sin(atS)));
  ok(waves.isFlat);
  const start = growthOf(samples((atS) => 150 - 70 / (1 + atS)));
  ok(start.isFlat && Math.abs(start.mibPerMinute) < 1);
  const leak = growthOf(samples((atS) => 100 + atS / 4));
  equal(leak.isFlat, false);
  ok(Math.abs(leak.mibPerMinute - 15) < 0.1, `${leak.mibPerMinute}`);
});

Deno.test("a service that errs, forgets or repeats is found out", async () => {
  const answers: [RegExp, () => Response][] = [
    [/: 503 /, () => new Response("{}", { status: 503 })],
    [/order number: 1 came after 1/, () => Response.json({ first: 1 })],
    [/wrote \d+ and read 0/, () => Response.json({ min_profit_usd: 0 })],
    [/features: a vector is not whole/, () => Response.json({})],
    [/SyntaxError/, () => new Response("nothing")],
  ];
  for (const [said, answer] of answers) {
    const server = Deno.serve({ port: 0, onListen() {} }, answer);
    const stop = new AbortController();
    const faults = new Set<string>();
    let draw = 0;
    const { promise: found, resolve } = Promise.withResolvers<void>();
    const work = runClient({
      url: `http://127.0.0.1:${server.addr.port}`,
      user: "ann",
      draw: () => (draw += 0.37) % 1,
      tally: {
        done() {},
        failed(operation, why) {
          const fault = `${operation}: ${why}`;
          faults.add(fault);
          if (said.test(fault)) resolve();
        },
      },
      signal: stop.signal,
    });
    await found;
    stop.abort();
    await work;
    await server.shutdown();
    ok([...faults].some((fault) => said.test(fault)));
  }
});

Deno.test("a run with an error, or whose memory grows, is not steady", () => {
  const memory = growthOf(samples(() => 100));
  const run = {
    clients: 1,
    seconds: 1,
    latencies: new Map(),
    requestsPerSecond: 1,
    errors: new Map<string, number>(),
    notes: ['{"level":"warn"}'],
    streams: { count: 0, events: 0 },
    memory,
  };
  ok(isSteady(run));
  ok(!isSteady({ ...run, errors: new Map([["settings get: 503", 2]]) }));
  ok(!isSteady({ ...run, notes: ['{"level":"error"}'] }));
  ok(!isSteady({ ...run, memory: { ...memory, isFlat: false } }));
});
