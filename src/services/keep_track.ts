/**
 * Following the log for good: whoever loses track of it begins again.
 *
 * @module
 */
import { PortError } from "../../ports/port_error.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { errorFields } from "./error_fields.ts";
import { type Pacing, pauseMs } from "./retry.ts";

/**
 * Calls `follow` again and again until `signal` aborts. After a failure of a
 * port it pauses, longer each time until `follow` reports progress, and logs
 * `lost` unless the failure before was the same.
 *
 * @throws What `follow` throws, unless that is a `PortError`.
 */
export async function keepTrack(
  follow: (onProgress: () => void) => Promise<void>,
  lost: string,
  ports: Pacing & { readonly telemetry: Telemetry },
  signal: AbortSignal,
): Promise<void> {
  const { clock, entropy, telemetry } = ports;
  let failure: unknown;
  for (let failures = 0; !signal.aborted;) {
    try {
      if (failures > 0) await clock.sleep(pauseMs(failures, entropy), signal);
      await follow(() => {
        failures = 0;
        failure = undefined;
      });
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof PortError)) throw error;
      const fields = errorFields(error);
      if (fields["error"] !== failure) telemetry.log("warn", lost, fields);
      failure = fields["error"];
      failures++;
    }
  }
}
