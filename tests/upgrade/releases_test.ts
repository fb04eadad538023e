/**
 * What every release has stored opens in this build: each record reads back,
 * and work goes on where it was.
 *
 * @module
 */
import { join } from "node:path";
import { deepEqual, equal, ok } from "../support/assert.ts";
import { connectPsql } from "../support/postgres_world.ts";
import { needs } from "../support/needs.ts";
import { canStartRedis, startRedis } from "../support/redis_world.ts";
import { requireService } from "../support/services.ts";
import {
  answersTo,
  type Build,
  LATER_MS,
  openBuild,
  TOLD_AT,
} from "./build.ts";
import { differences } from "./differences.ts";
import {
  fillRedis,
  type Kept,
  type KeptKey,
  readKept,
  readKeptText,
  RELEASES,
  SCHEMA,
} from "./keep.ts";

const REOPENED_AT = TOLD_AT + LATER_MS;
const isReadable = await needs(import.meta.url, ["read", "write", "env"]);
const releases = isReadable
  ? (await Array.fromAsync(Deno.readDir(RELEASES))).map(({ name }) => name)
  : [];

if (isReadable) {
  for (const release of releases.sort()) {
    Deno.test(`${release}: its SQLite file opens, and everything in it reads back`, async () => {
      await using folder = await makeFolder();
      const path = join(folder.path, "holdfast.db");
      await Deno.writeFile(path, await readKept(kept(release, "holdfast.db")));
      const told = await readAnswers(release, "sqlite");
      const env = { DATA_DIR: folder.path, FEATURE_STORE: "sqlite" };
      {
        await using build = await openBuild(env, REOPENED_AT);
        await holdsAll(build, told);
        await goesOn(build, told);
      }
      // What the current build has made of it opens, too.
      await using again = await openBuild(env, REOPENED_AT + LATER_MS);
      equal((await again.ask("GET", "/health")).status, 200);
    });
  }

  Deno.test("every release is kept, this one included", async () => {
    const { version } = JSON.parse(await Deno.readTextFile("deno.json"));
    ok(
      releases.includes(version),
      `there is no ${version}: deno task release:keep`,
    );
    for (const release of releases) {
      let bytes = 0;
      for await (const { name } of Deno.readDir(join(RELEASES, release))) {
        bytes += (await Deno.stat(join(RELEASES, release, name))).size;
      }
      ok(bytes < 300_000, `${release} takes ${bytes} bytes`);
    }
  });

  Deno.test("a release answers of everything that is stored", async () => {
    for (const name of ["sqlite", "postgres"]) {
      const { answers } = await readAnswers(releases[0]!, name);
      const of = (path: string, user?: string) =>
        answers.find((one) => one.path === path && one.user === user)!.json;
      ok(of("/api/user/settings/history?limit=100", "ann").entries.length > 3);
      ok(of("/api/v1/events?limit=1000").events.length > 20);
      ok(of("/api/v1/positions", "ann").positions.length > 0);
      ok(of("/api/v1/orders?limit=100", "bob").orders.length > 0);
      ok(of("/api/v1/orchestration/runs", "bob").runs.length > 0);
      equal(of("/api/v1/events/dead-letters").dead_letters.length, 1);
      equal(of("/api/v1/events/groups/billing").outstanding, 1);
    }
  });
}

const database = await requireService(import.meta.url, "postgres");
if (isReadable && database !== undefined) {
  for (const release of releases) {
    Deno.test(`${release}: its Postgres opens, and everything in it reads back`, async () => {
      await using schema = await restore(release, database);
      const told = await readAnswers(release, "postgres");
      await using build = await openBuild(
        { DATABASE_URL: schema.url },
        REOPENED_AT,
      );
      await holdsAll(build, told);
      await goesOn(build, told);
    });
  }
}

if (database !== undefined && await canStartRedis(import.meta.url)) {
  for (const release of releases) {
    Deno.test(`${release}: its Redis is followed on from where it was`, async () => {
      await using schema = await restore(release, database);
      await using redis = await startRedis();
      const keys: KeptKey[] = JSON.parse(
        await readKeptText(kept(release, "redis.json")),
      );
      await fillRedis(redis.cli, keys);
      const before = await redis.cli("GET", "hf:checkpoint");
      const told = await readAnswers(release, "postgres");
      await using build = await openBuild(
        { DATABASE_URL: schema.url, REDIS_URL: redis.url },
        REOPENED_AT,
      );
      await untilNormal(build);
      await holdsAll(build, told);
      const [format, epoch, generation] = String(before).split(":");
      const after = await redis.cli("GET", "hf:checkpoint");
      deepEqual(
        String(after).split(":").slice(0, 3),
        [format, epoch, generation],
        "Redis began anew",
      );
      await goesOn(build, told);
    });
  }
}

Deno.test("what is lost or changed is a difference, what is new is none", () => {
  const then = { a: [1, { b: "x" }], c: null };
  deepEqual(
    differences(then, { a: [1, { b: "x", new: 1 }], c: null, d: 2 }),
    [],
  );
  equal(differences(then, { a: [1, { b: "y" }], c: null }).length, 1);
  equal(differences(then, { a: [1], c: null }).length, 1);
  equal(differences(then, { a: [1, { b: "x" }] }).length, 1);
  equal(differences(then, undefined).length, 1);
});

/** Everything reads back as the release answered it. */
async function holdsAll(build: Build, told: Kept): Promise<void> {
  const now = await answersTo(told.answers, build.ask);
  const faults = told.answers.flatMap((then, i) =>
    differences(
      { json: then.json, etag: then.etag },
      { json: now[i]!.json, etag: now[i]!.etag },
      // A process forgets all vectors as it starts, and computes the same again.
      then.path.startsWith("/api/v1/features") ? ["source", "computed_at"] : [],
    ).map((fault) => `${then.path} of ${then.user ?? "the operator"}: ${fault}`)
  );
  deepEqual(faults, []);
}

/** What was under way goes on. */
async function goesOn(
  { ask }: Build,
  { sequel, answers }: Kept,
): Promise<void> {
  const { nextNumber, day, delivery, openOrder, head } = sequel;
  const number = await ask("POST", "/api/orders/sequence", {
    user: "ann",
    body: { day },
  });
  ok(number.json.first >= nextNumber, "a number is issued twice");

  const mode = "/api/futures/ginie/modes/scalp";
  const etag = answers.find(({ path, user }) =>
    path === mode && user === "ann"
  )!
    .etag!;
  const patched = await ask("PATCH", mode, {
    user: "ann",
    headers: { "If-Match": etag },
    body: { sltp: { stop_loss_percent: 2.5 } },
  });
  equal(patched.status, 200, JSON.stringify(patched.json));

  const settled = await ask("POST", "/api/v1/events/groups/billing/ack", {
    body: { deliveries: [delivery] },
  });
  equal(settled.status, 200, JSON.stringify(settled.json));

  const canceled = await ask("DELETE", `/api/v1/orders/${openOrder}`, {
    user: "ann",
  });
  equal(canceled.json.status, "canceled", JSON.stringify(canceled.json));

  const { json: { events } } = await ask(
    "GET",
    `/api/v1/events?after=${head}&limit=1000`,
  );
  equal(events[0].metadata.position, head + 1);
}

async function untilNormal({ ask }: Build): Promise<void> {
  const isNormal = async () =>
    (await ask("GET", "/api/admin/adapters")).json.mode === "normal";
  while (!await isNormal()) await new Promise((done) => setTimeout(done, 5));
}

/** The dump of a release in a schema of its own. */
async function restore(release: string, server: string) {
  const name = `test_${crypto.randomUUID().replaceAll("-", "")}`;
  const dump = await readKeptText(kept(release, "postgres.sql"));
  await using stack = new AsyncDisposableStack();
  {
    await using psql = connectPsql(server);
    await psql.unsafe(dump.replaceAll(SCHEMA, name));
  }
  const url = new URL(server);
  url.searchParams.set("search_path", name);
  const psql = stack.use(connectPsql(url.href));
  // As on the server that it comes from: another one would begin an epoch.
  await psql.unsafe("UPDATE log_head SET timeline = log_timeline()");
  stack.defer(async () =>
    void await psql.unsafe(`DROP SCHEMA ${name} CASCADE`)
  );
  const open = stack.move();
  return {
    url: url.href,
    psql,
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

function kept(release: string, name: string): string {
  return join(RELEASES, release, name);
}

async function readAnswers(release: string, name: string): Promise<Kept> {
  return JSON.parse(await readKeptText(kept(release, `${name}.json`)));
}

async function makeFolder() {
  const path = await Deno.makeTempDir({ prefix: "holdfast-upgrade-" });
  return {
    path,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}
