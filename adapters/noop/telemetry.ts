/**
 * Telemetry that nobody takes: what a program says about itself is dropped.
 *
 * @module
 */
import type { Telemetry } from "../../ports/telemetry.ts";

/** Creates it. */
export function createNoopTelemetry(): Telemetry {
  return {
    log() {},
    count() {},
    gauge() {},
    observe() {},
    retain() {},
    onRead: () => () => {},
  };
}
