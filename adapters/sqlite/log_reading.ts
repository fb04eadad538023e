/**
 * Reading the event log, each call on one snapshot.
 *
 * @module
 */
import { type LoggedEvent, readMeta } from "../../domain/event/event.ts";
import type { ChannelMatcher } from "../../domain/event/channel_pattern.ts";
import { checkEventQuery } from "../../ports/arguments.ts";
import {
  type EventPage,
  type EventQuery,
  MAX_EVENT_PAGE_CHARS,
} from "../../ports/event_bus.ts";
import type { Sql } from "./connection.ts";
import { readLogHead } from "./log.ts";

/** Most events that one read looks at: about a millisecond of them. */
const MAX_SCAN = 5000;

const COLUMNS = "pos, id, type, key, at, data, meta, batch_end";

type Row = readonly [
  position: number,
  id: string,
  channel: string,
  key: string | null,
  committedAt: number,
  json: string,
  meta: string,
  batchEnd: number,
];

/** Reads the stretch of the log that `query` asks for. */
export function readEventPage(sql: Sql, query: EventQuery): EventPage {
  const head = readLogHead(sql);
  checkEventQuery(query, head);
  const { after, limit, channels } = query;
  if (channels) return { ...readMatching(sql, after, limit, channels), head };
  const { events } = takePage(sql.each<Row>(
    `SELECT ${COLUMNS} FROM event_log WHERE pos > ? ORDER BY pos LIMIT ?`,
    after,
    limit,
  ));
  return { events, scannedTo: events.at(-1)?.position ?? after, head };
}

/** Looks at the channels alone first: the data of the others is not wanted. */
function readMatching(
  sql: Sql,
  after: number,
  limit: number,
  matches: ChannelMatcher,
): Omit<EventPage, "head"> {
  const { wanted, scannedTo } = findMatching(sql, after, limit, matches);
  const { events, isFull } = takePage(sql.each<Row>(
    `SELECT ${COLUMNS} FROM event_log
      WHERE pos IN (SELECT value FROM json_each(?)) ORDER BY pos`,
    JSON.stringify(wanted),
  ));
  return { events, scannedTo: isFull ? events.at(-1)!.position : scannedTo };
}

/**
 * Finds where the first `limit` events that match stand. Where nearly all do,
 * hardly more are looked at; else twice as many each time.
 */
function findMatching(
  sql: Sql,
  after: number,
  limit: number,
  matches: ChannelMatcher,
): { readonly wanted: number[]; readonly scannedTo: number } {
  const wanted: number[] = [];
  let scannedTo = after;
  for (let left = MAX_SCAN, count = limit; left > 0; count *= 2) {
    const most = Math.min(count, left);
    const rows = sql.all<[number, string]>(
      "SELECT pos, type FROM event_log WHERE pos > ? ORDER BY pos LIMIT ?",
      scannedTo,
      most,
    );
    for (const [position, channel] of rows) {
      scannedTo = position;
      if (matches(channel) && wanted.push(position) === limit) {
        return { wanted, scannedTo };
      }
    }
    if (rows.length < most) break;
    left -= most;
  }
  return { wanted, scannedTo };
}

/** The events after `after`, each read when it is asked for. */
export function* readEventsAfter(
  sql: Sql,
  after: number,
): Iterable<LoggedEvent> {
  const text = `SELECT ${COLUMNS} FROM event_log WHERE pos > ? ORDER BY pos`;
  for (const row of sql.each<Row>(text, after)) yield toEvent(row);
}

/** Takes rows until there are none or their data fills a page. */
function takePage(
  rows: Iterable<Row>,
): { readonly events: LoggedEvent[]; readonly isFull: boolean } {
  const events: LoggedEvent[] = [];
  let chars = 0;
  for (const row of rows) {
    const event = toEvent(row);
    events.push(event);
    chars += event.json.length;
    if (chars >= MAX_EVENT_PAGE_CHARS) return { events, isFull: true };
  }
  return { events, isFull: false };
}

/** The position after which every event was committed at or after `timeMs`. */
export function readPositionAt(sql: Sql, timeMs: number): number {
  const { position, earliest } = readLogHead(sql);
  let low = earliest;
  let high = position + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (readCommittedAt(sql, middle) >= timeMs) high = middle;
    else low = middle + 1;
  }
  return low - 1;
}

/** When the event at `position` was committed, which is held. */
export function readCommittedAt(sql: Sql, position: number): number {
  const text = "SELECT at FROM event_log WHERE pos = ?";
  return sql.get<[number]>(text, position)![0];
}

function toEvent(row: Row): LoggedEvent {
  const [position, id, channel, key, committedAt, json, meta, batchEnd] = row;
  return {
    id,
    channel,
    ...(key === null ? {} : { key }),
    json,
    meta: readMeta(meta, committedAt),
    position,
    batchEnd,
    committedAt,
  };
}
