/**
 * Forgetting what is too old to be kept.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { errorFields } from "./error_fields.ts";

const HOUR_MS = 3_600_000;

/** What is to be forgotten. */
export interface Forgotten {
  /** What it is, for the log: `settings`. */
  readonly what: string;
  /** Forgets some of it; gives how much that was. */
  trim(): Promise<number>;
  /** Forgetting less than this at a time, `trim` has forgotten all of it. */
  readonly most: number;
}

/**
 * Forgets every hour until `signal` aborts. A failure is logged, and the next
 * hour makes good for it.
 */
export async function forgetHourly(
  { what, trim, most }: Forgotten,
  { clock, telemetry }: {
    readonly clock: Clock;
    readonly telemetry: Pick<Telemetry, "log">;
  },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      while (!signal.aborted && await trim() >= most);
    } catch (error) {
      if (!signal.aborted) {
        const message = `old ${what} were not forgotten`;
        telemetry.log("warn", message, errorFields(error));
      }
    }
    try {
      await clock.sleep(HOUR_MS, signal);
    } catch {
      return; // told to end
    }
  }
}
