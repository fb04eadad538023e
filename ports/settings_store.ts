/**
 * The settings store port: versioned JSON documents.
 *
 * `tests/contracts/settings_store.ts` is the definition of this port.
 *
 * @module
 */
import type {
  SettingsDocument,
  SettingsKey,
  SettingsSource,
} from "../domain/settings.ts";

export type { SettingsSource };

/** Several documents as they stood at one moment. */
export interface SettingsSnapshot {
  /** One entry a key, in the order asked for; `undefined` when not stored. */
  readonly documents: readonly (SettingsDocument | undefined)[];
  /** Where the answer came from. */
  readonly source: SettingsSource;
  /** Whether the answer is known to be the newest; `false` only while the database is away. */
  readonly verified: boolean;
}

/** Most characters of the paths of one change, written with commas between them. */
export const MAX_PATHS_CHARS = 700;

/** One document to be replaced, or removed. */
export interface SettingsChange {
  /** Which document. */
  readonly key: SettingsKey;
  /**
   * The new value: one JSON text, kept byte for byte. `undefined` removes the
   * document; that is a change like any other, with a version and an event,
   * even where nothing is stored.
   */
  readonly json: string | undefined;
  /**
   * Write only if the stored version is this one; 0 says that nothing may be
   * stored yet. Absent: write whatever is there.
   */
  readonly ifVersion?: number;
  /**
   * Which fields change, for the event to tell, such as
   * `sltp.stop_loss_percent`; a path stands for everything beneath it. Absent:
   * anything may.
   */
  readonly paths?: readonly string[];
}

/**
 * Documents are linearizable per key: a read that begins after a write was
 * acknowledged, or after any read returned its value, returns that value or a
 * newer one. Callers own retries; adapters never retry.
 */
export interface SettingsStore extends AsyncDisposable {
  /** Reads all `keys` as one snapshot. */
  read(
    keys: readonly SettingsKey[],
    signal?: AbortSignal,
  ): Promise<SettingsSnapshot>;

  /**
   * What this process remembers of a document, if anything, perhaps older than
   * what is stored: good for a change on condition of its version, and for
   * nothing else.
   */
  recall(key: SettingsKey): SettingsDocument | undefined;

  /**
   * Replaces or removes all documents named, or none of them; puts what they become into
   * the archive and appends one `settings.updated` event a document to the log
   * in the same transaction, as one batch and in the order of `changes`.
   *
   * A failure that leaves open whether the write happened is `timeout`; every
   * other failure means that it did not.
   *
   * @param actor Who asks for the change; stands in the event.
   * @returns The new versions, in the order of `changes`.
   * @throws {PortError} `version_conflict` (facts: `key`, `version`); `invalid`
   * when a key is named twice, nothing is named, or the paths of a change have
   * more than `MAX_PATHS_CHARS`.
   */
  write(
    changes: readonly SettingsChange[],
    actor: string,
    signal?: AbortSignal,
  ): Promise<readonly number[]>;

  /** Releases every resource. Safe to call twice. */
  [Symbol.asyncDispose](): Promise<void>;
}
