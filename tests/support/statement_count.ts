/**
 * Counts the statements that a Postgres gets, by what they are for: adapters
 * begin each with a comment that says so, which its log shows.
 *
 * @module
 */
import { sleep } from "../../scripts/server_process.ts";
import type { PrivatePostgres } from "./postgres_server.ts";
import { connectPsql } from "./postgres_world.ts";

/** Statements by their tags. */
export type StatementCounts = ReadonlyMap<string, number>;

/** What statements without a tag are counted as. */
export const UNTAGGED = "untagged";

/** Counts statements. */
export interface StatementCount extends AsyncDisposable {
  /** Those that were begun since it was asked last, and before this call. */
  take(): Promise<StatementCounts>;
}

/** The name of our own connection, whose statements do not count. */
const COUNTER = "statement_count";

const SETTINGS = {
  logging_collector: "on",
  log_filename: "statements.log",
  log_rotation_size: "0",
  log_statement: "all",
  // Values may hold anything, also what looks like a tag.
  log_parameter_max_length: "0",
  log_line_prefix: "[%a] ",
};

/** How much of the log is read at a time. */
const CHUNK = 16_000_000;

/** How long the log may take to be written. */
const PATIENCE_MS = 10_000;

/** Restarts `server`, which is up, so that it logs statements, and begins to count. */
export async function openStatementCount(
  server: PrivatePostgres,
): Promise<StatementCount> {
  {
    await using psql = connectPsql(server.url);
    for (const [name, value] of Object.entries(SETTINGS)) {
      await psql.unsafe(`ALTER SYSTEM SET ${name} = '${value}'`);
    }
  }
  await server.shutdown();
  await server.start();
  const address = new URL(server.url);
  address.searchParams.set("application_name", COUNTER);
  const psql = connectPsql(address.href);
  let offset = 0;

  /** What has been logged up to `mark`. */
  async function readTo(mark: string): Promise<string> {
    const deadline = performance.now() + PATIENCE_MS;
    for (let text = "";;) {
      const [row] = await psql`SELECT
        pg_read_file(pg_current_logfile(), ${offset}, ${CHUNK}) AS text`;
      const more: string = row!["text"];
      offset += new TextEncoder().encode(more).length;
      text += more;
      if (text.includes(mark)) return text;
      if (performance.now() > deadline) {
        throw new Error(
          "Cannot count statements as the log does not show them",
        );
      }
      await sleep(5);
    }
  }

  return {
    async take() {
      // The log has one order: what was begun before stands before it.
      const mark = crypto.randomUUID();
      await psql.unsafe(`SELECT '${mark}'`);
      return countStatements(await readTo(mark));
    },
    [Symbol.asyncDispose]: () => psql[Symbol.asyncDispose](),
  };
}

const STATEMENT =
  /^\[(.*?)\] LOG: {2}(?:statement|execute [^:]*): (?:\/\* ([\w.]+) \*\/ |(LISTEN |SELECT 1$))?/gm;

/** The statements that a log with our settings shows. */
export function countStatements(log: string): StatementCounts {
  const counts = new Map<string, number>();
  for (const [, program, tag, plain] of log.matchAll(STATEMENT)) {
    if (program === COUNTER) continue;
    // These say by themselves what they are for.
    const name = tag ?? (plain === undefined ? UNTAGGED : "doorbell");
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}
