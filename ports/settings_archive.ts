/**
 * The settings archive port: what documents were before.
 *
 * `tests/contracts/settings_archive.ts` is the definition of this port. Writing
 * through the `SettingsStore` of the same database is what fills it.
 *
 * @module
 */
import type { SettingsKey } from "../domain/settings.ts";

/** Most changes of one answer. */
export const MAX_EDITS = 500;

/** Once the values of an answer are longer, it has no further change. */
export const MAX_EDITS_CHARS = 4 * 1024 * 1024;

/** Most keys of one answer. */
export const MAX_ARCHIVE_KEYS = 10_000;

/** Revisions that one call forgets, at most: `trim` as well as `forget`. */
export const MAX_TRIM = 1000;

/** Stands for whoever changed a document before there was an archive. */
export const MIGRATION_ACTOR = "migration";

/** A document as it was from one change to the next. */
export interface SettingsRevision {
  /** Which document. */
  readonly key: SettingsKey;
  /** Position in the log of the entry that tells of the change. */
  readonly version: number;
  /** When the change was committed: milliseconds since the Unix epoch, never going back. */
  readonly at: number;
  /** Who asked for the change. */
  readonly actor: string;
  /** The value, byte for byte; `undefined` when the document was removed by hand. */
  readonly json: string | undefined;
}

/** One change: what stands since, and what stood before. */
export interface SettingsEdit extends SettingsRevision {
  /** The revision before it; `undefined` when there was none or it is no longer held. */
  readonly before: SettingsRevision | undefined;
}

/**
 * Holds every revision of every document since there is an archive, until it
 * is told to forget: the newest of each document is held until it is named to
 * `forget`. It answers from the database of record, each call on one snapshot. Callers own retries;
 * adapters never retry.
 */
export interface SettingsArchive extends AsyncDisposable {
  /**
   * Changes of `keys` with versions above `after`, oldest first.
   *
   * @param query `limit` is from 1 to `MAX_EDITS`; there may be fewer, but not
   * none, where the values are longer than `MAX_EDITS_CHARS`.
   * @throws {PortError} `invalid` when `after` or `limit` is outside its range.
   */
  edits(
    query: {
      readonly keys: readonly SettingsKey[];
      readonly after: number;
      readonly limit: number;
    },
    signal?: AbortSignal,
  ): Promise<readonly SettingsEdit[]>;

  /**
   * Each document as it stood right after position `version` of the log, in
   * the order of `keys`; `undefined` when it did not exist then, not yet or no
   * more.
   *
   * @throws {PortError} `expired` when that is no longer held for one of them
   * (facts: `key`, `earliest`, the first version from which on it is);
   * `invalid` when the log does not reach to `version` (facts: `head`).
   */
  at(
    keys: readonly SettingsKey[],
    version: number,
    signal?: AbortSignal,
  ): Promise<readonly (SettingsRevision | undefined)[]>;

  /**
   * Keys of stored documents in the order of their characters.
   *
   * @param query Those behind `after`; `limit` is from 1 to `MAX_ARCHIVE_KEYS`.
   * @throws {PortError} `invalid` when `limit` is outside its range.
   */
  keys(
    query: { readonly after: string | undefined; readonly limit: number },
    signal?: AbortSignal,
  ): Promise<readonly SettingsKey[]>;

  /**
   * Forgets the revisions that had been replaced before `beforeMs`. So the
   * newest of each document is kept of those older than that, and the values
   * before the oldest change held stay known.
   *
   * @returns How many are gone, at most `MAX_TRIM`; there may be more to forget
   * when it is that.
   */
  trim(beforeMs: number, signal?: AbortSignal): Promise<number>;

  /**
   * Forgets the revisions of `keys` with versions up to `version`, the newest
   * included, as if there had never been any: for who is erased.
   *
   * @returns How many are gone, at most `MAX_TRIM`; there may be more to forget
   * when it is that.
   */
  forget(
    keys: readonly SettingsKey[],
    version: number,
    signal?: AbortSignal,
  ): Promise<number>;

  /** Releases every resource. Safe to call twice. */
  [Symbol.asyncDispose](): Promise<void>;
}
