/**
 * How late timers are: what keeps the process from its work keeps them too.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";
import type { Telemetry } from "../../ports/telemetry.ts";

/** Between two timers. */
const EVERY_MS = 200;

/** Measures until `signal` aborts, on the monotonic clock. */
export async function measureEventLoop(
  { clock, telemetry }: {
    readonly clock: Clock;
    readonly telemetry: Pick<Telemetry, "observe">;
  },
  signal: AbortSignal,
): Promise<void> {
  while (true) {
    const dueAt = clock.monotonic() + EVERY_MS;
    await clock.sleep(EVERY_MS, signal);
    const lateMs = Math.max(0, clock.monotonic() - dueAt);
    telemetry.observe("holdfast_event_loop_delay_seconds", lateMs / 1000);
  }
}
