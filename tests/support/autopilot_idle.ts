/**
 * An autopilot that has read the log and runs cycles when a test says so.
 *
 * @module
 */
import type { Bars } from "../../domain/bars.ts";
import { createAutopilotWorld } from "./autopilot_world.ts";
import { weekdayBars, withValue } from "./market.ts";
import { settle } from "./turns.ts";

/** Bars of each symbol. */
export const LENGTH = 200;

/** Bars whose newest the model of these tests scores with `score`. */
export function barsOf(score: number, last = "2026-01-02"): Bars {
  const bars = weekdayBars({ last, length: LENGTH });
  const open = withValue(bars, "open", LENGTH - 1, 100);
  return withValue(open, "close", LENGTH - 1, 100 * (1 + score));
}

/** A symbol to buy and one to sell. */
export const SERIES = { AAA: barsOf(0.25), BBB: barsOf(-0.25) };

type World = Awaited<ReturnType<typeof createAutopilotWorld>>;

/** `user symbol action mode side` of every decision of a cycle. */
export async function cycle(world: World): Promise<string[]> {
  const report = await world.autopilot.cycle();
  return report!.decisions.map(({ user, symbol, action, entry }) =>
    [user, symbol, action, entry?.mode, entry?.side].filter(Boolean).join(" ")
  );
}

/** A world whose autopilot has read the log; its own cycles are far apart. */
export async function idle(
  ...args: Parameters<typeof createAutopilotWorld>
): Promise<World & Disposable> {
  const world = await createAutopilotWorld(...args);
  world.settings.verified = false;
  const autopilot = world.another(1000, 10 ** 9);
  autopilot.run(world.stop.signal);
  // The first cycle comes at once and may open nothing.
  await settle(2000);
  world.settings.verified = true;
  world.settings.reads = 0;
  return { ...world, autopilot, [Symbol.dispose]: () => world.stop.abort() };
}
