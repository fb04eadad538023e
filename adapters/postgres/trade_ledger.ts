/**
 * A trade ledger in Postgres; rows and their events change together, in one
 * statement.
 *
 * @module
 */
import type { NewEvent, Receipt } from "../../domain/event/event.ts";
import type { UserId } from "../../domain/user_id.ts";
import { admit } from "../../ports/arguments.ts";
import {
  checkCommit,
  checkLedgerQuery,
  checkRefs,
  ledgerConflict,
} from "../../ports/ledger_rules.ts";
import { PortError } from "../../ports/port_error.ts";
import {
  type LedgerChange,
  type LedgerQuery,
  type LedgerRow,
  MAX_LEDGER_ROWS,
  type TradeLedger,
} from "../../ports/trade_ledger.ts";
import type { PostgresDatabase } from "./database.ts";
import type { Outcome } from "./group_commit.ts";
import { textArray } from "./settings_store.ts";

interface Call {
  readonly user: UserId;
  readonly changes: readonly LedgerChange[];
  readonly events: readonly NewEvent[];
}

type Row = readonly [
  user: UserId,
  kind: string,
  id: string,
  version: number,
  isOpen: boolean,
  at: number,
  json: string,
];

/** Of an item; of a change that failed, with the version held. */
type CommitRow = readonly [
  n: number,
  state: "appended" | "stored" | "duplicate" | "conflict" | "busy",
  position: number,
  epoch: string,
];

const COMMIT = `/* ledger.commit */ SELECT n, state, pos, epoch
  FROM commit_trades($1::text::json, $2::text::json, $3, $4, $5)`;

const COLUMNS = "user_id, kind, id, version, is_open, at, json";

/**
 * One look at the index a row, however small the table was when that was
 * planned.
 */
const FIND = `/* ledger.find */ SELECT ${COLUMNS}, wanted.n
  FROM unnest($2::text::text[], $3::text::text[])
    WITH ORDINALITY AS wanted (of_kind, of_id, n)
  CROSS JOIN LATERAL (
    SELECT * FROM trade_row t WHERE t.user_id = $1
      AND t.kind = wanted.of_kind AND t.id = wanted.of_id LIMIT 1
  ) AS found`;

/** Text of one group, at most; a single call may be longer. */
const MAX_GROUP_CHARS = 4 * 1024 * 1024;

/** Opens the port over `db`; closing it leaves the database open. */
export function openPostgresTradeLedger(db: PostgresDatabase): TradeLedger {
  let closed = false;
  const enter = (signal?: AbortSignal) => admit("trade ledger", closed, signal);

  const commit = db.group<Call, Receipt[]>(
    (calls) => commitAll(db, calls),
    startGroup,
  );

  return {
    async find(user, refs, signal) {
      enter(signal);
      checkRefs(refs);
      const rows = await db.read<[...Row, number]>(FIND, [
        user,
        textArray(refs.map(({ kind }) => kind)),
        textArray(refs.map(({ id }) => id)),
      ], signal);
      const found = new Map(rows.map((row) => [row[7], toLedgerRow(row)]));
      return refs.map((_, i) => found.get(i + 1));
    },

    async list(query, signal) {
      enter(signal);
      checkLedgerQuery(query);
      const { kind, user, after, limit } = query;
      const values = [
        ...[kind, limit, ...user === undefined ? [] : [user]],
        ...after ? [after.at, after.user, after.id] : [],
      ];
      const rows = await db.read<Row>(listText(query), values, signal);
      return rows.map(toLedgerRow);
    },

    async commit(user, changes, events = [], signal) {
      enter(signal);
      checkCommit(changes, events);
      return await commit({ user, changes, events }, signal);
    },

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}

/** Lists along one index, whatever is asked for: it has one text for each. */
function listText({ user, isOpen, after }: LedgerQuery): string {
  const isMeant = [
    "kind = $1",
    ...user === undefined ? [] : ["user_id = $3"],
    ...isOpen === undefined ? [] : [isOpen ? "is_open" : "NOT is_open"],
  ].join(" AND ");
  const inOrder = "ORDER BY at DESC, user_id, id LIMIT $2";
  const part = (condition: string) =>
    `SELECT ${COLUMNS} FROM trade_row WHERE ${condition} ${inOrder}`;
  if (!after) return `/* ledger.list */ ${part(isMeant)}`;
  const [at, place] = user === undefined ? ["$3", "$4, $5"] : ["$4", "$5, $6"];
  // Two stretches of the index: the rest of one moment, and what is older.
  return `/* ledger.list */ SELECT ${COLUMNS} FROM (
      (${part(`${isMeant} AND at = ${at} AND (user_id, id) > (${place})`)})
      UNION ALL
      (${part(`${isMeant} AND at < ${at}`)})
    ) AS page ${inOrder}`;
}

/** Admits calls to a group with rows and events that no other of it has. */
function startGroup(): (call: Call) => boolean {
  const taken = new Set<string>();
  let rows = 0;
  let chars = 0;
  return ({ user, changes, events }) => {
    const names = [
      ...changes.map(({ kind, id }) => `${user} ${kind}\0${id}`),
      ...events.map(({ id }) => id),
    ];
    if (names.some((name) => taken.has(name))) return false;
    const length = [...changes, ...events]
      .reduce((sum, { json }) => sum + json.length, 0);
    const isFirst = taken.size === 0;
    const isMuch = rows + changes.length > MAX_LEDGER_ROWS ||
      chars + length > MAX_GROUP_CHARS;
    if (isMuch && !isFirst) return false;
    for (const name of names) taken.add(name);
    rows += changes.length;
    chars += length;
    return true;
  };
}

async function commitAll(
  db: PostgresDatabase,
  calls: readonly Call[],
): Promise<Outcome<Receipt[]>[]> {
  const changes = calls.flatMap(({ user, changes }, call) =>
    changes.map((change) => ({ user, change, call }))
  );
  const items = itemsOf(calls);
  const isPlain = items.every(({ type }) => type !== "settings.updated");
  const rows = await db.write<CommitRow>(COMMIT, [
    JSON.stringify(changes.map(columnsOf)),
    items.length > 0 ? JSON.stringify(items) : null,
    items.length > 0 && isPlain ? items.length : null,
    Math.floor(db.clock.now()),
    db.newId(),
  ]);

  const failures = new Map<number, Outcome<never>>();
  const placed = new Map<number, Receipt>();
  for (const [n, state, position] of rows.toSorted(byNumber)) {
    if (state === "conflict" || state === "busy") {
      const { call, change } = changes[n]!;
      const held = failures.get(call);
      if (held && "error" in held) continue; // the first one is told
      if (state === "conflict") {
        failures.set(call, { error: ledgerConflict(change, position) });
      } else failures.set(call, { busy: heldByAnother(change) });
    } else if (state === "appended") {
      for (const { n, id } of items) {
        placed.set(n, { id, position: position + n, duplicate: false });
      }
    } else {
      const duplicate = state === "duplicate";
      placed.set(n, { id: items[n]!.id, position, duplicate });
    }
  }
  noteAppended(db, rows, [...placed.values()]);
  let next = 0;
  return calls.map(({ events }, call) => {
    const value = events.map(() => placed.get(next++)!);
    return failures.get(call) ?? { value };
  });
}

/** Tells those who wait of what was appended. */
function noteAppended(
  db: PostgresDatabase,
  rows: readonly CommitRow[],
  receipts: readonly Receipt[],
): void {
  const epoch = rows.find((row) => row[3] !== null)?.[3];
  if (epoch !== undefined) db.known.note(epoch, receipts);
  const newest = Math.max(
    0,
    ...receipts.map((one) => one.duplicate ? 0 : one.position),
  );
  if (newest > 0) db.doorbell.ring(newest);
}

/** The names are those of `commit_trades`. */
function columnsOf(
  { user, change, call }: {
    readonly user: UserId;
    readonly change: LedgerChange;
    readonly call: number;
  },
  n: number,
) {
  const { kind, id, ifVersion, isOpen, at, json } = change;
  return {
    ...{ n, call, user_id: user, kind, id },
    ...{ if_version: ifVersion, is_open: isOpen, at, json },
  };
}

/** The names are those of `commit_events`. */
function itemsOf(calls: readonly Call[]) {
  let count = 0;
  return calls.flatMap(({ events }, call) => {
    const first = count;
    count += events.length;
    return events.map(({ id, channel, key, json, meta }, i) => ({
      ...{ n: first + i, call, id, type: channel, key, data: json },
      ...{ meta: JSON.stringify(meta), last: count - 1 },
    }));
  });
}

function byNumber([a]: CommitRow, [b]: CommitRow): number {
  return a - b;
}

function heldByAnother({ kind, id }: LedgerChange): PortError {
  return new PortError(
    "unavailable",
    `Cannot write ${kind} ${id} as another transaction holds its row`,
  );
}

function toLedgerRow(row: readonly [...Row, ...unknown[]]): LedgerRow {
  const [user, kind, id, version, isOpen, at, json] = row;
  return { user, kind, id, version, isOpen, at, json };
}
