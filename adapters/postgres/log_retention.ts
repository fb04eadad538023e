/**
 * Drops what nobody needs any more of the log in Postgres.
 *
 * @module
 */
import { admit } from "../../ports/arguments.ts";
import {
  type LogRetention,
  type LogTrim,
  MAX_EVENT_TRIM,
} from "../../ports/log_retention.ts";
import type { PostgresDatabase } from "./database.ts";

const TRIM =
  `/* log.trim */ SELECT trim_log($1, $2, $3, $4, ${MAX_EVENT_TRIM})`;

/** What `trim_log` gives: null stands for what is not there. */
type Trimmed = Omit<LogTrim, "oldestAt"> & { readonly oldestAt: number | null };

/** Opens the port over `db`; closing it leaves the database open. */
export function openPostgresLogRetention(db: PostgresDatabase): LogRetention {
  let closed = false;
  return {
    async trim({ beforeMs, keep, youngMs, forceMs }, signal) {
      admit("log retention", closed, signal);
      const limits = [beforeMs, keep, youngMs, forceMs];
      const [row] = await db.change<[string]>(TRIM, limits);
      const trimmed: Trimmed = JSON.parse(row![0]);
      return { ...trimmed, oldestAt: trimmed.oldestAt ?? undefined };
    },
    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}
