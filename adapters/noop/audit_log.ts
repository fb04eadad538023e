/**
 * Nothing is held: noting a call is refused, since it must not take effect
 * unseen.
 *
 * @module
 */
import { admit, checkAuditQuery } from "../../ports/arguments.ts";
import type { AuditLog } from "../../ports/audit_log.ts";
import { PortError } from "../../ports/port_error.ts";

/** Opens a log that keeps nothing. */
export function openNoopAuditLog(): AuditLog {
  let closed = false;
  const enter = (signal?: AbortSignal) => admit("audit log", closed, signal);
  return {
    async begin(_call, signal) {
      enter(signal);
      throw new PortError(
        "unsupported",
        "Cannot note a call as there is no place for it: use a database",
      );
    },
    async finish(_id, _status, signal) {
      enter(signal);
    },
    async list(query, signal) {
      enter(signal);
      checkAuditQuery(query);
      return [];
    },
    async trim(_beforeMs, signal) {
      enter(signal);
      return 0;
    },
    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}
