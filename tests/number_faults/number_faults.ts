/**
 * What happens to numbers: all that happens to settings, and what is aimed at
 * counters, blocks and the ledger.
 *
 * @module
 */
import { sequenceBlock } from "../../adapters/redis/keys.ts";
import { parseSequenceDay } from "../../domain/sequence.ts";
import { parseUserId } from "../../domain/user_id.ts";
import type { Chance } from "../simulation/chance.ts";
import { type Faults, oneOf, pause } from "../faults/fault.ts";
import { MACHINE_FAULTS } from "../faults/machine_faults.ts";
import { NETWORK_FAULTS } from "../faults/network_faults.ts";
import { REDIS_FAULTS } from "../faults/redis_faults.ts";
import type { Lanes } from "../faults/schedule.ts";

/** Whose numbers are asked for. */
export const USERS = ["ann", "bob", "cay"].map(parseUserId);

/** Of which days. */
export const DAYS = ["20260105", "20260106"].map(parseSequenceDay);

const REDIS: Faults = {
  ...REDIS_FAULTS,

  async "keys of redis deleted"({ world: { redis }, chance }) {
    for (let times = 3 + chance.below(5); times > 0; times--) {
      const { counter, block } = keysOf(chance);
      const key = chance.pick([
        "hf:checkpoint",
        counter,
        counter,
        block,
        block,
      ]);
      await redis.command("DEL", key);
      await pause(chance, 20, 250);
    }
  },

  async "counters of redis set back"({ world: { redis }, chance }) {
    for (let times = 3 + chance.below(5); times > 0; times--) {
      const { counter } = keysOf(chance);
      const held = Number(await redis.command("GET", counter));
      await redis.command("SET", counter, chance.below(held + 1));
      await pause(chance, 20, 250);
    }
  },
};

const NETWORK: Faults = {
  ...NETWORK_FAULTS,

  async "replies of the ledger lost"(scene) {
    const { chance } = scene;
    const { name, postgres } = oneOf(scene);
    const end = scene.world.outages.begin(name, "connections");
    postgres.loseReplies(
      1 + chance.below(3),
      (request) => /"day":"\d{8}","count":/.test(request),
    );
    await pause(chance, 200, 1000);
    await postgres.mend();
    end();
  },
};

/** What happens to servers, networks and processes. */
export const NUMBER_LANES: Lanes = {
  redis: REDIS,
  network: NETWORK,
  machines: MACHINE_FAULTS,
};

/** Those after which a plain counter repeats itself, whatever it does. */
export const FATAL = faultsOf([
  "redis rewound",
  "redis failed over to a replica that lags",
]);

/** Those, and others that are hard on numbers. */
export const NASTIEST: Faults = {
  ...FATAL,
  ...faultsOf([
    "redis restored from an older snapshot",
    "service killed",
    "redis flushed",
    "counters of redis set back",
    "replies of the ledger lost",
  ]),
};

function keysOf(chance: Chance): { counter: string; block: string } {
  const [user, day] = [chance.pick(USERS), chance.pick(DAYS)];
  return {
    counter: `user:${user}:sequence:${day}`,
    block: sequenceBlock({ user, day }),
  };
}

function faultsOf(names: readonly string[]): Faults {
  const all: Faults = Object.assign({}, ...Object.values(NUMBER_LANES));
  return Object.fromEntries(names.map((name) => [name, all[name]!]));
}
