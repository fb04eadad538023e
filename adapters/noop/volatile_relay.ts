/**
 * There is nothing to reach other instances through: volatile events stay in
 * their process, and are counted.
 *
 * @module
 */
import type { Telemetry } from "../../ports/telemetry.ts";
import type { VolatileRelay } from "../../ports/volatile_relay.ts";

/** Creates a relay that hands nothing on. */
export function createNoopVolatileRelay(telemetry: Telemetry): VolatileRelay {
  return {
    send: () =>
      telemetry.count("holdfast_volatile_relay_total", { result: "dropped" }),
    listen: (_channels, _listener, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        signal.addEventListener("abort", () => resolve(), { once: true });
      }),
  };
}
