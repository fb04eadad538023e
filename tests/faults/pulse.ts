/**
 * Whether Redis answers in time, felt from outside: an instance has not got
 * either what a busy machine does not let anybody have.
 *
 * @module
 */
import { sleep, within } from "../../scripts/server_process.ts";
import type { World } from "./world.ts";

/** How often it is felt. */
const BEAT_MS = 25;

/** An instance waits no longer for an answer. */
const DEADLINE_MS = 50;

/**
 * Feels the Redis of `world`, and notes when it was late, until `signal` aborts.
 *
 * @returns For how many milliseconds it was.
 */
export async function feelRedis(
  world: World,
  signal: AbortSignal,
): Promise<number> {
  const { instances, outages } = world;
  let lateMs = 0;
  while (!signal.aborted) {
    const from = performance.now();
    const answer = world.redis.command("PING").catch(() => undefined);
    const isThere = await within(1000, answer) === "PONG";
    await sleep(BEAT_MS);
    const to = performance.now();
    if (isThere && to - from <= DEADLINE_MS + BEAT_MS) continue;
    lateMs += to - from;
    for (const { name } of instances) outages.note(name, "answers", from, to);
  }
  return lateMs;
}
