/**
 * What documents were before, change by change.
 *
 * @module
 */
import { isSameValue, parseObject } from "../../../domain/json_value.ts";
import { valueAt } from "../../../domain/settings/catalogue.ts";
import type { SettingsKey } from "../../../domain/settings.ts";
import {
  MAX_EDITS_CHARS,
  type SettingsArchive,
  type SettingsEdit,
} from "../../../ports/settings_archive.ts";

/** Edits read from the archive at a time. */
const PAGE = 100;

/** Pages that one call looks through at most; it may find nothing in them. */
const MAX_PAGES = 20;

/** One setting that was changed. */
export interface SettingChange {
  /** Its path in the tree of settings. */
  readonly path: string;
  /** Its value before; `undefined` when it had none, or that is no longer known. */
  readonly before: unknown;
  /** Its value after; `undefined` when it has none since. */
  readonly after: unknown;
}

/** One change of a document. */
export interface HistoryEntry<Name extends string> {
  /** The document. */
  readonly document: Name;
  /** Its version since then. */
  readonly version: number;
  /** In milliseconds since the Unix epoch. */
  readonly at: number;
  /** Who changed it. */
  readonly actor: string;
  /** The settings that were changed, as far as they were asked for. */
  readonly changes: readonly SettingChange[];
}

/** A page of the past. */
export interface HistoryPage<Name extends string> {
  /** Oldest first. */
  readonly entries: readonly HistoryEntry<Name>[];
  /** Go on after this version; `undefined` when there is nothing more. */
  readonly next: number | undefined;
}

/** Which part of the past is asked for. */
export interface PastQuery {
  /** The setting or group; all when absent. */
  readonly path: string | undefined;
  /** Only changes after this version. */
  readonly after: number;
  /** Most changes; there may be fewer where their values are long. */
  readonly limit: number;
}

/** Where something that is kept lies. */
interface Placed<Name> {
  readonly path: string;
  readonly document: Name;
  readonly at: readonly string[];
}

/**
 * Reads the changes of what is `kept` in the documents of `keys`; those only
 * that changed something of it, when the query names a path.
 */
export async function readPast<Name extends string>(
  archive: SettingsArchive,
  keys: ReadonlyMap<SettingsKey, Name>,
  kept: readonly Placed<Name>[],
  { path, after, limit }: PastQuery,
  signal: AbortSignal | undefined,
): Promise<HistoryPage<Name>> {
  const entries: HistoryEntry<Name>[] = [];
  let from = after;
  let chars = 0;
  for (let page = 0; page < MAX_PAGES; page++) {
    const query = { keys: [...keys.keys()], after: from, limit: PAGE };
    const edits = await archive.edits(query, signal);
    for (const edit of edits) {
      const entry = entryOf(keys.get(edit.key)!, edit, kept);
      if (path !== undefined && entry.changes.length === 0) continue;
      entries.push(entry);
      chars += (edit.json?.length ?? 0) + (edit.before?.json?.length ?? 0);
      if (entries.length === limit || chars > MAX_EDITS_CHARS) {
        return { entries, next: edit.version };
      }
    }
    if (edits.length === 0) return { entries, next: undefined };
    from = edits.at(-1)!.version;
  }
  return { entries, next: from };
}

function entryOf<Name extends string>(
  document: Name,
  edit: SettingsEdit,
  kept: readonly Placed<Name>[],
): HistoryEntry<Name> {
  const before = parseObject(edit.before?.json ?? "");
  const after = parseObject(edit.json ?? "");
  const changes = kept
    .filter((one) => one.document === document)
    .map(({ path, at }) => ({
      path,
      before: valueAt(before, at),
      after: valueAt(after, at),
    }))
    .filter((change) => !isSameValue(change.before, change.after));
  const { version, at, actor } = edit;
  return { document, version, at, actor, changes };
}
