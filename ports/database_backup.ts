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
}

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
   * replaced had given out are not given out again. Either all of it is done or
   * nothing.
   *
   * @throws {PortError} `conflict` while anybody has the database open;
   * `not_found`, `corrupt` and `unsupported` when the backup is none that this
   * program can use; `full`, `unavailable`.
   */
  restore(path: string): Promise<RestoreReport>;
}
