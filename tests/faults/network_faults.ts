/**
 * What happens between one instance and its servers.
 *
 * @module
 */
import type { Chance } from "../simulation/chance.ts";
import type { TcpProxy } from "../support/tcp_proxy.ts";
import { type Fault, type Faults, oneOf, pause } from "./fault.ts";

/** What happens between one instance and its servers. */
export const NETWORK_FAULTS: Faults = {
  "way to redis cut": onWayToRedis(async (redis, chance) => {
    for (let times = 1 + chance.below(4); times > 0; times--) {
      redis.cut();
      await pause(chance, 0, 400);
    }
  }),

  "redis refused": onWayToRedis(async (redis, chance) => {
    await redis.refuse();
    await pause(chance, 100, 3000);
    await redis.mend();
  }),

  "way to redis slow": onWayToRedis(async (redis, chance) => {
    redis.toServer.delay(chance.between(10, 80));
    if (chance.happens(0.5)) redis.toClient.delay(chance.between(10, 80));
    await pause(chance, 500, 3000);
    await redis.mend();
  }),

  "way to redis a black hole": onWayToRedis(async (redis, chance) => {
    if (chance.happens(0.7)) redis.toServer.blackhole();
    else redis.toClient.blackhole();
    await pause(chance, 200, 3000);
    await redis.mend();
  }),

  "replies of redis lost": onWayToRedis(async (redis, chance) => {
    for (let times = 1 + chance.below(4); times > 0; times--) {
      redis.loseReplies(1 + chance.below(3), isScript);
      await pause(chance, 100, 500);
    }
    await redis.mend();
  }),

  "commands to redis late": onWayToRedis(async (redis, chance) => {
    for (let times = 1 + chance.below(3); times > 0; times--) {
      redis.toServer.hold();
      await pause(chance, 30, 3000 / times);
      redis.toServer.mend();
      await pause(chance, 50, 300);
    }
  }),

  "replies of redis late": onWayToRedis(async (redis, chance) => {
    redis.toClient.hold();
    await pause(chance, 30, 2500);
    redis.toClient.mend();
  }),

  "way to redis narrow": onWayToRedis(async (redis, chance) => {
    redis.toServer.limit(chance.between(2_000, 100_000));
    redis.toClient.limit(chance.between(2_000, 100_000));
    await pause(chance, 500, 2500);
    await redis.mend();
  }),

  async "way to postgres cut"(scene) {
    const { name, postgres } = oneOf(scene);
    const end = scene.world.outages.begin(name, "connections");
    postgres.cut();
    end();
  },

  async "postgres refused"(scene) {
    const { name, postgres } = oneOf(scene);
    const end = scene.world.outages.begin(name, "postgres");
    await postgres.refuse();
    await pause(scene.chance, 300, 4000);
    await postgres.mend();
    end();
  },

  async "way to postgres slow"(scene) {
    const { chance } = scene;
    const { postgres } = oneOf(scene);
    postgres.toServer.delay(chance.between(10, 80));
    await pause(chance, 500, 2500);
    await postgres.mend();
  },

  async "way to postgres a black hole"(scene) {
    const { chance } = scene;
    const { name, postgres } = oneOf(scene);
    const end = scene.world.outages.begin(name, "postgres");
    if (chance.happens(0.5)) postgres.toServer.blackhole();
    else postgres.toClient.blackhole();
    await pause(chance, 300, 4000);
    await postgres.mend();
    end();
  },

  async "statements to postgres late"(scene) {
    const { chance } = scene;
    const { name, postgres } = oneOf(scene);
    const end = scene.world.outages.begin(name, "postgres");
    postgres.toServer.hold();
    await pause(chance, 100, 3500);
    postgres.toServer.mend();
    end();
  },

  async "replies of postgres lost"(scene) {
    const { chance } = scene;
    const { name, postgres } = oneOf(scene);
    const end = scene.world.outages.begin(name, "connections");
    postgres.loseReplies(1, (request) => /commit_(calls|change)/.test(request));
    await pause(chance, 200, 600);
    await postgres.mend();
    end();
  },
};

/** What happens on the way of one instance to Redis, and is told of it. */
function onWayToRedis(
  happen: (redis: TcpProxy, chance: Chance) => Promise<void>,
): Fault {
  return async (scene) => {
    const { name, redis } = oneOf(scene);
    const end = scene.world.outages.begin(name, "redis");
    await happen(redis, scene.chance);
    end();
  };
}

/** Whether `request` holds a call of a script. */
function isScript(request: string): boolean {
  return request.includes("EVAL");
}
