/**
 * Order intents in a SQLite file.
 *
 * @module
 */
import type { UserId } from "../../domain/user_id.ts";
import { admit } from "../../ports/arguments.ts";
import { checkIntentNames, checkIntents } from "../../ports/intent_rules.ts";
import {
  MAX_INTENT_TRIM,
  type OrderIntent,
  type OrderIntents,
} from "../../ports/order_intents.ts";
import type { Sql } from "./connection.ts";
import type { SqliteDatabase } from "./database.ts";

const TRIM = `DELETE FROM order_intent WHERE (user_id, name) IN (
    SELECT user_id, name FROM order_intent WHERE kept_until <= ?
    ORDER BY kept_until LIMIT ${MAX_INTENT_TRIM}
  )`;

const FORGET = `DELETE FROM order_intent WHERE (user_id, name) IN (
    SELECT user_id, name FROM order_intent WHERE user_id = ?
    LIMIT ${MAX_INTENT_TRIM}
  )`;

/** Opens the port over `db`; closing it leaves the database open. */
export function openSqliteOrderIntents(db: SqliteDatabase): OrderIntents {
  let closed = false;
  const enter = (signal?: AbortSignal) =>
    admit("order intents", closed, signal);

  return {
    async keep(user, intents, signal) {
      enter(signal);
      checkIntents(intents);
      return await db.write((sql) => keep(sql, user, intents), signal);
    },

    async find(user, names, signal) {
      enter(signal);
      checkIntentNames(names);
      return await db.read(
        (sql) => names.map((name) => read(sql, user, name)),
        signal,
      );
    },

    async trim(nowMs, signal) {
      enter(signal);
      return await db.write((sql) => sql.run(TRIM, Math.floor(nowMs)), signal);
    },

    async forget(user, signal) {
      enter(signal);
      return await db.write((sql) => sql.run(FORGET, user), signal);
    },

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}

function keep(
  sql: Sql,
  user: UserId,
  intents: readonly OrderIntent[],
): readonly OrderIntent[] {
  const inTheWay = intents.flatMap(({ name }) => read(sql, user, name) ?? []);
  if (inTheWay.length > 0) return inTheWay;
  for (const { name, json, keptUntil } of intents) {
    sql.run(
      "INSERT INTO order_intent (user_id, name, intent, kept_until) VALUES (?, ?, ?, ?)",
      user,
      name,
      json,
      keptUntil,
    );
  }
  return [];
}

function read(sql: Sql, user: UserId, name: string): OrderIntent | undefined {
  const row = sql.get<[string, number]>(
    "SELECT intent, kept_until FROM order_intent WHERE user_id = ? AND name = ?",
    user,
    name,
  );
  return row && { name, json: row[0], keptUntil: row[1] };
}
