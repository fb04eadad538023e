/**
 * The ledger of sequence numbers in a SQLite file.
 *
 * @module
 */
import { sequenceFenced } from "../../domain/event/own_events.ts";
import type { SequenceName } from "../../domain/sequence.ts";
import { admit, checkSequenceCount } from "../../ports/arguments.ts";
import type { SequenceLedger, Unadopted } from "../../ports/sequence_ledger.ts";
import {
  mustFence,
  NEW_SERIES,
  type SeriesRow,
  startOf,
} from "../../ports/sequence_rules.ts";
import type { Sql } from "./connection.ts";
import type { SqliteDatabase } from "./database.ts";
import { appendEvents } from "./log.ts";

/** What a series has come to. */
interface Given {
  readonly last: number;
  readonly epoch: string;
  readonly fencedPosition: number;
}

/** Opens a ledger over `db`; closing it leaves the database open. */
export function openSqliteSequenceLedger(db: SqliteDatabase): SequenceLedger {
  let closed = false;

  function enter(count: number, signal: AbortSignal | undefined): void {
    admit("sequence ledger", closed, signal);
    checkSequenceCount(count);
  }

  function give(
    sql: Sql,
    series: SequenceName,
    count: number,
    history: string | undefined,
    floor: number | undefined,
  ): Given | Unadopted {
    const held = readRow(sql, series);
    const [epoch, epochSince] = sql.get<[string, number | null]>(
      "SELECT epoch, epoch_since FROM log_head WHERE id = 1",
    )!;
    const log = { epoch, hasChanged: epochSince !== null };
    const start = startOf(held, log, floor);
    if (start === undefined) return "unadopted";
    const last = start + count;
    const fencedPosition = mustFence(held, history)
      ? fence(sql, series)
      : held.fencedPosition;
    sql.run(
      `INSERT INTO sequence (user_id, day, leased_to, leased_in, fenced_pos, epoch)
        VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (user_id, day) DO UPDATE SET leased_to = excluded.leased_to,
          leased_in = excluded.leased_in, fenced_pos = excluded.fenced_pos,
          epoch = excluded.epoch`,
      series.user,
      series.day,
      last,
      history ?? null,
      fencedPosition,
      epoch,
    );
    return { last, epoch, fencedPosition };
  }

  function fence(sql: Sql, series: SequenceName): number {
    const now = db.clock.now();
    const event = sequenceFenced(series, db.newId(), now);
    return appendEvents(sql, [event], now)[0]!.position;
  }

  return {
    async lease(series, size, { history, floor }, signal) {
      enter(size, signal);
      const { last } = await db.write(
        (sql) => give(sql, series, size, history, floor) as Given,
        signal,
      );
      return { first: last - size + 1, last };
    },

    async issue(series, count, floor, signal) {
      enter(count, signal);
      const given = await db.write(
        (sql) => give(sql, series, count, undefined, floor),
        signal,
      );
      if (given === "unadopted") return given;
      const { last, epoch, fencedPosition: position } = given;
      return { first: last - count + 1, last, fence: { epoch, position } };
    },

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}

function readRow(sql: Sql, { user, day }: SequenceName): SeriesRow {
  const row = sql.get<[number, string | null, number, string | null]>(
    `SELECT leased_to, leased_in, fenced_pos, epoch FROM sequence
      WHERE user_id = ? AND day = ?`,
    user,
    day,
  );
  if (!row) return NEW_SERIES;
  const [leasedTo, leasedIn, fencedPosition, epoch] = row;
  return {
    leasedTo,
    leasedIn: leasedIn ?? undefined,
    fencedPosition,
    epoch: epoch ?? undefined,
  };
}
