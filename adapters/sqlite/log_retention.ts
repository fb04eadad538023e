/**
 * Drops what nobody needs any more of the log in a SQLite file. The file does
 * not get smaller: what comes next is written in the room that was made.
 *
 * @module
 */
import { planTrim, type TrimLimits } from "../../domain/event/retention.ts";
import { admit } from "../../ports/arguments.ts";
import type { LogRetention, LogTrim } from "../../ports/log_retention.ts";
import type { Sql } from "./connection.ts";
import type { SqliteDatabase } from "./database.ts";
import { readLogHead } from "./log.ts";
import { readCommittedAt, readPositionAt } from "./log_reading.ts";

/** Events of one step, at most: the event loop stands still for them. */
const MAX_STEP = 200;

/** The oldest event held, or yet to come, that each group has not settled. */
const NEEDS = `SELECT name, need FROM (
    SELECT g.name, (SELECT min(pos) FROM (
      SELECT g.cursor_pos + 1 AS pos
      UNION ALL
      SELECT e.pos FROM group_entry e WHERE e.group_name = g.name
        AND e.origin = 'log' AND e.state <> 'parked'
    ) WHERE pos >= ?) AS need
    FROM consumer_group g
  ) WHERE need IS NOT NULL ORDER BY name`;

/** Opens the port over `db`; closing it leaves the database open. */
export function openSqliteLogRetention(db: SqliteDatabase): LogRetention {
  let closed = false;
  return {
    async trim(limits, signal) {
      admit("log retention", closed, signal);
      return await db.write((sql) => trim(sql, limits), signal);
    },
    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}

function trim(sql: Sql, limits: TrimLimits): LogTrim {
  const { earliest, ...head } = readLogHead(sql);
  const needs = sql.all<[string, number]>(NEEDS, earliest)
    .map(([group, position]) => ({ group, position }));
  const positionAt = (timeMs: number) => readPositionAt(sql, timeMs);
  const plan = planTrim(
    { ...head, earliest, positionAt },
    limits,
    needs,
    MAX_STEP,
  );
  const dropped = sql.run("DELETE FROM event_log WHERE pos <= ?", plan.upTo);
  const oldest = earliest + dropped;
  const committedAt = (position: number) => readCommittedAt(sql, position);
  return {
    dropped,
    isMore: plan.isMore,
    passed: plan.passed,
    pins: plan.pins.map((pin) => ({
      ...pin,
      committedAt: committedAt(pin.position),
    })),
    head: { ...head, earliest: oldest },
    oldestAt: oldest > head.position ? undefined : committedAt(oldest),
  };
}
