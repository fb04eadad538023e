/**
 * An audit log in Postgres.
 *
 * @module
 */
import { admit, checkAuditQuery } from "../../ports/arguments.ts";
import { type AuditLog, MAX_AUDIT_TRIM } from "../../ports/audit_log.ts";
import { type AuditRow, toAuditRecord } from "../../ports/audit_row.ts";
import type { PostgresDatabase } from "./database.ts";

const BEGIN = `/* audit.begin */
  SELECT note_admin_call($1, $2, $3, $4, $5, $6, $7)`;

const FINISH =
  "/* audit.finish */ UPDATE admin_call SET status = $2 WHERE id = $1";

const LIST = `/* audit.list */ SELECT id, at, actor, user_id, operation, method,
    path, request_id, status
  FROM admin_call WHERE id > $1 ORDER BY id LIMIT $2`;

/** Those that somebody else is forgetting are left to him. */
const TRIM = `/* audit.trim */ WITH gone AS (
    DELETE FROM admin_call WHERE id = ANY (ARRAY(
      SELECT id FROM admin_call WHERE at < $1
      ORDER BY at LIMIT ${MAX_AUDIT_TRIM} FOR UPDATE SKIP LOCKED
    )) RETURNING 1
  ) SELECT count(*) FROM gone`;

/** Opens the log over `db`; closing it leaves the database open. */
export function openPostgresAuditLog(db: PostgresDatabase): AuditLog {
  let closed = false;
  const enter = (signal?: AbortSignal) => admit("audit log", closed, signal);

  return {
    async begin({ actor, user, operation, method, path, requestId }, signal) {
      enter(signal);
      const at = Math.floor(db.clock.now());
      const said = [actor, user, operation, method, path, requestId];
      const [row] = await db.change<[number]>(BEGIN, [at, ...said]);
      return row![0];
    },

    async finish(id, status, signal) {
      enter(signal);
      await db.change(FINISH, [id, status]);
    },

    async list(query, signal) {
      enter(signal);
      checkAuditQuery(query);
      const values = [query.after, query.limit];
      const rows = await db.read<AuditRow>(LIST, values, signal);
      return rows.map(toAuditRecord);
    },

    async trim(beforeMs, signal) {
      enter(signal);
      const [row] = await db.change<[number]>(TRIM, [Math.ceil(beforeMs)]);
      return row![0];
    },

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}
