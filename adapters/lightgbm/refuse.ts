/**
 * Refusals of a model.
 *
 * @module
 */
import { PortError, type PortErrorCode } from "../../ports/port_error.ts";

/** Longest text of a model that is repeated in a message. */
const MAX_SHOWN = 64;

/**
 * Refuses the model, because of `reason`.
 *
 * @throws {PortError} Always: `corrupt` unless another code is given.
 */
export function refuse(
  reason: string,
  current?: string | number,
  code: PortErrorCode = "corrupt",
): never {
  const shown = current === undefined
    ? ""
    : `: current value is ${String(current).slice(0, MAX_SHOWN)}`;
  throw new PortError(code, `Cannot use the model as ${reason}${shown}`);
}
