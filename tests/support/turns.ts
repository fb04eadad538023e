/**
 * Lets asynchronous work go on while no real time is waited for.
 *
 * @module
 */
import type { FakeClock } from "./fake_clock.ts";

/** Runs whatever is ready, without any time passing. */
export async function settle(turns = 100): Promise<void> {
  for (let i = 0; i < turns; i++) await Promise.resolve();
}

/** Lets time pass in steps, so that sleepers may sleep again. */
export async function pass(clock: FakeClock, ms: number): Promise<void> {
  const step = Math.max(10, ms / 100);
  await settle();
  for (let left = ms; left > 0; left -= step) {
    await clock.advance(Math.min(step, left));
    await settle(20);
  }
}
