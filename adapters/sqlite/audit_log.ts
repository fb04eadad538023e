/**
 * An audit log in a SQLite file.
 *
 * @module
 */
import { admit, checkAuditQuery } from "../../ports/arguments.ts";
import { type AuditLog, MAX_AUDIT_TRIM } from "../../ports/audit_log.ts";
import { type AuditRow, toAuditRecord } from "../../ports/audit_row.ts";
import type { SqliteDatabase } from "./database.ts";

const BEGIN = `INSERT INTO admin_call
    (at, actor, user_id, operation, method, path, request_id)
  VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id`;

const LIST = `SELECT id, at, actor, user_id, operation, method, path,
    request_id, status
  FROM admin_call WHERE id > ? ORDER BY id LIMIT ?`;

const TRIM = `DELETE FROM admin_call WHERE id IN (
    SELECT id FROM admin_call WHERE at < ? ORDER BY at LIMIT ${MAX_AUDIT_TRIM}
  )`;

/** Opens the log over `db`; closing it leaves the database open. */
export function openSqliteAuditLog(db: SqliteDatabase): AuditLog {
  let closed = false;
  const enter = (signal?: AbortSignal) => admit("audit log", closed, signal);

  return {
    async begin({ actor, user, operation, method, path, requestId }, signal) {
      enter(signal);
      const at = Math.floor(db.clock.now());
      const said = [actor, user, operation, method, path, requestId];
      const [id] = await db.write(
        (sql) => sql.get<[number]>(BEGIN, at, ...said)!,
        signal,
      );
      return id;
    },

    async finish(id, status, signal) {
      enter(signal);
      const text = "UPDATE admin_call SET status = ? WHERE id = ?";
      await db.write((sql) => sql.run(text, status, id), signal);
    },

    async list(query, signal) {
      enter(signal);
      checkAuditQuery(query);
      const rows = await db.read(
        (sql) => sql.all<AuditRow>(LIST, query.after, query.limit),
        signal,
      );
      return rows.map(toAuditRecord);
    },

    async trim(beforeMs, signal) {
      enter(signal);
      return await db.write((sql) => sql.run(TRIM, beforeMs), signal);
    },

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}
