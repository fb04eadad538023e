/**
 * Postgres databases in schemas of their own, gone with the test.
 *
 * @module
 */
import postgres from "postgres";
import {
  openPostgresDatabase,
  type PostgresDatabase,
  type PostgresOptions,
} from "../../adapters/postgres/database.ts";
import { createSystemClock } from "../../adapters/system/clock.ts";
import { createFakeClock, type FakeClock } from "./fake_clock.ts";
import { createSeededEntropy } from "./seeded_entropy.ts";

/** A connection behind the adapters' back, as a person with psql has one. */
export type Psql = postgres.Sql & AsyncDisposable;

/** An empty schema that is removed at the end. */
export interface Schema extends AsyncDisposable {
  /** The server's address with the schema in it, also as the name of the program. */
  readonly url: string;
  /** A connection to it. */
  readonly psql: Psql;
}

/** A database together with the clock that it goes by. */
export interface PostgresWorld extends Schema {
  readonly db: PostgresDatabase;
  readonly clock: FakeClock;
}

/** Connects to `url`. */
export function connectPsql(url: string): Psql {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  return Object.assign(sql, {
    [Symbol.asyncDispose]: () => sql.end({ timeout: 5 }),
  });
}

/** Makes an empty schema on the server at `url`. */
export async function makeSchema(url: string): Promise<Schema> {
  const name = `test_${crypto.randomUUID().replaceAll("-", "")}`;
  const address = new URL(url);
  address.searchParams.set("search_path", name);
  address.searchParams.set("application_name", name);
  const psql = connectPsql(address.href);
  await psql.unsafe(`CREATE SCHEMA ${name}`);
  return {
    url: address.href,
    psql,
    async [Symbol.asyncDispose]() {
      await psql.unsafe(`DROP SCHEMA ${name} CASCADE`);
      await psql[Symbol.asyncDispose]();
    },
  };
}

/** Opens a new database on a clock that stands still. */
export async function createPostgresWorld(url: string): Promise<PostgresWorld> {
  const schema = await makeSchema(url);
  const clock = createFakeClock();
  const db = openDatabase(schema.url, { clock });
  await db.ready;
  return {
    ...schema,
    db,
    clock,
    async [Symbol.asyncDispose]() {
      await db[Symbol.asyncDispose]();
      await schema[Symbol.asyncDispose]();
    },
  };
}

/** Opens the database at `url`, on real time unless another clock is given. */
export function openDatabase(
  url: string,
  options: Partial<PostgresOptions> & { seed?: number } = {},
): PostgresDatabase {
  const { clock = createSystemClock(), seed = 1, ...rest } = options;
  return openPostgresDatabase({
    url,
    clock,
    entropy: createSeededEntropy(seed),
    ...rest,
  });
}
