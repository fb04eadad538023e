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
  /** Rows by user, kind and id, apart by kind, so that listing looks at no other. */
  const kinds = new Map<string, Map<string, LedgerRow>>();
  let size = 0;
  let closed = false;
  const enter = (signal?: AbortSignal) => admit("trade ledger", closed, signal);
  const find = (user: UserId, { kind, id }: LedgerRef) =>
    kinds.get(kind)?.get(keyOf(user, id));

  function put(row: LedgerRow): void {
    const rows = kinds.get(row.kind) ?? new Map<string, LedgerRow>();
    kinds.set(row.kind, rows);
    rows.set(keyOf(row.user, row.id), row);
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
      const rows = [...kinds.get(query.kind)?.values() ?? []];
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
      for (const { ifVersion, ...change } of changes) {
        put({ user, ...change, version: ifVersion + 1 });
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

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function keyOf(user: UserId, id: string): string {
  return `${user} ${id}`;
}
