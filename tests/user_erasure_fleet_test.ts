/**
 * A user is erased on one of two services while both are read: once that is
 * acknowledged, no read anywhere gives an old value, whatever Redis does.
 *
 * @module
 */
import {
  type SettingsKey,
  settingsKey,
  USER_DOCUMENTS,
} from "../domain/settings.ts";
import { parseUserId } from "../domain/user_id.ts";
import { type Programs, requirePrograms } from "./faults/world.ts";
import { type Fleet, type Member, openFleet } from "./settings_fleet/fleet.ts";
import { deepEqual, equal, ok, rejects } from "./support/assert.ts";
import { createPostgres } from "./support/postgres_server.ts";
import { createRedis } from "./support/redis_server.ts";
import { connectCli } from "./support/redis_world.ts";

const SCALP = "/api/futures/ginie/modes/scalp";

/** How long Redis may take to hold what is read. */
const WARM_MS = 10_000;

const keysOf = (user: string): SettingsKey[] =>
  USER_DOCUMENTS.map((name) => settingsKey(parseUserId(user), name));

/** Parts of documents that Redis shows under keys of their own. */
const partsOf = (user: string) => [
  `user:${user}:settings:trading`,
  `user:${user}:settings:notifications`,
];

/** Gives `user` settings, and lets both services serve them from Redis. */
async function settle(fleet: Fleet, user: string): Promise<void> {
  const { writer, reader } = fleet;
  await writer.ask("GET", "/api/user/settings", { user });
  const body = { confidence: { min_confidence: 61 } };
  await writer.ask("PATCH", SCALP, { user, body });
  const deadline = performance.now() + WARM_MS;
  for (const member of [writer, reader]) {
    while (
      fleet.redis && (await member.read(keysOf(user))).sources[0] !== "redis"
    ) {
      if (performance.now() > deadline) throw new Error("still cold");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

/** Reads without end until told to stop; gives what was seen, by when it began. */
function watch(member: Member, user: string) {
  let isOver = false;
  const seen: { readonly began: number; readonly documents: number }[] = [];
  const work = (async () => {
    while (!isOver) {
      const began = performance.now();
      const { documents } = await member.read(keysOf(user));
      seen.push({ began, documents: documents.size });
      await new Promise((resolve) => setTimeout(resolve));
    }
  })();
  return {
    since: (ms: number) => seen.filter(({ began }) => began >= ms),
    async stop() {
      isOver = true;
      await work;
    },
  };
}

/**
 * Erases `user` by `erase` while both services are read, and judges what was
 * seen after it was acknowledged.
 */
async function judge(
  fleet: Fleet,
  user: string,
  erase: () => Promise<unknown>,
): Promise<void> {
  const members = [fleet.writer, fleet.reader];
  const watches = members.map((member) => watch(member, user));
  try {
    await erase();
    const acknowledged = performance.now();
    for (const member of members) {
      const { documents } = await member.read(keysOf(user));
      equal(documents.size, 0, "an old value");
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
    for (const { since, stop } of watches) {
      while (since(acknowledged).length <= 5) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await stop();
      const stale = since(acknowledged).filter(({ documents }) =>
        documents > 0
      );
      deepEqual(stale, []);
    }
  } finally {
    await Promise.all(watches.map(({ stop }) => stop()));
  }
}

/** What Redis has of the user, save the numbers of orders. */
async function held({ redis }: Fleet, user: string): Promise<unknown[]> {
  const names = [...keysOf(user), ...partsOf(user)];
  const texts = await redis!.command("MGET", ...names) as unknown[];
  return texts.filter((text) => text !== null);
}

const erase = ({ writer }: Fleet, user: string) =>
  writer.ask("DELETE", `/api/admin/users/${user}`);

/** Runs `test` on a fleet of two with Redis, or without. */
async function withFleet(
  programs: Programs,
  test: (fleet: Fleet) => Promise<void>,
  hasRedis = true,
): Promise<void> {
  await using postgres = await createPostgres(programs.postgres);
  await using redis = await createRedis(programs.redis);
  await Promise.all([postgres.start(), redis.start()]);
  await using command = await connectCli(redis.url);
  await using fleet = await openFleet(
    postgres.url,
    hasRedis ? { ...redis, database: 0, command } : undefined,
  );
  await Promise.all([fleet.writer.normal(), fleet.reader.normal()]);
  await test(fleet);
}

const programs = await requirePrograms(import.meta.url);
if (programs) {
  Deno.test("an erased user is gone everywhere, with Redis and without", async () => {
    for (const hasRedis of [true, false]) {
      await withFleet(programs, async (fleet) => {
        for (const user of ["ann", "bob"]) await settle(fleet, user);
        if (hasRedis) ok((await held(fleet, "ann")).length >= 8);
        await judge(fleet, "ann", () => erase(fleet, "ann"));
        if (hasRedis) {
          deepEqual(await held(fleet, "ann"), []);
          ok((await held(fleet, "bob")).length >= 8);
        }
        const [left] = await fleet.psql`SELECT
          (SELECT count(*)::integer FROM settings
            WHERE key LIKE 'user:ann:%') AS documents,
          (SELECT count(*)::integer FROM settings_history
            WHERE key LIKE 'user:ann:%') AS revisions,
          (SELECT count(*)::integer FROM settings_replaced
            WHERE key LIKE 'user:ann:%') AS replaced`;
        deepEqual({ ...left }, { documents: 0, revisions: 0, replaced: 0 });

        const { reader } = fleet;
        const fresh = await reader.ask("GET", SCALP, { user: "newcomer" });
        const anew = await reader.ask("GET", SCALP, { user: "ann" });
        deepEqual(anew.json, fresh.json);
        const kept = await reader.ask("GET", SCALP, { user: "bob" });
        equal(kept.json.confidence.min_confidence, 61);
      }, hasRedis);
    }
  });

  Deno.test("an erasure is acknowledged only when nobody shows anything old, also where its instance has lost Redis", async () => {
    await withFleet(programs, async (fleet) => {
      await settle(fleet, "ann");
      await judge(fleet, "ann", async () => {
        await fleet.writer.way!.refuse();
        await erase(fleet, "ann");
      });
      await fleet.writer.way!.mend();
      await fleet.writer.normal();
      deepEqual(await held(fleet, "ann"), []);
      equal((await fleet.writer.read(keysOf("ann"))).documents.size, 0);
    });
  });

  Deno.test("the judge notices an erasure that the log does not tell of", async () => {
    await withFleet(programs, async (fleet) => {
      await settle(fleet, "ann");
      const silently = () =>
        fleet.psql.begin(async (sql) => {
          await sql`SELECT set_config('holdfast.own_write', 'on', true)`;
          await sql`DELETE FROM settings WHERE key LIKE 'user:ann:%'`;
        });
      await rejects(judge(fleet, "ann", silently), /an old value/);
    });
  });
}
