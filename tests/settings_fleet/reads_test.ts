/**
 * While Redis serves, settings are never read from the database: counted there.
 *
 * @module
 */
import { sleep } from "../../scripts/server_process.ts";
import {
  type SettingsKey,
  settingsKey,
  USER_DOCUMENTS,
} from "../../domain/settings.ts";
import { parseUserId } from "../../domain/user_id.ts";
import type { Autopilot } from "../../src/apps/autopilot.ts";
import { requirePrograms } from "../faults/world.ts";
import { equal, ok } from "../support/assert.ts";
import { createPostgres } from "../support/postgres_server.ts";
import { createRedis } from "../support/redis_server.ts";
import { connectCli } from "../support/redis_world.ts";
import {
  openStatementCount,
  type StatementCount,
  type StatementCounts,
  UNTAGGED,
} from "../support/statement_count.ts";
import { createFleetAutopilot } from "./autopilot.ts";
import { type Fleet, type Member, openFleet } from "./fleet.ts";

const USERS = Array.from({ length: 100 }, (_, i) => `user-${i}`);

/** Rounds of one count; they take more than one renewal of a lease. */
const ROUNDS = 4;
const PAUSE_MS = 250;

/** How long Redis may take to hold everything again. */
const WARM_MS = 20_000;

/** What is done in every round; gives the database reads that it knows of. */
type Work = (member: Member) => Promise<number>;

const WORKS: Record<string, Work> = {
  "a snapshot of each user": (member) =>
    each(async (user) => {
      const { documents } = await member.read(keysOf(user));
      equal(documents.size, USER_DOCUMENTS.length);
    }),
  "a bundle of each user over HTTP": (member) =>
    each((user) =>
      member.ask("GET", "/api/user/settings?include=all", { user })
    ),
  "a cycle of the autopilot": async (member) => {
    const report = await autopilotOf(member).cycle();
    equal(report!.decisions.length, USERS.length);
    return report!.databaseReads;
  },
};

async function each(work: (user: string) => Promise<unknown>): Promise<0> {
  await Promise.all(USERS.map(work));
  return 0;
}

const autopilots = new WeakMap<Member, Autopilot>();

function autopilotOf(member: Member): Autopilot {
  return autopilots.getOrInsertComputed(
    member,
    () => createFleetAutopilot(member, USERS.map(parseUserId)),
  );
}

const keysOf = (user: string): SettingsKey[] =>
  USER_DOCUMENTS.map((name) => settingsKey(parseUserId(user), name));

/** Statements by tag, and the reads among them that the work itself knew of. */
interface Counted {
  readonly counts: StatementCounts;
  readonly told: number;
}

/** Does `work` on both services, and gives what the database got meanwhile. */
async function countWhile(
  { writer, reader }: Fleet,
  count: StatementCount,
  work: Work,
): Promise<Counted> {
  await count.take();
  let told = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const reads = await Promise.all([work(writer), work(reader)]);
    told += reads[0]! + reads[1]!;
    await sleep(PAUSE_MS);
  }
  return { counts: await count.take(), told };
}

const reads = ({ counts, told }: Counted) =>
  told + (counts.get("settings.read") ?? 0);

/** Counts again where Redis has failed meanwhile: one late answer costs some reads. */
const ATTEMPTS = 3;

/** Does `work` until it has needed no read of the database; fails where Redis has not. */
async function countNone(
  fleet: Fleet,
  count: StatementCount,
  name: string,
): Promise<StatementCounts> {
  const failures = () => fleet.writer.failures() + fleet.reader.failures();
  for (let attempt = 1;; attempt++) {
    const before = failures();
    const counted = await countWhile(fleet, count, WORKS[name]!);
    if (reads(counted) === 0) return counted.counts;
    const said = `${name}: ${JSON.stringify([...counted.counts])}`;
    ok(failures() > before, `without any failure of Redis: ${said}`);
    ok(attempt < ATTEMPTS, said);
    console.log(`counted again, as Redis has failed: ${said}`);
  }
}

const programs = await requirePrograms(import.meta.url);
if (programs) {
  Deno.test("settings of 100 users are read without the database while Redis serves", async () => {
    await using postgres = await createPostgres(programs.postgres);
    await using redis = await createRedis(programs.redis);
    await Promise.all([postgres.start(), redis.start()]);
    await using count = await openStatementCount(postgres);
    await using command = await connectCli(redis.url);
    await using fleet = await openFleet(postgres.url, {
      ...redis,
      database: 0,
      command,
    });
    const { writer, reader } = fleet;

    /** Resolves once Redis holds a share of the documents. */
    async function isHeld(share: number): Promise<void> {
      const deadline = performance.now() + WARM_MS;
      const keys = USERS.flatMap(keysOf);
      for (;;) {
        const texts = await command("MGET", ...keys) as unknown[];
        const held = texts.filter((text) => text !== null).length;
        if (held >= share * keys.length) return;
        if (performance.now() > deadline) {
          throw new Error(`Redis holds ${held} of ${keys.length} documents`);
        }
        await sleep(10);
      }
    }

    /** Lets both read until Redis serves all of it. */
    async function isWarm(): Promise<void> {
      const deadline = performance.now() + WARM_MS;
      for (const member of [writer, reader]) {
        for (const user of USERS) {
          while ((await member.read(keysOf(user))).sources[0] !== "redis") {
            if (performance.now() > deadline) throw new Error("still cold");
            await sleep(10);
          }
        }
      }
    }

    await Promise.all([writer.normal(), reader.normal()]);
    for (const user of USERS) {
      await writer.ask("GET", "/api/user/settings?include=all", { user });
    }
    await isWarm();
    for (const name of Object.keys(WORKS)) {
      const counts = await countNone(fleet, count, name);
      ok(counts.get("lease")! > 0, "not even leases were counted");
      equal(counts.get(UNTAGGED), undefined, "statements without a tag");
    }

    await command("FLUSHALL");
    // Whoever reads next finds it out; the rest comes by itself, save what a
    // busy machine was late with.
    await Promise.all(
      [writer, reader].map((member) => member.read(keysOf(USERS[0]!))),
    );
    await isHeld(0.9);
    await isWarm();
    for (const name of Object.keys(WORKS)) {
      await countNone(fleet, count, name);
    }

    await Promise.all([writer.way!.refuse(), reader.way!.refuse()]);
    for (const [name, work] of Object.entries(WORKS)) {
      const counted = await countWhile(fleet, count, work);
      ok(reads(counted) >= ROUNDS, `${name}, without Redis`);
      equal(
        counted.counts.get(UNTAGGED),
        undefined,
        "statements without a tag",
      );
    }
  });
}
