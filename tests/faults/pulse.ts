/**
 * Whether Redis and the instances answer in time, felt from outside: what a busy
 * machine lets nobody have, an instance has not got either.
 *
 * @module
 */
import { sleep, within } from "../../scripts/server_process.ts";
import type { Instance } from "./instance.ts";
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

/**
 * Feels whether `instance` comes to answering at all, and notes when it was late,
 * until `signal` aborts: a process that gets no time hears Redis too late as well.
 */
export async function feelInstance(
  { outages }: World,
  { name, url }: Instance,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const from = performance.now();
    await fetch(`${url}/health/live`, { signal: AbortSignal.timeout(1000) })
      .then((response) => response.text())
      // Whether it is there at all, others look at.
      .catch(() => undefined);
    await sleep(BEAT_MS);
    const to = performance.now();
    if (to - from > DEADLINE_MS + BEAT_MS) {
      outages.note(name, "answers", from, to);
    }
  }
}
