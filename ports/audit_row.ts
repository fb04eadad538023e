/**
 * The row of an audited call, the same in every database.
 *
 * @module
 */
import type { UserId } from "../domain/user_id.ts";
import type { AuditRecord } from "./audit_log.ts";

/** The columns of `admin_call`, in the order in which they are selected. */
export type AuditRow = readonly [
  id: number,
  at: number,
  actor: string,
  user: UserId,
  operation: string,
  method: string,
  path: string,
  requestId: string,
  status: number | null,
];

/** The call that a row holds. */
export function toAuditRecord(row: AuditRow): AuditRecord {
  const [id, at, actor, user, operation, method, path, requestId, status] = row;
  return {
    ...{ id, at, actor, user, operation, method, path, requestId },
    status: status ?? undefined,
  };
}
