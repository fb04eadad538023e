/**
 * The audit of administration: a call that changes something is noted before
 * it takes effect, and its answer after.
 *
 * A call that cannot be noted is refused. Where only the answer cannot be
 * noted, the call is held without one: whether it took effect, the state tells.
 *
 * @module
 */
import {
  type AdminCall,
  type AuditLog,
  type AuditRecord,
  MAX_AUDIT_TRIM,
} from "../../ports/audit_log.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { errorFields } from "./error_fields.ts";
import { forgetHourly } from "./forget_hourly.ts";

const DAY_MS = 86_400_000;

/** Notes the answer to a call; never fails. */
export type NoteAnswer = (status: number) => Promise<void>;

/** The audit. */
export interface AdminAudit {
  /**
   * Notes a call that is about to take effect.
   *
   * @throws {PortError} When it could not be noted: it must not go on.
   */
  begin(call: AdminCall): Promise<NoteAnswer>;

  /** Calls with ids above `after`, in their order. */
  list(
    query: { readonly after: number; readonly limit: number },
    signal?: AbortSignal,
  ): Promise<readonly AuditRecord[]>;

  /**
   * Forgets every hour what is older than `days`, until `signal` aborts; with
   * 0 nothing is.
   */
  run(days: number, signal: AbortSignal): Promise<void>;
}

/** Creates it over `log`. */
export function createAdminAudit(parts: {
  readonly log: AuditLog;
  readonly clock: Clock;
  readonly telemetry: Pick<Telemetry, "log">;
}): AdminAudit {
  const { log, clock, telemetry } = parts;

  return {
    async begin(call) {
      const id = await log.begin(call);
      return async (status) => {
        try {
          await log.finish(id, status);
        } catch (error) {
          telemetry.log("warn", "the answer to an admin call was not noted", {
            audit_id: id,
            request_id: call.requestId,
            status,
            ...errorFields(error),
          });
        }
      };
    },

    list: (query, signal) => log.list(query, signal),

    async run(days, signal) {
      if (days === 0) return;
      const trim = () => log.trim(clock.now() - days * DAY_MS, signal);
      const old = { what: "admin calls", trim, most: MAX_AUDIT_TRIM };
      await forgetHourly(old, parts, signal);
    },
  };
}
