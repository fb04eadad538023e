/**
 * Beginning and giving up transactions.
 *
 * @module
 */
import { PortError } from "../../ports/port_error.ts";
import type { Connection } from "./connection.ts";

/**
 * Begins a transaction, after ending one that could not be given up.
 *
 * @throws {PortError} `unavailable` while that one cannot be ended.
 * @throws What SQLite says to the BEGIN.
 */
export function begin(
  sql: Connection,
  text: "BEGIN" | "BEGIN IMMEDIATE",
): void {
  const error = giveUp(sql);
  if (error !== undefined) {
    throw new PortError(
      "unavailable",
      "Cannot use the database as a transaction that failed cannot be ended",
      { cause: error },
    );
  }
  sql.run(text);
}

/** Rolls back the transaction that is open, if one is; returns why it still is. */
export function giveUp(sql: Connection): unknown {
  if (!sql.inTransaction) return undefined;
  try {
    sql.run("ROLLBACK");
  } catch (error) {
    if (sql.inTransaction) return error;
  }
  return undefined;
}
