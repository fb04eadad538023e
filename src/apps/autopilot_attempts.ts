/**
 * Work of a cycle that may fail without stopping the rest of it.
 *
 * @module
 */
import { PortError } from "../../ports/port_error.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { errorFields } from "../services/error_fields.ts";

/** What a cycle does for each user or symbol. */
export type Stage = "settings" | "outlook" | "decide" | "publish";

/**
 * Runs `run` for one user or symbol; a failure is counted, logged unless it
 * was the last one there too, and gives `undefined`. What fails because
 * `signal` has aborted is no failure.
 */
export type Attempt = <T>(
  stage: Stage,
  whose: string,
  run: () => T | Promise<T>,
  signal?: AbortSignal,
) => Promise<T | undefined>;

/** Creates attempts that have not failed yet. */
export function createAttempts(telemetry: Telemetry): Attempt {
  const failures = new Map<string, string>();
  return async (stage, whose, run, signal) => {
    const name = `${stage} ${whose}`;
    try {
      const done = await run();
      failures.delete(name);
      return done;
    } catch (error) {
      if (signal?.aborted) return undefined;
      telemetry.count("holdfast_autopilot_failures_total", { stage });
      const fields = errorFields(error);
      const message = String(fields["error"]);
      if (failures.get(name) !== message) {
        const level = error instanceof PortError ? "warn" : "error";
        const said = `the autopilot cannot do its part: ${stage}`;
        telemetry.log(level, said, { for: whose, ...fields });
      }
      failures.set(name, message);
      return undefined;
    }
  };
}
