/**
 * What happens to the processes of the service and to Postgres, and what a
 * person does in its tables.
 *
 * @module
 */
import type { History } from "../support/history.ts";
import { connectPsql } from "../support/postgres_world.ts";
import { documentOf, keyOf, USERS } from "./clients.ts";
import { beginAll, type Faults, oneOf, pause, type Scene } from "./fault.ts";

/** What happens to the processes of the service and to Postgres. */
export const MACHINE_FAULTS: Faults = {
  async "service paused"(scene) {
    const instance = oneOf(scene);
    const end = scene.world.outages.begin(instance.name, "process");
    instance.pause();
    await pause(scene.chance, 500, 4000);
    instance.resume();
    end();
  },

  async "service killed"(scene) {
    const instance = oneOf(scene);
    const end = scene.world.outages.begin(instance.name, "process");
    await instance.stop();
    await pause(scene.chance, 0, 2500);
    await instance.start();
    scene.world.outages.began(instance.name);
    end();
  },

  async "connections of postgres terminated"({ world }) {
    const end = beginAll(world, "connections");
    await world.postgres.terminateBackends();
    end();
  },

  async "postgres frozen"({ world, chance }) {
    const end = beginAll(world, "postgres");
    await world.postgres.freeze();
    await pause(chance, 500, 2000);
    await world.postgres.thaw();
    end();
  },

  async "postgres crashed"({ world, chance }) {
    const end = beginAll(world, "postgres");
    await world.postgres.stop();
    await pause(chance, 0, 2500);
    await world.postgres.start();
    end();
  },
};

/** What a person does in the tables, told to `history`. */
export function personFaults(history: History): Faults {
  return {
    async "rows changed by hand"(scene) {
      for (let times = 1 + scene.chance.below(4); times > 0; times--) {
        await changeRow(scene, history, times);
        await pause(scene.chance, 50, 300);
      }
    },
  };
}

let changed = 0;

/** Changes a row as a person does; nobody is told its version. */
async function changeRow(
  { world, chance }: Scene,
  history: History,
  times: number,
): Promise<void> {
  const user = chance.pick(USERS);
  const value = `by hand ${++changed} ${times}`;
  await using psql = connectPsql(world.postgres.url);
  const written = history.write("person", user, value, async () => {
    await psql`
      UPDATE settings SET value = ${documentOf(user, value)}
      WHERE key = ${keyOf(user)}`;
    throw new Unversioned();
  });
  await written.catch((error) => {
    if (!(error instanceof Unversioned)) throw error;
  });
}

/** The change is made, but nobody says which version it has got. */
class Unversioned extends Error {}
