/**
 * The database of record in a SQLite file, for those who make a fast layer
 * follow it.
 *
 * @module
 */
import type { GateState, Lease } from "../../domain/lease.ts";
import type { SettingsDocument, SettingsKey } from "../../domain/settings.ts";
import { admit } from "../../ports/arguments.ts";
import {
  checkStretch,
  hasEnded,
  isGranted,
  takeStretch,
  unlessLong,
} from "../../ports/record_rules.ts";
import type {
  LeaseAnswer,
  LeaseClaim,
  LogStretch,
  RecordStore,
  RecordView,
} from "../../ports/record_store.ts";
import type { Sql } from "./connection.ts";
import type { SqliteDatabase } from "./database.ts";
import { readLogHead } from "./log.ts";
import { readEventsAfter } from "./log_reading.ts";
import { openSqliteSettingsStore, readDocument } from "./settings_store.ts";

type LeaseRow = readonly [
  bootId: string,
  label: string,
  renewal: number,
  history: string,
  gate: GateState,
  appliedPosition: number,
];

/** Opens a store over `db`; closing it leaves the database open. */
export function openSqliteRecordStore(db: SqliteDatabase): RecordStore {
  const { clock } = db;
  const settings = openSqliteSettingsStore(db);
  let closed = false;
  const enter = (signal?: AbortSignal) => admit("record store", closed, signal);

  return {
    async read(keys, signal) {
      enter(signal);
      return await db.read((sql) => ({
        ...readView(sql, clock.now()),
        documents: keys.map((key) => readDocument(sql, key)),
      }), signal);
    },

    async stretch(after, signal) {
      enter(signal);
      return await db.read(
        (sql) => readStretch(sql, after, clock.now()),
        signal,
      );
    },

    async write(changes, actor, signal) {
      enter(signal);
      return { versions: await settings.write(changes, actor, signal) };
    },

    async claim(claim, signal) {
      enter(signal);
      return await db.write(
        (sql) => putDown(sql, claim, clock.now()),
        signal,
      );
    },

    async leaveEpoch(epoch, signal) {
      enter(signal);
      const now = Math.floor(clock.now());
      await db.write((sql) => {
        const [current] = sql.get<[string]>("SELECT epoch FROM log_head")!;
        if (current !== epoch) return;
        sql.run("INSERT INTO log_epoch VALUES (?, ?)", epoch, now);
        sql.run(
          "UPDATE log_head SET epoch = ?, epoch_since = ?",
          db.newId(),
          now,
        );
      }, signal);
    },

    async leave(bootId, signal) {
      enter(signal);
      await db.write((sql) => {
        remove(sql, bootId);
      }, signal);
    },

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}

function readView(sql: Sql, now: number): RecordView {
  const [settingsPosition, epochSince] = sql.get<[number, number | null]>(
    "SELECT set_pos, epoch_since FROM log_head WHERE id = 1",
  )!;
  return {
    head: readLogHead(sql),
    settingsPosition,
    formerEpochs: sql.all<[string]>(
      "SELECT epoch FROM log_epoch ORDER BY ended_at",
    ).map(([epoch]) => epoch),
    // The wall clock may have been set back since.
    epochAgeMs: epochSince === null ? Infinity : Math.max(0, now - epochSince),
    leases: readLeases(sql),
  };
}

function readLeases(sql: Sql): Lease[] {
  return sql.all<LeaseRow>(
    "SELECT boot_id, label, renewal, history, gate, applied_pos FROM instance",
  ).map(([bootId, label, renewal, history, gate, appliedPosition]) => (
    { bootId, label, renewal, history, gate, appliedPosition }
  ));
}

function readStretch(sql: Sql, after: number, now: number): LogStretch {
  const view = readView(sql, now);
  checkStretch(after, view.head);
  const entries = takeStretch(readEventsAfter(sql, after));
  const documents = new Map<SettingsKey, SettingsDocument | undefined>();
  for (const { channel, key } of entries) {
    if (channel !== "settings.updated" || key === undefined) continue;
    const told = key as SettingsKey;
    if (!documents.has(told)) {
      documents.set(told, unlessLong(readDocument(sql, told)));
    }
  }
  return { ...view, entries, documents };
}

function putDown(sql: Sql, claim: LeaseClaim, now: number): LeaseAnswer {
  const leases = readLeases(sql);
  const granted = isGranted(claim, leases);
  if (granted) {
    for (const lease of leases) {
      if (hasEnded(lease, claim)) remove(sql, lease.bootId);
    }
    sql.run(
      `INSERT INTO instance (boot_id, label, renewal, history, gate, applied_pos)
        VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (boot_id) DO UPDATE SET label = excluded.label,
          renewal = excluded.renewal, history = excluded.history,
          gate = excluded.gate, applied_pos = excluded.applied_pos`,
      claim.bootId,
      claim.label,
      claim.renewal,
      claim.history,
      claim.gate,
      claim.appliedPosition,
    );
  }
  return { ...readView(sql, now), granted };
}

function remove(sql: Sql, bootId: string): void {
  sql.run("DELETE FROM instance WHERE boot_id = ?", bootId);
}
