/**
 * Reading the event log, each statement on one snapshot.
 *
 * @module
 */
import {
  type LoggedEvent,
  type LogHead,
  readMeta,
} from "../../domain/event/event.ts";
import type { ChannelMatcher } from "../../domain/event/channel_pattern.ts";
import { checkEventQuery } from "../../ports/arguments.ts";
import {
  type EventPage,
  type EventQuery,
  MAX_EVENT_PAGE,
  MAX_EVENT_PAGE_CHARS,
} from "../../ports/event_bus.ts";
import type { PostgresDatabase } from "./database.ts";

/** Most events that one read looks at: a few milliseconds of them. */
const MAX_SCAN = 5000;

type HeadRow = readonly [
  epoch: string,
  position: number,
  earliest: number,
  isOfTimeline: boolean,
];

/** The columns of an event. */
export type EventRow = readonly [
  position: number | null,
  id: string,
  channel: string,
  key: string | null,
  committedAt: number,
  json: string,
  meta: string,
  batchEnd: number,
];

const HEAD = `SELECT epoch, h.pos,
    coalesce((SELECT min(pos) FROM event_log
      WHERE pos >= (SELECT pos FROM log_tail)), h.pos + 1) AS earliest,
    timeline = log_timeline() AS is_of_timeline
  FROM log_head h WHERE id = 1`;

const READ_HEAD = `/* log.head */ ${HEAD}`;

/** Names the columns of an event. */
export const EVENT = "pos, id, type, key, at, data, meta, batch_end";

/** The first of `rows` of the log, up to the one that fills a page. */
const withinPage = (rows: string) =>
  `SELECT ${EVENT} FROM (
    SELECT ${EVENT}, sum(length(data)) OVER (
      ORDER BY pos ROWS UNBOUNDED PRECEDING
    ) - length(data) AS chars_before FROM (${rows}) AS r
  ) AS p WHERE chars_before < ${MAX_EVENT_PAGE_CHARS}`;

const PAGE =
  `/* log.read */ SELECT h.*, e.* FROM (${HEAD}) AS h LEFT JOIN LATERAL (
    ${
    withinPage(
      `SELECT ${EVENT} FROM event_log WHERE pos > $1 ORDER BY pos LIMIT $2`,
    )
  }
  ) AS e ON true ORDER BY e.pos`;

const CHANNELS =
  `/* log.read */ SELECT h.*, e.* FROM (${HEAD}) AS h LEFT JOIN LATERAL (
    SELECT pos, type FROM event_log WHERE pos > $1 ORDER BY pos LIMIT $2
  ) AS e ON true ORDER BY e.pos`;

const NAMED = `/* log.read */ ${
  withinPage(
    `SELECT ${EVENT} FROM event_log WHERE pos = ANY ($1::text::bigint[])`,
  )
} ORDER BY pos`;

/** A binary search: positions are dense and times never go back. */
const POSITION_AT = `/* log.read */ WITH RECURSIVE search (low, high) AS (
    SELECT earliest, pos + 1 FROM (${HEAD}) AS h
    UNION ALL
    SELECT
      CASE WHEN is_early THEN middle + 1 ELSE low END,
      CASE WHEN is_early THEN high ELSE middle END
    FROM search, LATERAL (SELECT (low + high) / 2 AS middle) AS m,
      LATERAL (SELECT at < $1 AS is_early FROM event_log WHERE pos = middle) AS e
    WHERE low < high
  ) SELECT low - 1 FROM search WHERE low = high`;

/** Where the log ends and begins. */
export async function readLogHead(
  db: PostgresDatabase,
  signal?: AbortSignal,
): Promise<LogHead> {
  const [row] = await readOfTimeline<HeadRow>(db, READ_HEAD, [], signal);
  return toHead(row!);
}

/** Reads the stretch of the log that `query` asks for. */
export async function readEventPage(
  db: PostgresDatabase,
  query: EventQuery,
  signal?: AbortSignal,
): Promise<EventPage> {
  const { after, limit, channels } = query;
  // What is out of range is refused once the head is known.
  const from = Number.isSafeInteger(after) ? after : 0;
  if (channels) return await readMatching(db, query, channels, from, signal);
  const most = limit >= 1 && limit <= MAX_EVENT_PAGE ? Math.floor(limit) : 1;
  const rows = await readOfTimeline<readonly [...HeadRow, ...EventRow]>(
    db,
    PAGE,
    [from, most],
    signal,
  );
  const head = toHead(rows[0]!);
  checkEventQuery(query, head);
  const events = rows.filter((row) => row[4] !== null)
    .map(([, , , , ...event]) => toEvent(event));
  return { events, scannedTo: events.at(-1)?.position ?? after, head };
}

/** Looks at the channels alone first: the data of the others is not wanted. */
async function readMatching(
  db: PostgresDatabase,
  query: EventQuery,
  matches: ChannelMatcher,
  from: number,
  signal: AbortSignal | undefined,
): Promise<EventPage> {
  const found = await findMatching(db, query, matches, from, signal);
  if (found) {
    const { wanted, ...page } = found;
    if (wanted.length === 0) return { ...page, events: [] };
    const rows = await db.read<EventRow>(NAMED, [`{${wanted}}`], signal);
    const events = rows.map(toEvent);
    if (events.length === wanted.length) return { ...page, events };
    const chars = events.reduce((sum, { json }) => sum + json.length, 0);
    const isUnbroken = events.every(({ position }, i) =>
      position === wanted[i]
    );
    if (isUnbroken && chars >= MAX_EVENT_PAGE_CHARS) {
      return { ...page, events, scannedTo: events.at(-1)!.position };
    }
  }
  // They were dropped meanwhile, or their positions given anew.
  return await readMatching(db, query, matches, from, signal);
}

/**
 * Finds where the first events that match stand. Where nearly all do, hardly
 * more are looked at; else twice as many each time.
 *
 * @returns `undefined` when the log has got another epoch meanwhile.
 */
async function findMatching(
  db: PostgresDatabase,
  query: EventQuery,
  matches: ChannelMatcher,
  from: number,
  signal: AbortSignal | undefined,
): Promise<Omit<EventPage, "events"> & { wanted: number[] } | undefined> {
  const { limit } = query;
  const wanted: number[] = [];
  let scannedTo = from;
  let epoch: string | undefined;
  for (let left = MAX_SCAN, count = limit;; count *= 2) {
    const most = count >= 1 ? Math.min(Math.floor(count), left) : 1;
    const rows = await readOfTimeline<
      readonly [...HeadRow, number | null, string]
    >(db, CHANNELS, [scannedTo, most], signal);
    const head = toHead(rows[0]!);
    checkEventQuery(query, head);
    if (head.epoch !== (epoch ??= head.epoch)) return undefined;
    const scanned = rows.filter((row) => row[4] !== null);
    for (const [, , , , position, channel] of scanned) {
      scannedTo = position!;
      if (matches(channel) && wanted.push(scannedTo) === limit) {
        return { wanted, scannedTo, head };
      }
    }
    left -= most;
    if (scanned.length < most || left === 0) return { wanted, scannedTo, head };
  }
}

/** The position after which every event was committed at or after `timeMs`. */
export async function readPositionAt(
  db: PostgresDatabase,
  timeMs: number,
  signal?: AbortSignal,
): Promise<number> {
  const [row] = await db.read<[number]>(POSITION_AT, [timeMs], signal);
  return row![0];
}

/**
 * Reads rows that begin with the head's columns; where the server is on
 * another timeline than the log, the log first gets another epoch.
 */
async function readOfTimeline<
  Row extends readonly [...HeadRow, ...(string | number | null)[]],
>(
  db: PostgresDatabase,
  text: string,
  values: number[],
  signal: AbortSignal | undefined,
): Promise<Row[]> {
  const rows = await db.read<Row>(text, values, signal);
  const isOfTimeline = rows[0]?.[3];
  if (isOfTimeline !== false) return rows;
  await db.renewEpoch();
  return await db.read<Row>(text, values, signal);
}

function toHead([epoch, position, earliest]: readonly [
  ...HeadRow,
  ...unknown[],
]): LogHead {
  return { epoch, position, earliest };
}

/** The event that `row` holds. */
export function toEvent(row: EventRow): LoggedEvent {
  const [position, id, channel, key, committedAt, json, meta, batchEnd] = row;
  return {
    id,
    channel,
    ...(key === null ? {} : { key }),
    json,
    meta: readMeta(meta, committedAt),
    position: position!,
    batchEnd,
    committedAt,
  };
}
