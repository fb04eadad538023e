/**
 * Writes that met others.
 *
 * @module
 */
import { PortError } from "../../../ports/port_error.ts";

/** Times that a change is tried while others change the same documents. */
export const ATTEMPTS = 16;

/** Whether `error` says that somebody else was first. */
export function isConflict(error: unknown): boolean {
  return error instanceof PortError && error.code === "version_conflict";
}
