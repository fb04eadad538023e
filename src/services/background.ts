/**
 * Work that goes on beside requests until the process ends.
 *
 * @module
 */
import type { Telemetry } from "../../ports/telemetry.ts";
import { errorFields } from "./error_fields.ts";

/** The background work of a process. */
export interface Background {
  /**
   * Has `work` go on under `name`, the others whatever becomes of it. One that
   * fails before `stop` has aborted is logged, and is a fault from then on.
   */
  keep(name: string, work: Promise<unknown>): void;

  /** Which work has failed, if any. */
  fault(): string | undefined;

  /** Waits until all of it has ended. */
  end(): Promise<void>;
}

/** Creates it; `stop` tells the work to end. */
export function createBackground(
  telemetry: Pick<Telemetry, "log">,
  stop: AbortSignal,
): Background {
  const all: Promise<void>[] = [];
  const failed: string[] = [];
  return {
    keep(name, work) {
      all.push(work.then(() => {}, (error: unknown) => {
        if (stop.aborted && error === stop.reason) return;
        const fields = { work: name, ...errorFields(error) };
        telemetry.log("error", "background work has ended", fields);
        if (!stop.aborted) failed.push(name);
      }));
    },

    fault: () =>
      failed.length === 0
        ? undefined
        : `Cannot do all of the work as some has ended, start again: ${
          failed.join(", ")
        }`,

    async end() {
      await Promise.all(all);
    },
  };
}
