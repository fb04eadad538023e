/**
 * What happens between one instance and its servers.
 *
 * @module
 */
import { type Faults, oneOf, pause } from "./fault.ts";

/** What happens between one instance and its servers. */
export const NETWORK_FAULTS: Faults = {
  async "way to redis cut"(scene) {
    const { redis } = oneOf(scene);
    for (let times = 1 + scene.chance.below(4); times > 0; times--) {
      redis.cut();
      await pause(scene.chance, 0, 400);
    }
  },

  async "redis refused"(scene) {
    const { redis } = oneOf(scene);
    await redis.refuse();
    await pause(scene.chance, 100, 3000);
    await redis.mend();
  },

  async "way to redis slow"(scene) {
    const { chance } = scene;
    const { redis } = oneOf(scene);
    redis.toServer.delay(chance.between(10, 80));
    if (chance.happens(0.5)) redis.toClient.delay(chance.between(10, 80));
    await pause(chance, 500, 3000);
    await redis.mend();
  },

  async "way to redis a black hole"(scene) {
    const { chance } = scene;
    const { redis } = oneOf(scene);
    if (chance.happens(0.7)) redis.toServer.blackhole();
    else redis.toClient.blackhole();
    await pause(chance, 200, 3000);
    await redis.mend();
  },

  async "replies of redis lost"(scene) {
    const { chance } = scene;
    const { redis } = oneOf(scene);
    for (let times = 1 + chance.below(4); times > 0; times--) {
      redis.loseReplies(1 + chance.below(3), isScript);
      await pause(chance, 100, 500);
    }
    await redis.mend();
  },

  async "commands to redis late"(scene) {
    const { chance } = scene;
    const { redis } = oneOf(scene);
    for (let times = 1 + chance.below(3); times > 0; times--) {
      redis.toServer.hold();
      await pause(chance, 30, 3000 / times);
      redis.toServer.mend();
      await pause(chance, 50, 300);
    }
  },

  async "replies of redis late"(scene) {
    const { chance } = scene;
    const { redis } = oneOf(scene);
    redis.toClient.hold();
    await pause(chance, 30, 2500);
    redis.toClient.mend();
  },

  async "way to redis narrow"(scene) {
    const { chance } = scene;
    const { redis } = oneOf(scene);
    redis.toServer.limit(chance.between(2_000, 100_000));
    redis.toClient.limit(chance.between(2_000, 100_000));
    await pause(chance, 500, 2500);
    await redis.mend();
  },

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

/** Whether `request` holds a call of a script. */
function isScript(request: string): boolean {
  return request.includes("EVAL");
}
