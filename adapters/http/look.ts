/**
 * Whether another process of this program runs.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";
import { createHttpClient } from "./client.ts";

/** Time to answer, in milliseconds: health has half a second for all. */
const LOOK_TIMEOUT_MS = 400;

/**
 * Creates a look at the service at `url`: whether it answers that it runs
 * within 0.4 s. A look never throws.
 */
export function createHttpLook(
  at: {
    readonly name: string;
    readonly url: string;
    readonly clock: Pick<Clock, "sleep">;
  },
): () => Promise<boolean> {
  const client = createHttpClient({ ...at, timeoutMs: LOOK_TIMEOUT_MS });
  return () =>
    client.ask({ method: "GET", path: "/health/live" })
      .then(() => true, () => false);
}
