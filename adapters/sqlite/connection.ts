/**
 * One connection to a SQLite file, set up for durability.
 *
 * @module
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { PortError } from "../../ports/port_error.ts";

/** Missing from Deno's types. */
type ArrayStatement = StatementSync & { setReturnArrays(on: boolean): void };

/** A value that is bound to a statement or comes out of a row. */
export type SqlValue = string | number | null;

/**
 * Runs statements; each text is prepared once and kept, so texts are constants.
 * Rows are arrays of their columns, which node:sqlite makes three times as fast
 * as objects.
 */
export interface Sql {
  /** The first row, or `undefined` when there is none. */
  get<Row extends readonly SqlValue[]>(
    text: string,
    ...values: SqlValue[]
  ): Row | undefined;

  /** Every row. */
  all<Row extends readonly SqlValue[]>(
    text: string,
    ...values: SqlValue[]
  ): Row[];

  /** The rows one by one, each read when it is asked for. */
  each<Row extends readonly SqlValue[]>(
    text: string,
    ...values: SqlValue[]
  ): Iterable<Row>;

  /** Runs a statement and tells how many rows it changed. */
  run(text: string, ...values: SqlValue[]): number;
}

/** A connection, with what only its owner may do. */
export interface Connection extends Sql {
  /** Whether a transaction is open; SQLite ends some by itself on errors. */
  readonly inTransaction: boolean;

  /** Runs several statements; their errors carry no code. */
  script(text: string): void;

  /** Closes the file. */
  close(): void;
}

/**
 * What is asked of every connection.
 *
 * A wait for another process's lock blocks the event loop, so it is short; who
 * needs longer waits asynchronously (`busy.ts`). The log is flushed at every
 * commit and folded into the file every 4 MiB.
 */
const SETTINGS = [
  "PRAGMA busy_timeout = 5",
  "PRAGMA synchronous = FULL",
  "PRAGMA foreign_keys = ON",
  "PRAGMA wal_autocheckpoint = 1000",
  "PRAGMA journal_size_limit = 67108864",
];

/**
 * Opens the file at `path`, creating it where its folder exists.
 *
 * @throws {PortError} `unsupported` when the file system cannot hold a
 * write-ahead log; otherwise what node:sqlite throws.
 */
export function openConnection(path: string): Connection {
  const database = new DatabaseSync(path);
  const statements = new Map<string, ArrayStatement>();

  function prepared(text: string): ArrayStatement {
    let statement = statements.get(text);
    if (!statement) {
      statement = database.prepare(text) as ArrayStatement;
      statement.setReturnArrays(true);
      statements.set(text, statement);
    }
    return statement;
  }

  const connection: Connection = {
    get: <Row>(text: string, ...values: SqlValue[]) =>
      prepared(text).get(...values) as Row | undefined,
    all: <Row>(text: string, ...values: SqlValue[]) =>
      prepared(text).all(...values) as unknown[] as Row[],
    each: <Row>(text: string, ...values: SqlValue[]) =>
      prepared(text).iterate(...values) as Iterable<unknown> as Iterable<Row>,
    run: (text, ...values) => Number(prepared(text).run(...values).changes),
    get inTransaction() {
      return database.isTransaction;
    },
    script: (text) => database.exec(text),
    close: () => database.close(),
  };

  try {
    for (const setting of SETTINGS) connection.get(setting);
    const [mode] = connection.get<[string]>("PRAGMA journal_mode = WAL")!;
    if (mode !== "wal") {
      throw new PortError(
        "unsupported",
        `Cannot open database ${path} as it cannot have a write-ahead log: its journal mode is ${mode}`,
      );
    }
  } catch (error) {
    database.close();
    throw error;
  }
  return connection;
}
