/**
 * An audit log in this process's memory; nothing survives a restart.
 *
 * @module
 */
import { admit, checkAuditQuery } from "../../ports/arguments.ts";
import {
  type AuditLog,
  type AuditRecord,
  MAX_AUDIT_TRIM,
} from "../../ports/audit_log.ts";
import type { Clock } from "../../ports/clock.ts";

/** Calls held, at most; then the oldest go. */
export const DEFAULT_AUDIT_CAPACITY = 10_000;

/** Opens an empty log whose calls `clock` stamps. */
export function openMemoryAuditLog(
  clock: Clock,
  capacity: number = DEFAULT_AUDIT_CAPACITY,
): AuditLog {
  const held = new Map<number, AuditRecord>();
  let last = 0;
  let closed = false;
  const enter = (signal?: AbortSignal) => admit("audit log", closed, signal);

  return {
    async begin(call, signal) {
      enter(signal);
      const id = ++last;
      const at = Math.floor(clock.now());
      held.set(id, { ...call, id, at, status: undefined });
      held.delete(id - capacity);
      return id;
    },

    async finish(id, status, signal) {
      enter(signal);
      const record = held.get(id);
      if (record) held.set(id, { ...record, status });
    },

    async list(query, signal) {
      enter(signal);
      checkAuditQuery(query);
      return held.values().filter(({ id }) => id > query.after)
        .take(query.limit).toArray();
    },

    async trim(beforeMs, signal) {
      enter(signal);
      const old = held.values().filter(({ at }) => at < beforeMs)
        .take(MAX_AUDIT_TRIM).toArray();
      for (const { id } of old) held.delete(id);
      return old.length;
    },

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}
