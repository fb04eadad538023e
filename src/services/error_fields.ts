/**
 * How a failure stands in a log line.
 *
 * @module
 */
import { PortError } from "../../ports/port_error.ts";
import type { LogFields } from "../../ports/telemetry.ts";

/** The fields that describe `error`; of an unknown one, its stack too. */
export function errorFields(error: unknown): LogFields {
  if (error instanceof PortError) {
    const cause = error.cause instanceof Error
      ? error.cause.message
      : undefined;
    return { error: error.message, code: error.code, cause };
  }
  if (error instanceof Error) {
    return { error: error.message, stack: error.stack };
  }
  return { error: String(error) };
}
