/**
 * Long work in slices, so that requests are answered meanwhile.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";

/** How long work goes on without a rest; one step of it may take longer. */
const WORK_MS = 1;

/** How long it rests: whatever waits goes first. */
const REST_MS = 1;

/**
 * Creates what long work calls before each of its steps. It rests where a slice
 * is over, and never throws; once `signal` has aborted it rests no more.
 */
export function createSlices(
  clock: Pick<Clock, "monotonic" | "sleep">,
  signal: AbortSignal,
): () => Promise<void> {
  let end = clock.monotonic() + WORK_MS;
  return async () => {
    if (clock.monotonic() < end) return;
    await clock.sleep(REST_MS, signal).catch(() => {});
    end = clock.monotonic() + WORK_MS;
  };
}
