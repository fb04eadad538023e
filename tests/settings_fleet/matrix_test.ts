/**
 * The invalidation matrix: every way to change settings, on two instances, with
 * Redis, without it, and with Redis lost between the commit and its update.
 * What was acknowledged by one is the very next thing that the other reads.
 *
 * @module
 */
import { sleep } from "../../scripts/server_process.ts";
import { equal, ok, rejects } from "../support/assert.ts";
import {
  createRedis,
  findRedis,
  type PrivateRedis,
} from "../support/redis_server.ts";
import { connectCli } from "../support/redis_world.ts";
import { skip } from "../support/needs.ts";
import { requireService } from "../support/services.ts";
import { BYSTANDER, checkRow, type Looked } from "./check_row.ts";
import { CUT_NAMES } from "./cuts.ts";
import { type Fleet, type Member, openFleet, type Seen } from "./fleet.ts";
import { OWNER, type Row, ROWS } from "./rows.ts";

/** Fleets that take their turns with the rows while Redis is lost and comes back. */
const LANES = 5;

/** A gate that closes sooner rests before it opens again. */
const STEADY_MS = 510;

/** Opens a fleet in which owner and bystander have their settings. */
async function openLane(
  databaseUrl: string,
  server?: PrivateRedis,
  database = 0,
): Promise<Fleet> {
  await using stack = new AsyncDisposableStack();
  const command = server &&
    stack.use(await connectCli(`${server.url}/${database}`));
  const fleet = stack.use(
    await openFleet(
      databaseUrl,
      server && { ...server, database, command: command! },
    ),
  );
  const { writer, reader } = fleet;
  await Promise.all([writer.normal(), reader.normal()]);
  for (const user of [OWNER, BYSTANDER]) {
    await writer.ask("GET", "/api/user/settings", { user });
  }
  const open = stack.move();
  return { ...fleet, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

/** Checks `rows`, naming the one that fails. */
async function checkRows(
  rows: readonly Row[],
  check: (row: Row, number: number) => Promise<Looked>,
): Promise<Looked[]> {
  const looked: Looked[] = [];
  for (const [i, row] of rows.entries()) {
    try {
      looked.push(await check(row, i));
    } catch (error) {
      throw new Error(`${row.name}: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
  return looked;
}

/** Shows of each group of keys for ever what it saw first. */
function createStale(member: Member): Member {
  const known = new Map<string, Promise<Seen>>();
  return {
    ...member,
    async read(...groups) {
      const seen = await Promise.all(groups.map((group) => {
        const name = group.join();
        if (!known.has(name)) known.set(name, member.read(group));
        return known.get(name)!;
      }));
      return {
        documents: new Map(seen.flatMap(({ documents }) => [...documents])),
        sources: seen.flatMap(({ sources }) => sources),
      };
    },
  };
}

const sum = (looked: readonly Looked[]) =>
  looked.reduce((count, { keys }) => count + keys, 0);

const databaseUrl = await requireService(import.meta.url, "postgres");
const bin = databaseUrl && await findRedis();

if (databaseUrl && !bin) {
  skip(import.meta.url, "there is no redis-server; to run it, install it");
}
if (databaseUrl && bin) {
  Deno.test("the matrix: without Redis", async () => {
    await using fleet = await openLane(databaseUrl);
    await checkRows(ROWS, (row) => checkRow(fleet, row));
  });

  Deno.test("the matrix: with Redis", async () => {
    await using redis = await createRedis(bin);
    await redis.start();
    await using fleet = await openLane(databaseUrl, redis);
    const looked = await checkRows(ROWS, (row) => checkRow(fleet, row));
    ok(sum(looked) > 15 * ROWS.length, `${sum(looked)} keys in Redis`);
  });

  Deno.test("the matrix: Redis lost between commit and update", async () => {
    await using redis = await createRedis(bin, { appendfsync: "everysec" });
    await redis.start();
    let opened: Promise<unknown> = Promise.resolve();
    const lanes = Array.from({ length: LANES }, async (_, lane) => {
      // One after the other: each has tables to make.
      const opening = opened.then(() => openLane(databaseUrl, redis, lane));
      opened = opening.catch(() => {});
      await using fleet = await opening;
      const mine = ROWS.filter((_, i) => i % LANES === lane);
      return await checkRows(mine, async (row, i) => {
        await sleep(STEADY_MS);
        const cut = CUT_NAMES[(lane + i) % CUT_NAMES.length]!;
        const looked = await checkRow(fleet, row, cut);
        const mustCut = (row.owner ?? row.newcomer ?? row.defaults) &&
          !row.isByHand;
        equal(
          looked.isCut,
          mustCut ? true : looked.isCut,
          `${cut} did not happen`,
        );
        return looked;
      });
    });
    // All of them end, also where one has failed.
    await Promise.allSettled(lanes);
    const looked = (await Promise.all(lanes)).flat();
    ok(sum(looked) > 15 * ROWS.length, `${sum(looked)} keys in Redis`);
  });

  Deno.test("the matrix notices a reader that shows what it knew", async () => {
    await using redis = await createRedis(bin);
    await redis.start();
    await using fleet = await openLane(databaseUrl, redis);
    const row = ROWS.find(({ name }) => name === "load-defaults")!;
    await checkRow(fleet, row);
    await rejects(
      checkRow({ ...fleet, reader: createStale(fleet.reader) }, row),
      /documents that have changed/,
    );
  });
}
