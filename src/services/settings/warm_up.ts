/**
 * Fills Redis with the settings of known users, so that the first reader of
 * each need not wait for the database.
 *
 * @module
 */
import type { Clock } from "../../../ports/clock.ts";
import type { SettingsArchive } from "../../../ports/settings_archive.ts";
import type { SettingsStore } from "../../../ports/settings_store.ts";
import type { Telemetry } from "../../../ports/telemetry.ts";
import { errorFields } from "../error_fields.ts";

/** Documents read at a time. */
const BATCH = 64;

/** Documents of one warm-up at most: readers fetch the others themselves. */
const MAX_DOCUMENTS = 20_000;

/** Pause between batches, so that readers come first. */
const PAUSE_MS = 5;

/** What a warm-up needs. */
export interface WarmUpParts {
  /** Whose reads fill Redis. */
  readonly store: SettingsStore;
  /** Tells which documents there are. */
  readonly archive: SettingsArchive;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Calls a listener whenever Redis begins anew, until the result is called. */
  onAnew(listener: () => void): () => void;
}

/**
 * Warms up whenever Redis begins anew, at the start and after a flush, until
 * `signal` aborts. One that is overtaken by another begins again.
 */
export async function keepWarm(
  parts: WarmUpParts,
  signal: AbortSignal,
): Promise<void> {
  const { telemetry, onAnew } = parts;
  let round = 0;
  let wake = Promise.withResolvers<void>();
  const stop = () => wake.resolve();
  const forget = onAnew(() => {
    round++;
    wake.resolve();
  });
  signal.addEventListener("abort", stop);
  try {
    for (let done = 0; !signal.aborted;) {
      if (done === round) {
        await wake.promise;
        wake = Promise.withResolvers();
        continue;
      }
      const current = done = round;
      try {
        const isDone = () => signal.aborted || round !== current;
        const documents = await warmUp(parts, isDone, signal);
        telemetry.log("debug", "settings warmed up", { documents });
      } catch (error) {
        if (signal.aborted) break;
        telemetry.log("warn", "settings were not warmed up", {
          ...errorFields(error),
        });
      }
    }
  } finally {
    forget();
    signal.removeEventListener("abort", stop);
  }
}

/** Reads every document there is, and gives their number. */
async function warmUp(
  { store, archive, clock }: WarmUpParts,
  isDone: () => boolean,
  signal: AbortSignal,
): Promise<number> {
  let count = 0;
  let after: string | undefined;
  while (count < MAX_DOCUMENTS && !isDone()) {
    const keys = await archive.keys({ after, limit: BATCH }, signal);
    if (keys.length === 0) break;
    await store.read(keys, signal);
    count += keys.length;
    after = keys.at(-1);
    await clock.sleep(PAUSE_MS, signal);
  }
  return count;
}
