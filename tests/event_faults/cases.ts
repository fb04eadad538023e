/**
 * The fault cases of the event contract, each as what happens to a world while
 * everybody is at work.
 *
 * @module
 */
import { sleep } from "../../scripts/server_process.ts";
import { connectPsql } from "../support/postgres_world.ts";
import type { TcpProxy } from "../support/tcp_proxy.ts";
import { CHANNELS } from "./publishers.ts";
import { until } from "../faults/settle.ts";
import type { World } from "../faults/world.ts";
import { readLog, readStream, type Scene, untilNormal } from "./observe.ts";

/** Lets a fault happen while everybody is at work. */
export type Happen = (scene: Scene) => Promise<void>;

/** How long everybody works before and after a fault. */
const WORK_MS = 250;

const work = () => sleep(WORK_MS);

/** Lets readers begin anew, once Redis shows all that they are to read. */
async function joinAll({ world, join }: Scene, why: string): Promise<void> {
  await untilNormal(world);
  await work();
  join(`late reader, ${why}`);
  await work();
}

/** What happens to a world with both services and Redis in use. */
export const CASES: Readonly<Record<string, Happen>> = {
  "F1 kill_restart": async ({ world, world: { redis } }) => {
    await work();
    await redis.stop();
    await work();
    await redis.start();
    await untilNormal(world);
  },

  "F3 flushall, del and evict mid stream": async (scene) => {
    const { redis } = scene.world;
    const look = () => readStream(scene.world, scene.after);
    await until(LONGER_MS, look, ({ entries }) => entries.length > 6);
    await tearOut(scene);
    await joinAll(scene, "entries gone");
    await redis.command("XTRIM", "hf:log", "MAXLEN", 3);
    await joinAll(scene, "trimmed");
    await redis.command("DEL", "hf:log");
    await joinAll(scene, "stream gone");
    await redis.command("DEL", "hf:checkpoint");
    await joinAll(scene, "checkpoint gone");
    await redis.command("FLUSHALL");
    await joinAll(scene, "flushed");
    scene.torn.clear();
  },

  "F4 rollback_to_older_snapshot": async (scene) => {
    const { world, world: { redis } } = scene;
    const snapshot = await redis.snapshot();
    await work();
    await redis.stop();
    await redis.restore(snapshot);
    await redis.start();
    await joinAll(scene, "restored");
    await redis.stop();
    await redis.truncateAppendOnlyFile({ commands: 5 });
    await redis.start();
    await joinAll(scene, "rewound");
    await untilNormal(world);
  },

  "F5 reply_lost_after_execution": async ({ world }) => {
    for (const { redis, postgres } of world.instances) {
      await lose(redis, (request) => request.includes("EVAL"));
      await lose(postgres, (request) => IS_PUBLICATION.test(request));
    }
    await untilNormal(world);
  },

  "F6 oom_refusals_make_no_hole": async (scene) => {
    const { redis } = scene.world;
    for (let times = 0; times < 3; times++) {
      await work();
      await redis.command("CONFIG", "SET", "maxmemory", 1);
      await work();
      await redis.command("CONFIG", "SET", "maxmemory", 0);
      await untilNormal(scene.world);
    }
    await joinAll(scene, "memory again");
  },

  "F7 two_relays_race": raceRelays,

  "F8 flapping_30_times_no_loss_no_dup": async ({ world }) => {
    for (let times = 0; times < 30; times++) {
      const { redis } = world.instances[times % 2]!;
      await redis.refuse();
      await sleep(20);
      await redis.mend();
      await sleep(40);
    }
    await untilNormal(world);
  },
};

/** The steps of one instance come late, after those of the other one. */
export async function raceRelays(scene: Scene): Promise<void> {
  const { world, world: { instances } } = scene;
  for (let times = 0; times < 4; times++) {
    await untilNormal(world);
    await work();
    const { redis } = instances[times % 2]!;
    redis.toServer.hold();
    // Longer than a step may take, so that it is given up and still comes.
    await sleep(600);
    redis.toServer.mend();
  }
  await joinAll(scene, "after the race");
}

/** Takes entries out of the middle of the stream. */
export async function tearOut(scene: Scene): Promise<void> {
  const { world, torn, after } = scene;
  const { entries } = await readStream(world, after);
  for (let i = 1; i < entries.length - 1; i += 3) {
    const { position } = entries[i]!;
    torn.add(position);
    await world.redis.command("XDEL", "hf:log", `${position}-0`);
  }
}

/** What the statement that appends has among its parameters; its text is sent once. */
const IS_PUBLICATION = new RegExp(CHANNELS.join("|"));

async function lose(
  way: TcpProxy,
  when: (request: string) => boolean,
): Promise<void> {
  for (let times = 0; times < 3; times++) {
    const { lost } = way.counts;
    way.loseReplies(1, when);
    for (let ms = 0; way.counts.lost === lost && ms < 3000; ms += 10) {
      await sleep(10);
    }
    if (way.counts.lost === lost) {
      throw new Error("No reply was lost");
    }
    await work();
  }
  await way.mend();
}

/**
 * The database goes back to what it held a while ago, behind everybody's back:
 * positions that were given out are given out again.
 */
export const restoreDatabase: Happen = (scene) =>
  restore(scene, async () => {
    await untilNormal(scene.world);
    await work();
    await work();
  });

/**
 * The same, with so little lost that what waits to be published is more: the
 * log is as long again before anybody has looked at it.
 */
export const restoreDatabaseShortly: Happen = (scene) => {
  const { publishers: { publications }, subscribers } = scene;
  return restore(scene, async () => {
    const count = publications.length;
    const isLongEnough = () => {
      const told = publications.slice(count)
        .filter(({ outcome }) => outcome === "acknowledged");
      return told.length >= 3 &&
        subscribers.some(({ deliveries }) =>
          deliveries.some(({ id }) => id === told[0]!.id)
        );
    };
    await until(LONGER_MS, async () => isLongEnough(), (is) => is);
  });
};

/** How soon a few events are published and delivered. */
const LONGER_MS = 10_000;

async function restore(
  scene: Scene,
  goOn: () => Promise<void>,
): Promise<void> {
  const { world, world: { postgres }, forgotten } = scene;
  const { publications } = scene.publishers;
  const { epoch } = await readLog(world, 0);
  await work();
  await postgres.stop();
  const snapshot = await postgres.snapshot();
  const kept = publications.length;
  await postgres.start();
  await goOn();
  await postgres.stop();
  // What has been acknowledged may still be under way.
  await work();
  for (const { id } of publications.slice(kept)) forgotten.add(id);
  await postgres.restore(snapshot);
  await postgres.start();
  await untilOtherEpoch(world, epoch);
  await untilNormal(world);
  await work();
}

const EPOCH_MS = 6000;

/**
 * Waits until Redis follows a log of another epoch, and not for ever: the judge
 * tells what comes of an epoch that stays.
 */
async function untilOtherEpoch(world: World, epoch: string): Promise<void> {
  const deadline = performance.now() + EPOCH_MS;
  while (performance.now() < deadline) {
    const { epoch: now } = await readLog(world, 0);
    const { checkpoint } = await readStream(world, 0);
    if (now !== epoch && checkpoint?.epoch === now) return;
    await sleep(20);
  }
}

/** Ends the connections on which instances hear that the log has grown. */
export async function killListeners(url: string): Promise<number> {
  await using psql = connectPsql(url);
  const rows = await psql`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE query IN ('LISTEN holdfast_log', 'SELECT 1')`;
  return rows.length;
}
