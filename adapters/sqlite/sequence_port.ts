/**
 * Sequence numbers from a SQLite file: every call is a committed row, so that
 * no restart and no second process gives a number out again.
 *
 * @module
 */
import { admit, checkSequenceCount } from "../../ports/arguments.ts";
import type { SequencePort } from "../../ports/sequence_port.ts";
import type { SqliteDatabase } from "./database.ts";

const TAKE = `INSERT INTO sequence (user_id, day, leased_to) VALUES (?, ?, ?)
  ON CONFLICT (user_id, day) DO UPDATE
  SET leased_to = sequence.leased_to + excluded.leased_to
  RETURNING leased_to`;

/** Opens a port over `db`; closing it leaves the database open. */
export function openSqliteSequencePort(db: SqliteDatabase): SequencePort {
  let closed = false;
  return {
    async next(user, day, count = 1, signal) {
      admit("sequence port", closed, signal);
      checkSequenceCount(count);
      const last = await db.write(
        (sql) => sql.get<[number]>(TAKE, user, day, count)![0],
        signal,
      );
      return { first: last - count + 1, last };
    },

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}
