/**
 * What commands do on this machine, without a running service.
 *
 * Every call takes flags as `holdfast serve` does, such as `--data-dir`, reads
 * the configuration with them, and opens what it needs for as long as it lasts.
 *
 * @module
 */
import type {
  BackupReport,
  RestoreReport,
} from "../../ports/database_backup.ts";
import type { SchemaStatus } from "../../ports/database_upkeep.ts";
import type { Finding } from "../../ports/finding.ts";

/** What `holdfast doctor` has found. */
export interface Diagnosis {
  /** In the order in which they are to be read. */
  readonly findings: readonly Finding[];
  /** Whether the configuration could be read; nothing else is looked at else. */
  readonly isConfigured: boolean;
}

/** A Redis that follows another database. */
export interface ForeignRedis {
  /** What it is called. */
  readonly name: string;
  /** Others that are connected to it; absent when that may not be asked. */
  readonly others: number | undefined;
  /**
   * Takes it over.
   *
   * @returns Whether it was as it had been found, and is ours now.
   */
  takeOver(): Promise<boolean>;
}

/** Work on this machine. */
export interface Machine {
  /** The flags of the configuration, such as `--data-dir`. */
  readonly flags: readonly string[];
  /** Those of a paper run. */
  readonly paperFlags: readonly string[];

  /** Looks whether a service would run well; throws nothing. */
  examine(
    flags: readonly string[],
    isDeep: boolean,
  ): Promise<Diagnosis>;

  /** The Redis of the configuration, if it follows another database. */
  foreignRedis(flags: readonly string[]): Promise<ForeignRedis | undefined>;

  /** How the tables of the database are, and what it is called. */
  schema(
    flags: readonly string[],
  ): Promise<{ readonly name: string; readonly status: SchemaStatus }>;

  /** Applies the migrations that are missing; their names. */
  migrate(
    flags: readonly string[],
  ): Promise<{ readonly name: string; readonly applied: readonly string[] }>;

  /**
   * Backs the database up to `path`, or says which command does.
   */
  backUp(
    flags: readonly string[],
    path: string,
  ): Promise<BackupReport | ByHand>;

  /**
   * Puts a backup in the database's place, or says which command does.
   *
   * @param revokesKeys Whether no API key is left.
   * @param beforeReplacing Called before a database is replaced; what it throws
   * leaves all as it is.
   */
  restore(
    flags: readonly string[],
    path: string,
    revokesKeys: boolean,
    beforeReplacing: () => Promise<void>,
  ): Promise<RestoreReport | ByHand>;

  /**
   * Gives the log of the database another epoch, and tells it.
   *
   * @param revokesKeys Whether no API key is left.
   */
  beginEpoch(
    flags: readonly string[],
    revokesKeys: boolean,
  ): Promise<NewEpoch>;
}

/** The log under another epoch. */
export interface NewEpoch {
  /** What the database is called. */
  readonly name: string;
  /** The epoch. */
  readonly epoch: string;
  /** How many API keys are left. */
  readonly keyCount: number;
}

/** What has to be done with other programs. */
export interface ByHand {
  /** The commands, in their order. */
  readonly commands: readonly string[];
}
