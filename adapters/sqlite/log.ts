/**
 * Appending to the event log: the last step of every transaction that changes
 * what others must hear of.
 *
 * @module
 */
import type { LogHead, NewEvent, Receipt } from "../../domain/event/event.ts";
import { PortError } from "../../ports/port_error.ts";
import type { Sql } from "./connection.ts";

/** Begins the log in `epoch` unless it has begun. */
export function createLogHead(sql: Sql, epoch: string, atMs: number): void {
  sql.run(
    `INSERT INTO log_head (id, epoch, pos, set_pos, at) VALUES (1, ?, 0, 0, ?)
      ON CONFLICT (id) DO NOTHING`,
    epoch,
    Math.floor(atMs),
  );
}

/**
 * Checks that the head of the log is where its events end.
 *
 * @param file Names the database in the error.
 * @throws {PortError} `corrupt` when the head is gone or elsewhere.
 */
export function checkLogHead(sql: Pick<Sql, "get">, file: string): void {
  const [head, newest] = sql.get<[number | null, number | null]>(
    `SELECT (SELECT pos FROM log_head WHERE id = 1),
      (SELECT max(pos) FROM event_log)`,
  )!;
  // A log whose events have all been dropped has only its head.
  if (head !== null && head === (newest ?? head)) return;
  throw new PortError(
    "corrupt",
    `Cannot use database ${file} as its log is damaged or was changed by hand: ` +
      `found head ${head ?? "none"}, newest event ${newest ?? "none"}`,
  );
}

/** Where the log ends and begins. */
export function readLogHead(sql: Sql): LogHead {
  const [epoch, position, earliest] = sql.get<[string, number, number]>(
    `SELECT epoch, pos, coalesce((SELECT min(pos) FROM event_log), pos + 1)
      FROM log_head WHERE id = 1`,
  )!;
  return { epoch, position, earliest };
}

/**
 * Appends `events` as one batch; belongs at the end of a write. An id that the
 * log holds keeps its position and uses none.
 *
 * @param atMs Now, in milliseconds since the Unix epoch; the entries are
 * stamped with it, or with the newest stamp if that is later.
 */
export function appendEvents(
  sql: Sql,
  events: readonly NewEvent[],
  atMs: number,
): Receipt[] {
  const held = events.map((event) => positionOf(sql, event.id));
  const fresh = events.filter((_, i) => held[i] === undefined);
  let next = 0;
  if (fresh.length > 0) {
    const [end, at] = advance(sql, fresh, atMs);
    next = end - fresh.length + 1;
    fresh.forEach((event, i) => {
      sql.run(
        "INSERT INTO event_log VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        next + i,
        event.id,
        event.channel,
        event.key ?? null,
        at,
        event.json,
        JSON.stringify(event.meta),
        end,
      );
    });
  }
  return events.map(({ id }, i) => {
    const first = held[i];
    return first === undefined
      ? { id, position: next++, duplicate: false }
      : { id, position: first, duplicate: true };
  });
}

function positionOf(sql: Sql, id: string): number | undefined {
  return sql.get<[number]>("SELECT pos FROM event_log WHERE id = ?", id)?.[0];
}

/** Moves the head on; returns the last position and the stamp of the batch. */
function advance(
  sql: Sql,
  fresh: readonly NewEvent[],
  atMs: number,
): [end: number, at: number] {
  const lastOfSettings = 1 +
    fresh.findLastIndex((event) => event.channel === "settings.updated");
  return sql.get<[number, number]>(
    `UPDATE log_head SET
        set_pos = CASE WHEN ?1 > 0 THEN pos + ?1 ELSE set_pos END,
        pos = pos + ?2,
        at = max(at, ?3)
      WHERE id = 1 RETURNING pos, at`,
    lastOfSettings,
    fresh.length,
    Math.floor(atMs),
  )!;
}
