/**
 * The backup port: a database of record as one file, and back again.
 *
 * @module
 */

/** What a backup holds. */
export interface BackupReport {
  /** Its newest position. */
  readonly position: number;
  /** The epoch of its log. */
  readonly epoch: string;
  /** Its size. */
  readonly bytes: number;
  /** Files that backups had left there which were killed; they are gone now. */
  readonly leftovers: readonly string[];
}

/**
 * Which API keys a database has after a restore.
 *
 * - `kept`: those of the database replaced, which knows what was revoked.
 * - `restored`: those of the backup; what was revoked since is good again.
 * - `revoked`: none.
 */
export type KeysAfterRestore = "kept" | "restored" | "revoked";

/** What a restore has done. */
export interface RestoreReport {
  /** The newest position of what was restored. */
  readonly position: number;
  /** The epoch that the log has from now on. */
  readonly epoch: string;
  /** The newest position of what was there before, where it could be read. */
  readonly replacedPosition: number | undefined;
  /** Where what was there before is kept; absent when there was nothing. */
  readonly kept: string | undefined;
  /** Which API keys there are now. */
  readonly keys: KeysAfterRestore;
  /** How many these are. */
  readonly keyCount: number;
}

/** Writes and reads backups of one database. */
export interface DatabaseBackup {
  /**
   * Writes what stands in the database at one moment, while others use it, to
   * the new file at `path`. When it resolves, the file is whole and on disk, and
   * those may read it who may read the database.
   *
   * @throws {PortError} `conflict` when there is something at `path`;
   * `not_found` when there is no database; `corrupt`, `full`, `unavailable`.
   */
  backUp(path: string): Promise<BackupReport>;

  /**
   * Puts what the backup at `path` holds in the place of the database, whose
   * file is kept beside it. The log gets another epoch, and goes on knowing
   * those that it and the one replaced have had; order numbers that the one
   * replaced had given out are not given out again, and API keys stay as they
   * were in it where it is a later life of what the backup holds. Either all of
   * it is done or nothing.
   *
   * @param options.revokesKeys Whether no API key is left instead.
   * @throws {PortError} `conflict` while anybody has the database open;
   * `not_found`, `corrupt` and `unsupported` when the backup is none that this
   * program can use; `full`, `unavailable`.
   */
  restore(
    path: string,
    options?: { readonly revokesKeys?: boolean },
  ): Promise<RestoreReport>;
}
