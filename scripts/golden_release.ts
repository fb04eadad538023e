/**
 * `deno task release:keep`: keeps the state that this version stores, as files
 * that every later version must be able to open.
 *
 * Run it once when a version is released, from its very source.
 *
 * @module
 */
import { join } from "node:path";
import { VERSION } from "../src/version.ts";
import { answersTo, openBuild, TOLD_AT } from "../tests/upgrade/build.ts";
import {
  keepFile,
  readRedis,
  RELEASES,
  SCHEMA,
} from "../tests/upgrade/keep.ts";
import { tellStory } from "../tests/upgrade/story.ts";
import { connectPsql } from "../tests/support/postgres_world.ts";
import { connectCli } from "../tests/support/redis_world.ts";
import { runCommand } from "./server_process.ts";
import { findPrograms, openService } from "./services.ts";

const folder = join(RELEASES, VERSION);
const text = (value: unknown) =>
  new TextEncoder().encode(JSON.stringify(value, undefined, 1));

/** Tells the story to a fresh service; keeps what it answers then as `name`. */
async function tell(
  name: string,
  env: Record<string, string>,
): Promise<void> {
  await using build = await openBuild(env, TOLD_AT);
  await build.ask("GET", "/api/user/settings");
  const { questions, sequel } = await tellStory(build.ask);
  const answers = await answersTo(questions, build.ask);
  await keepFile(join(folder, `${name}.json`), text({ answers, sequel }));
}

async function keepSqlite(): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "holdfast-release-" });
  try {
    await tell("sqlite", {
      DATA_DIR: dir,
      FEATURE_STORE: "sqlite",
    });
    await keepFile(
      join(folder, "holdfast.db"),
      await Deno.readFile(join(dir, "holdfast.db")),
    );
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function keepPostgres(signal: AbortSignal): Promise<void> {
  await using postgres = await openService("postgres", console.log, signal);
  await using redis = await openService("redis", console.log, signal);
  const bin = await findPrograms(["pg_dump"]);
  if (!postgres || !redis || bin === undefined) {
    throw new Error("Cannot keep the release without Postgres, Redis, pg_dump");
  }
  const url = new URL(postgres.url);
  url.searchParams.set("search_path", SCHEMA);
  await using psql = connectPsql(url.href);
  await psql.unsafe(`CREATE SCHEMA ${SCHEMA}`);
  await using cli = await connectCli(redis.url);
  await cli("FLUSHALL");
  await tell("postgres", { DATABASE_URL: url.href, REDIS_URL: redis.url });
  await keepFile(
    join(folder, "redis.json"),
    text(await readRedis(cli)),
  );
  const dump = await runCommand(join(bin, "pg_dump"), [
    ...["--dbname", postgres.url, "--schema", SCHEMA],
    ...["--no-owner", "--no-privileges", "--no-comments"],
    ...["--inserts", "--rows-per-insert", "100"],
  ], { signal });
  const sql = dump.split("\n").filter((line) => !/^(?:--|\\|$)/.test(line));
  await keepFile(
    join(folder, "postgres.sql"),
    new TextEncoder().encode(sql.join("\n")),
  );
}

await Deno.mkdir(folder, { recursive: true });
await keepSqlite();
await keepPostgres(AbortSignal.timeout(120_000));
for await (const { name } of Deno.readDir(folder)) {
  const { size } = await Deno.stat(join(folder, name));
  console.log(`${join(folder, name)}: ${size} bytes`);
}
