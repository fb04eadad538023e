/**
 * What happens to Redis.
 *
 * @module
 */
import type { PrivateRedis } from "../support/redis_server.ts";
import { openTcpProxy } from "../support/tcp_proxy.ts";
import { keyOf, USERS } from "./clients.ts";
import {
  beginAll,
  type Fault,
  type Faults,
  pause,
  type Scene,
} from "./fault.ts";
import type { World } from "./world.ts";

/** Each key takes so long to load; there are some thirty. */
const LOAD_DELAY_US = 30_000;

/** So that it answers between them. */
const LOADS_IN_PIECES = [
  "loading-process-events-interval-bytes",
  1024,
] as const;

const FAULTS: Faults = {
  async "redis killed"({ world: { redis }, chance }) {
    await redis.stop();
    await pause(chance, 50, 2000);
    await redis.start();
  },

  async "redis frozen"({ world: { redis }, chance }) {
    redis.freeze();
    await pause(chance, 300, 3000);
    redis.thaw();
  },

  async "redis rewound"({ world: { redis }, chance }) {
    await redis.stop();
    await loseTail(redis, 1 + chance.below(30));
    await pause(chance, 0, 300);
    await redis.start();
  },

  async "redis restored from an older snapshot"({ world: { redis }, chance }) {
    const snapshot = await redis.snapshot();
    await pause(chance, 200, 1500);
    await redis.stop();
    await redis.restore(snapshot);
    await redis.start();
  },

  "redis failed over to a replica": (scene) => failOver(scene, 0),

  "redis failed over to a replica that lags": (scene) =>
    failOver(scene, scene.chance.between(100, 800)),

  /** Data and history change under connections that live. */
  async "redis made a replica of another and back"({ world, chance }) {
    const { redis, spare } = world;
    await spare.start();
    await redis.replicaOf(spare);
    await pause(chance, 0, 800);
    await redis.promote();
    await spare.stop();
  },

  async "redis flushed"({ world: { redis }, chance }) {
    for (let times = 1 + chance.below(3); times > 0; times--) {
      await redis.command("FLUSHALL");
      await pause(chance, 0, 300);
    }
  },

  async "keys of redis deleted"({ world: { redis }, chance }) {
    for (let times = 3 + chance.below(5); times > 0; times--) {
      const user = chance.pick(USERS);
      const key = chance.pick([
        "hf:checkpoint",
        "hf:changes",
        "hf:log",
        `hf:fill:${keyOf(user)}`,
        keyOf(user),
        keyOf(user),
      ]);
      await redis.command("DEL", key);
      await pause(chance, 20, 250);
    }
  },

  async "redis out of memory"({ world: { redis }, chance }) {
    await redis.command("CONFIG", "SET", "maxmemory", 1);
    await pause(chance, 300, 2500);
    await redis.command("CONFIG", "SET", "maxmemory", 0);
  },

  async "redis evicts what it likes"({ world: { redis }, chance }) {
    await redis.command("CONFIG", "SET", "maxmemory-policy", "allkeys-random");
    for (let times = 1 + chance.below(4); times > 0; times--) {
      const used = Number(await redis.info("used_memory"));
      await redis.command("CONFIG", "SET", "maxmemory", used - 4000);
      await pause(chance, 50, 400);
    }
    await redis.command("CONFIG", "SET", "maxmemory", 0);
    await redis.command("CONFIG", "SET", "maxmemory-policy", "noeviction");
  },

  async "redis set up wrongly, seen on a new connection"({ world, chance }) {
    const { redis, instances } = world;
    await redis.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
    for (const instance of instances) instance.redis.cut();
    await pause(chance, 200, 1500);
    await redis.command("CONFIG", "SET", "maxmemory-policy", "noeviction");
  },

  /** It answers with `LOADING` for a while, and has lost nothing then. */
  async "redis loads its data"({ world: { redis }, chance }) {
    await redis.command("CONFIG", "SET", "key-load-delay", LOAD_DELAY_US);
    await redis.command("CONFIG", "SET", ...LOADS_IN_PIECES);
    for (let times = 1 + chance.below(2); times > 0; times--) {
      await redis.command("DEBUG", "RELOAD");
      await pause(chance, 50, 400);
    }
    await redis.command("CONFIG", "SET", "key-load-delay", 0);
  },

  async "redis cannot save"({ world: { redis }, chance }) {
    await redis.breakSaving();
    await pause(chance, 300, 2000);
    await redis.mendSaving();
  },
};

/** What happens to Redis; every instance is without it meanwhile. */
export const REDIS_FAULTS: Faults = Object.fromEntries(
  Object.entries(FAULTS).map(([kind, fault]) => [kind, told(fault)]),
);

function told(fault: Fault): Fault {
  return async (scene) => {
    const end = beginAll(scene.world, "redis");
    await fault(scene);
    end();
  };
}

/** Loses the last commands, or fewer where there are not so many. */
async function loseTail(redis: PrivateRedis, commands: number): Promise<void> {
  for (; commands > 0; commands >>= 1) {
    try {
      return await redis.truncateAppendOnlyFile({ commands });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
}

/**
 * Promotes a replica and sends one instance there, while the old master goes
 * on to answer the other one for a while.
 *
 * @param lagMs For how long nothing has reached the replica by then.
 */
async function failOver(
  { world, chance }: Scene,
  lagMs: number,
): Promise<void> {
  const { redis: old, spare: next, instances } = world;
  await using way = await openTcpProxy(old);
  await next.start();
  await next.replicaOf(way);
  await pause(chance, 50, 500);
  if (lagMs > 0) {
    way.toClient.hold();
    await pause(chance, lagMs, lagMs);
  } else {
    await next.caughtUp(old);
  }
  const inOrder = chance.happens(0.5) ? instances : instances.toReversed();
  await next.promote();
  for (const { redis } of inOrder) {
    redis.retarget(next);
    redis.cut();
    await pause(chance, 300, 3000);
  }
  await leave(world);
}

async function leave(world: World): Promise<void> {
  world.swapRedis();
  await world.spare.stop();
}
