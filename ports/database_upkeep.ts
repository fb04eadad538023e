/**
 * The upkeep port: what is done to a database of record besides serving from
 * it. Nothing here needs the service, and most of it is for when none runs.
 *
 * @module
 */
import type { Finding } from "./finding.ts";

/**
 * How the tables of a database compare with those that this program knows.
 *
 * - `absent`: there is nothing yet; the first start makes them.
 * - `current`: they are the same.
 * - `behind`: some migrations are missing.
 * - `newer`: a later version of this program made them.
 * - `foreign`: they are another program's.
 * - `changed`: other scripts than this program's made them.
 */
export type SchemaState =
  | "absent"
  | "current"
  | "behind"
  | "newer"
  | "foreign"
  | "changed";

/** A migration that this program knows. */
export interface KnownMigration {
  /** Its name, such as `0001_state`. */
  readonly name: string;
  /** SHA-256 of its script. */
  readonly checksum: string;
}

/** A migration as a database has it. */
export interface AppliedMigration {
  /** Its number, from 1. */
  readonly version: number;
  /** SHA-256 of the script that was run. */
  readonly checksum: string;
  /** When, in milliseconds since the Unix epoch. */
  readonly appliedAt: number;
}

/** The tables of a database. */
export interface SchemaStatus {
  /** How they compare. */
  readonly state: SchemaState;
  /** Number of the newest migration that this program knows. */
  readonly known: number;
  /** Number of the newest migration that was applied; 0 for none. */
  readonly found: number;
  /** Those that this program knows, with the time at which each was applied. */
  readonly migrations: readonly {
    readonly name: string;
    readonly appliedAt: number | undefined;
  }[];
}

/** The log of a database, as those must know it who compare Redis with it. */
export interface LogIdentity {
  /** The epoch of the log. */
  readonly epoch: string;
  /** The epochs that it has had before. */
  readonly formerEpochs: readonly string[];
  /** Its newest position. */
  readonly position: number;
  /** Position of its last `settings.updated`. */
  readonly settingsPosition: number;
}

/** What an examination has found. */
export interface DatabaseExamination {
  /** One or more. */
  readonly findings: readonly Finding[];
  /** The log, where there is one that can be read. */
  readonly log: LogIdentity | undefined;
}

/** Looks after one database. Calls open and close it by themselves. */
export interface DatabaseUpkeep {
  /** What the database is called in messages; never a password. */
  readonly name: string;

  /**
   * Looks whether it can be relied on; changes nothing, and throws nothing
   * that the database is to blame for.
   *
   * @param isDeep Whether every page is read, however long that takes.
   */
  examine(isDeep: boolean): Promise<DatabaseExamination>;

  /**
   * Reads how its tables are; changes nothing.
   *
   * @throws {PortError} `unavailable`, `corrupt`, `timeout`.
   */
  schema(): Promise<SchemaStatus>;

  /**
   * Applies the migrations that are missing, making the database where there is
   * none.
   *
   * @returns Their names.
   * @throws {PortError} `unsupported` when it is newer or another program's,
   * `corrupt` when it was made by other scripts, `unavailable`.
   */
  migrate(): Promise<readonly string[]>;

  /**
   * Gives the log another epoch, as positions may have been given out that it
   * no longer knows of. Instances that run notice it and go on.
   *
   * @returns The new epoch.
   * @throws {PortError} `unavailable`, and as `migrate` does.
   */
  beginEpoch(): Promise<string>;

  /**
   * Counts the API keys.
   *
   * @throws {PortError} As `beginEpoch` does.
   */
  countKeys(): Promise<number>;

  /**
   * Drops all API keys; instances that run refuse them within seconds.
   *
   * @returns How many there were.
   * @throws {PortError} As `beginEpoch` does.
   */
  revokeKeys(): Promise<number>;
}

/**
 * Compares what a database has with what is known.
 *
 * @param applied In order of their versions; absent where the table is missing
 * that lists them.
 * @param hasTables Whether there are any tables.
 */
export function judgeSchema(
  known: readonly KnownMigration[],
  applied: readonly AppliedMigration[] | undefined,
  hasTables: boolean,
): SchemaStatus {
  const found = applied?.at(-1)?.version ?? 0;
  const isChanged = applied?.some(({ version, checksum }) =>
    version <= known.length && known[version - 1]?.checksum !== checksum
  );
  const state: SchemaState = !applied
    ? hasTables ? "foreign" : "absent"
    : found > known.length
    ? "newer"
    : isChanged
    ? "changed"
    : found < known.length
    ? "behind"
    : "current";
  return {
    state,
    known: known.length,
    found,
    migrations: known.map(({ name }, i) => ({
      name,
      appliedAt: applied?.find(({ version }) => version === i + 1)?.appliedAt,
    })),
  };
}

/** The finding that tells of `status`; absent tables are made by the first start. */
export function schemaFinding(status: SchemaStatus): Finding {
  const { state, known, found } = status;
  const check = "migrations";
  const missing = known - found;
  switch (state) {
    case "current":
      return { check, level: "ok", says: `all ${known} are applied` };
    case "absent":
      return {
        check,
        level: "ok",
        says: "there are no tables yet; the first start makes them",
      };
    case "behind":
      return {
        check,
        level: "warn",
        says: `${missing} of ${known} ${
          missing === 1 ? "is" : "are"
        } missing; the next start applies them`,
        mend: "holdfast migrate up",
      };
    case "newer":
      return {
        check,
        level: "fail",
        says:
          `a newer program made the tables: found schema version ${found}, known version is ${known}`,
        mend: "update Holdfast, or name another database",
      };
    case "foreign":
      return {
        check,
        level: "fail",
        says: "the tables are another program's",
        mend: "name an empty database with DATABASE_URL or DATA_DIR",
      };
    case "changed":
      return {
        check,
        level: "fail",
        says: "other scripts than this program's made the tables",
        mend: "use the release that made them, or restore a backup",
      };
  }
}
