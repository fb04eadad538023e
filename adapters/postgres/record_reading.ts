/**
 * Reading the log and the leases together with documents and entries, each
 * statement on one snapshot.
 *
 * @module
 */
import type { LoggedEvent } from "../../domain/event/event.ts";
import type { GateState, Lease } from "../../domain/lease.ts";
import type { SettingsDocument, SettingsKey } from "../../domain/settings.ts";
import { PortError } from "../../ports/port_error.ts";
import { checkStretch } from "../../ports/record_rules.ts";
import {
  type LogStretch,
  MAX_STRETCH_CHARS,
  MAX_STRETCH_DOCUMENT_CHARS,
  MAX_STRETCH_ENTRIES,
  type RecordSnapshot,
  type RecordView,
} from "../../ports/record_store.ts";
import type { PostgresDatabase } from "./database.ts";
import type { SqlValue } from "./link.ts";
import { EVENT, type EventRow, toEvent } from "./log_reading.ts";
import { textArray } from "./settings_store.ts";

/** What `record_view()` tells. */
interface Shown {
  readonly epoch: string;
  readonly position: number;
  readonly earliest: number;
  readonly isOfTimeline: boolean;
  readonly settingsPosition: number;
  readonly formerEpochs: readonly string[] | null;
  readonly epochAgeMs: number | null;
  readonly leases: readonly LeaseRow[] | null;
}

type LeaseRow = readonly [
  bootId: string,
  label: string,
  renewal: number,
  history: string,
  gate: GateState,
  appliedPosition: number,
];

type DocumentRow = readonly [
  shown: string | null,
  key: SettingsKey,
  version: number | null,
  json: string,
];

/** An entry, or with no channel a document. */
type StretchRow = readonly [
  shown: string | null,
  position: number | null,
  id: string | null,
  channel: string | null,
  key: string | null,
  committedAt: number | null,
  json: string,
  meta: string | null,
  batchEnd: number | null,
];

/** One row, which has the view. */
const LOOK = "/* record.look */ SELECT record_view(), NULL, NULL, NULL";

/** One row has the view, the others a document each. */
const READ = `/* settings.read */ SELECT record_view(), NULL, NULL, NULL
  UNION ALL SELECT NULL, key, version, value FROM settings
    WHERE key = ANY ($1::text::text[])`;

/**
 * One row has the view, the others an entry each or a document: its key in
 * place of the key, its version in place of the position, its value in place
 * of the data. Lengths are those in UTF-8, which are had without reading.
 */
const STRETCH = `/* drain */ WITH sized AS (
    SELECT pos, batch_end, sum(octet_length(data)) OVER (ORDER BY pos) AS length
    FROM (
      SELECT pos, batch_end, data FROM event_log WHERE pos > $1
      ORDER BY pos LIMIT ${MAX_STRETCH_ENTRIES}
    ) AS next
  ), entry AS MATERIALIZED (
    SELECT ${EVENT} FROM event_log WHERE pos > $1 AND pos <= coalesce(
      (SELECT max(pos) FROM sized
        WHERE pos = batch_end AND length <= ${MAX_STRETCH_CHARS}),
      (SELECT batch_end FROM sized ORDER BY pos LIMIT 1))
    ORDER BY pos
  )
  SELECT record_view(), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
  UNION ALL SELECT NULL, ${EVENT} FROM entry
  UNION ALL SELECT NULL, s.version, NULL, NULL, t.key, NULL, s.value, NULL, NULL
    FROM (SELECT DISTINCT key FROM entry
      WHERE type = 'settings.updated' AND key IS NOT NULL) AS t
    LEFT JOIN settings s ON s.key = t.key
      AND octet_length(s.value) <= ${MAX_STRETCH_DOCUMENT_CHARS}`;

/** Reads documents together with the log and the leases. */
export async function readSnapshot(
  db: PostgresDatabase,
  keys: readonly SettingsKey[],
  signal: AbortSignal | undefined,
): Promise<RecordSnapshot> {
  const { view, rows } = await readWithView<DocumentRow>(
    db,
    keys.length === 0 ? LOOK : READ,
    keys.length === 0 ? [] : [textArray(keys)],
    signal,
  );
  const found = new Map<SettingsKey, SettingsDocument>();
  for (const [, key, version, json] of rows) {
    found.set(key, { key, version: version!, json });
  }
  return { ...view, documents: keys.map((key) => found.get(key)) };
}

/** Reads the entries after `after` with the documents that they tell of. */
export async function readStretch(
  db: PostgresDatabase,
  after: number,
  signal: AbortSignal | undefined,
): Promise<LogStretch> {
  const { view, rows } = await readWithView<StretchRow>(
    db,
    STRETCH,
    [after],
    signal,
  );
  checkStretch(after, view.head);
  const entries: LoggedEvent[] = [];
  const documents = new Map<SettingsKey, SettingsDocument | undefined>();
  for (const [, ...row] of rows) {
    const [version, , channel, , , json] = row;
    if (channel !== null) entries.push(toEvent(row as EventRow));
    else {
      const key = row[3] as SettingsKey;
      documents.set(key, version === null ? undefined : { key, version, json });
    }
  }
  db.known.note(view.head.epoch, entries.slice(-1));
  return { ...view, entries, documents };
}

/** Understands what `record_view()` tells. */
export function toView(text: string): RecordView {
  return viewOf(JSON.parse(text));
}

function viewOf(shown: Shown): RecordView {
  const { epoch, position, earliest, settingsPosition, epochAgeMs } = shown;
  return {
    head: { epoch, position, earliest },
    settingsPosition,
    formerEpochs: shown.formerEpochs ?? [],
    // The server's clock may have been set back since.
    epochAgeMs: epochAgeMs === null ? Infinity : Math.max(0, epochAgeMs),
    leases: shown.leases?.map(toLease) ?? [],
  };
}

function toLease(row: LeaseRow): Lease {
  const [bootId, label, renewal, history, gate, appliedPosition] = row;
  return { bootId, label, renewal, history, gate, appliedPosition };
}

/**
 * Reads rows of which one begins with the view; where the server is on another
 * timeline than the log, the log first gets another epoch.
 */
async function readWithView<
  Row extends readonly [shown: string | null, ...SqlValue[]],
>(
  db: PostgresDatabase,
  text: string,
  values: readonly SqlValue[],
  signal: AbortSignal | undefined,
): Promise<{ view: RecordView; rows: Row[] }> {
  for (let attempt = 1; attempt <= 2; attempt++) {
    const all = await db.read<Row>(text, values, signal);
    const told = all.find(([shown]) => shown !== null)?.[0];
    if (told === undefined || told === null) throw noHead();
    const shown = JSON.parse(told) as Shown;
    if (shown.isOfTimeline) {
      const rows = all.filter(([shown]) => shown === null);
      return { view: viewOf(shown), rows };
    }
    await db.renewEpoch();
  }
  throw new PortError(
    "unavailable",
    "Cannot read from the database as its server has changed meanwhile",
  );
}

function noHead(): PortError {
  return new PortError(
    "corrupt",
    "Cannot read from the database as its log has no head",
  );
}
