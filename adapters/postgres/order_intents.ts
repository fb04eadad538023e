/**
 * Order intents in Postgres.
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
import { PortError } from "../../ports/port_error.ts";
import type { PostgresDatabase } from "./database.ts";
import type { Outcome } from "./group_commit.ts";
import { textArray } from "./settings_store.ts";

type Row = readonly [name: string, json: string, keptUntil: number];

interface Call {
  readonly user: UserId;
  readonly intents: readonly OrderIntent[];
}

/** What is in the way of a call that was not kept; nulls where nothing is. */
type Obstacle = readonly [
  n: number,
  name: string | null,
  json: string | null,
  keptUntil: number | null,
];

const KEEP = `/* intents.keep */ SELECT n, name, intent, kept_until
  FROM keep_intents($1::text::json)`;

/**
 * One look at the index a name, however small the table was when that was
 * planned: with `= ANY` all intents of the user may be gone through.
 */
const FIND = `/* intents.find */ SELECT o.name, o.intent, o.kept_until
  FROM unnest($2::text::text[]) AS wanted (name)
  CROSS JOIN LATERAL (
    SELECT * FROM order_intent o
    WHERE o.user_id = $1 AND o.name = wanted.name LIMIT 1
  ) AS o`;

/** Those that somebody else is forgetting are left to him. */
const TRIM = `/* intents.trim */ WITH gone AS (
    DELETE FROM order_intent WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM order_intent WHERE kept_until <= $1
      ORDER BY kept_until LIMIT ${MAX_INTENT_TRIM} FOR UPDATE SKIP LOCKED
    )) RETURNING 1
  ) SELECT count(*) FROM gone`;

const FORGET = `/* intents.forget */ WITH gone AS (
    DELETE FROM order_intent WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM order_intent WHERE user_id = $1
      LIMIT ${MAX_INTENT_TRIM} FOR UPDATE
    )) RETURNING 1
  ) SELECT count(*) FROM gone`;

/** Opens the port over `db`; closing it leaves the database open. */
export function openPostgresOrderIntents(db: PostgresDatabase): OrderIntents {
  let closed = false;
  const enter = (signal?: AbortSignal) =>
    admit("order intents", closed, signal);

  const keep = db.group<Call, readonly OrderIntent[]>(
    (calls) => keepAll(db, calls),
    differentNames,
  );

  return {
    async keep(user, intents, signal) {
      enter(signal);
      checkIntents(intents);
      return await keep({ user, intents }, signal);
    },

    async find(user, names, signal) {
      enter(signal);
      checkIntentNames(names);
      const values = [user, textArray(names)];
      const rows = await db.read<Row>(FIND, values, signal);
      const found = new Map(rows.map((row) => [row[0], toIntent(row)]));
      return names.map((name) => found.get(name));
    },

    async trim(nowMs, signal) {
      enter(signal);
      const [row] = await db.change<[number]>(TRIM, [Math.floor(nowMs)]);
      return row![0];
    },

    async forget(user, signal) {
      enter(signal);
      const [row] = await db.change<[number]>(FORGET, [user]);
      return row![0];
    },

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}

/** Admits calls to a group whose names nobody else in it wants. */
function differentNames(): (call: Call) => boolean {
  const taken = new Set<string>();
  return ({ user, intents }) => {
    const names = intents.map(({ name }) => `${user} ${name}`);
    if (names.some((name) => taken.has(name))) return false;
    for (const name of names) taken.add(name);
    return true;
  };
}

async function keepAll(
  db: PostgresDatabase,
  calls: readonly Call[],
): Promise<Outcome<readonly OrderIntent[]>[]> {
  const items = calls.flatMap(({ user, intents }, n) =>
    intents.map(({ name, json, keptUntil }) => ({
      n,
      user_id: user,
      name,
      intent: json,
      kept_until: keptUntil,
    }))
  ).map((item, k) => ({ k, ...item }));
  const inTheWay = new Map<number, OrderIntent[]>();
  for (
    const [n, name, json, keptUntil] of await db.write<Obstacle>(KEEP, [
      JSON.stringify(items),
    ])
  ) {
    const found = inTheWay.get(n) ?? [];
    inTheWay.set(n, found);
    if (name !== null) found.push(toIntent([name, json!, keptUntil!]));
  }
  return calls.map((_, n) => {
    const value = inTheWay.get(n);
    // What was in the way is gone by now.
    return value?.length === 0 ? { busy: BUSY } : { value: value ?? [] };
  });
}

const BUSY = new PortError(
  "unavailable",
  "Cannot keep intents as others are forgetting those with the same names: try again",
);

function toIntent([name, json, keptUntil]: Row): OrderIntent {
  return { name, json, keptUntil };
}
