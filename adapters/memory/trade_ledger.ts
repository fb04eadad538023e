/**
 * A trade ledger in this process's memory; nothing survives a restart.
 *
 * @module
 */
import type { UserId } from "../../domain/user_id.ts";
import { admit } from "../../ports/arguments.ts";
import {
  checkCommit,
  checkLedgerQuery,
  checkRefs,
  ledgerConflict,
} from "../../ports/ledger_rules.ts";
import { PortError } from "../../ports/port_error.ts";
import type {
  LedgerQuery,
  LedgerRef,
  LedgerRow,
  TradeLedger,
} from "../../ports/trade_ledger.ts";
import type { MemoryLog } from "./log.ts";

/** Rows held, at most. */
export const DEFAULT_LEDGER_CAPACITY = 500_000;

/** Opens a ledger whose events are appended to `log`; when it is full, more rows are refused. */
export function openMemoryTradeLedger(
  log: MemoryLog,
  capacity: number = DEFAULT_LEDGER_CAPACITY,
): TradeLedger {
  /** Rows by user and id, apart by kind, so that listing looks at no other. */
  const kinds = new Map<string, Map<string, LedgerRow>>();
  /** Those of them that are open, which are few. */
  const open = new Map<string, Map<string, LedgerRow>>();
  let size = 0;
  let closed = false;
  const enter = (signal?: AbortSignal) => admit("trade ledger", closed, signal);
  const find = (user: UserId, { kind, id }: LedgerRef) =>
    kinds.get(kind)?.get(keyOf(user, id));

  function put(row: LedgerRow): void {
    const key = keyOf(row.user, row.id);
    const newRows = () => new Map<string, LedgerRow>();
    kinds.getOrInsertComputed(row.kind, newRows).set(key, row);
    const openRows = open.getOrInsertComputed(row.kind, newRows);
    if (row.isOpen) openRows.set(key, row);
    else openRows.delete(key);
    if (row.version === 1) size++;
  }

  return {
    async find(user, refs, signal) {
      enter(signal);
      checkRefs(refs);
      return refs.map((ref) => find(user, ref));
    },

    async list(query, signal) {
      enter(signal);
      checkLedgerQuery(query);
      const among = query.isOpen === true ? open : kinds;
      const rows = [...among.get(query.kind)?.values() ?? []];
      return rows.filter((row) => isMeant(row, query)).sort(inOrder)
        .slice(0, query.limit);
    },

    async commit(user, changes, events = [], signal) {
      enter(signal);
      checkCommit(changes, events);
      for (const change of changes) {
        const version = find(user, change)?.version ?? 0;
        if (version !== change.ifVersion) throw ledgerConflict(change, version);
      }
      const fresh = changes.filter(({ ifVersion }) => ifVersion === 0);
      if (size + fresh.length > capacity) {
        throw new PortError(
          "full",
          `Cannot commit rows as memory holds ${size} of them: use a database`,
        );
      }
      for (const { kind, id, ifVersion, isOpen, at, json } of changes) {
        put({ user, kind, id, version: ifVersion + 1, isOpen, at, json });
      }
      return events.length > 0 ? log.append(events) : [];
    },

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}

function isMeant(row: LedgerRow, { user, isOpen, after }: LedgerQuery) {
  return (user ?? row.user) === row.user &&
    (isOpen ?? row.isOpen) === row.isOpen &&
    (!after || inOrder(after, row) < 0);
}

type Place = Pick<LedgerRow, "at" | "user" | "id">;

function inOrder(a: Place, b: Place): number {
  return b.at - a.at || compare(a.user, b.user) || compare(a.id, b.id);
}

/** The order of their bytes in UTF-8, which is that of their characters. */
function compare(a: string, b: string): number {
  let i = 0;
  while (i < a.length && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  return rankAt(a, i) - rankAt(b, i);
}

/** Halves of surrogate pairs stand for characters behind all others. */
function rankAt(text: string, i: number): number {
  if (i >= text.length) return -1;
  const unit = text.charCodeAt(i);
  return (unit & 0xf800) === 0xd800 ? unit + 0x10000 : unit;
}

function keyOf(user: UserId, id: string): string {
  return `${user} ${id}`;
}
