/**
 * What the fence costs the server in each script.
 *
 * @module
 */
import { createClient } from "@redis/client";
import { CHECKPOINT } from "../../adapters/redis/keys.ts";
import { createScript } from "../../adapters/redis/script.ts";
import fence from "../../adapters/redis/scripts/fence.lua" with {
  type: "text",
};
import { formatCheckpoint } from "../../domain/checkpoint.ts";
import { createRedis, type PrivateRedis } from "../support/redis_server.ts";
import { type Figure, quantile } from "./figure.ts";

const CALLERS = 64;
const CALLS_A_SCRIPT = 40 * CALLERS;

/** Pairs of scripts with and without the fence; the median of an odd number. */
const PAIRS = 11;

const BARE = 'local mark = redis.pcall("GET", KEYS[1])\nreturn 1';

/** Measures on a Redis of its own, from `bin`. */
export async function benchFence(bin: string): Promise<Figure[]> {
  await using redis = await createRedis(bin, { appendfsync: "everysec" });
  await redis.start();
  const mark = formatCheckpoint({
    epoch: "019b7ca9-8c88-7000-87fb-f7479cb86dfe",
    generation: "d1a907e48695079f",
    position: 400,
    settingsPosition: 399,
  });
  await redis.command("SET", CHECKPOINT, mark);
  const client = createClient({ url: redis.url, RESP: 2 });
  client.on("error", () => {});
  await client.connect();
  const costUs = await costOfFence(
    redis,
    (command) => client.sendCommand(command),
  );
  await client.close();
  return [{
    name: "redis: the fence in a script, server time",
    value: costUs,
    unit: "µs",
    limit: 3,
    beside: `median of ${PAIRS} pairs`,
  }];
}

/**
 * Microseconds of server time that the fence adds to a script that reads the
 * checkpoint: the two by turns, as a machine is not as fast all the time.
 */
async function costOfFence(
  redis: PrivateRedis,
  send: (command: string[]) => Promise<unknown>,
): Promise<number> {
  const replication = String(await redis.command("INFO", "replication"));
  const history = /master_replid:(\w+)/.exec(replication)![1]!;
  const cost = async (text: string) => {
    const { sha } = createScript("fence", text);
    await redis.command("SCRIPT", "LOAD", text);
    await redis.command("CONFIG", "RESETSTAT");
    // As under load: many at a time.
    const call = ["EVALSHA", sha, "1", CHECKPOINT, history];
    for (let i = 0; i < CALLS_A_SCRIPT / CALLERS; i++) {
      await Promise.all(Array.from({ length: CALLERS }, () => send(call)));
    }
    const stats = String(await redis.command("INFO", "commandstats"));
    return Number(/cmdstat_evalsha:.*?usec_per_call=([\d.]+)/.exec(stats)![1]);
  };
  const differences: number[] = [];
  for (let pair = -1; pair < PAIRS; pair++) {
    const bare = await cost(BARE);
    const fenced = await cost(`${fence}\nreturn 1`);
    if (pair >= 0) differences.push(fenced - bare);
  }
  return quantile(differences, 0.5);
}
