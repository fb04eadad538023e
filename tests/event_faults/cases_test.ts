/**
 * The fault cases F1 to F12 of the event contract: two services, a Redis and a
 * Postgres of their own, and everybody's history judged.
 *
 * @module
 */
import { sleep } from "../../scripts/server_process.ts";
import { type Programs, requirePrograms, type World } from "../faults/world.ts";
import { askJson } from "../faults/http.ts";
import { createModes } from "../faults/modes.ts";
import { openWorld } from "../faults/world.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";
import { startService } from "../support/service_process.ts";
import {
  CASES,
  type Happen,
  killListeners,
  restoreDatabase,
  restoreDatabaseShortly,
} from "./cases.ts";
import {
  latenciesOf,
  type Observation,
  observe,
  type Observed,
  openEventWorld,
  readStream,
  type Scene,
  untilNormal,
} from "./observe.ts";
import { CHANNELS } from "./publishers.ts";
import { createSseSubscriber, type Subscriber } from "./subscribers.ts";

const SEED = 20260105;

/** How much longer than without Redis an event may take while Redis hangs. */
const HANG_COSTS_MS = 150;

/** Without a doorbell the log is looked at so often, and a busy machine takes its time. */
const POLL_MS = 1000;
const BUSY_MS = 500;

async function judged(
  world: World,
  happen: Happen,
  observation: Partial<Observation> = {},
): Promise<Observed> {
  const options = { seed: SEED, withGroups: false, ...observation };
  const observed = await observe(world, options, happen);
  const { publications, violations } = observed;
  const worst = Math.max(...latenciesOf(observed).map(({ ms }) => ms));
  console.log(
    `${publications.length} events, delivered after ${
      Math.round(worst)
    } ms at most`,
  );
  ok(publications.length > 0, "nothing was published");
  deepEqual(violations.slice(0, 8), []);
  return observed;
}

/** Runs the cases of one world, one after the other, each as a step. */
type Steps = (
  step: (name: string, work: () => Promise<unknown>) => Promise<void>,
) => Promise<void>;

const damagedWorld = (programs: Programs): Steps => async (step) => {
  await using world = await openEventWorld(programs);
  for (const [name, happen] of Object.entries(CASES)) {
    // Those who die with events must not take any of them along either.
    const withGroups = name.startsWith("F1 ") || name.startsWith("F5 ");
    await step(name, () => judged(world, happen, { withGroups }));
  }
};

const hungWorld = (programs: Programs): Steps => async (step) => {
  await using world = await openEventWorld(programs);
  await step(
    `F2 pause (SIGSTOP) costs less than ${HANG_COSTS_MS} ms and no event`,
    () => pauseCostsLittle(world),
  );
  await step(
    "F11 LISTEN_connection_killed_still_delivers_within_poll",
    () => deliversWithinPoll(world),
  );
  await step(
    "F12 fallback_path_makes_no_redis_call",
    () => fallbackIsAlone(world),
  );
};

const restoredWorld = (programs: Programs): Steps => async (step) => {
  await using world = await openEventWorld(programs);
  const busy = { publishers: 8, pauseMs: [0, 1] } as const;
  for (
    const [name, happen, observation] of [
      ["F9 db_restored_position_reuse_bumps_epoch", restoreDatabase, {}],
      [
        "F9 the same, where the log is as long again before anybody looks",
        restoreDatabaseShortly,
        busy,
      ],
    ] as const
  ) {
    await step(name, async () => {
      const { subscribers } = await judged(world, happen, observation);
      for (const { name, gaps } of subscribers) {
        ok(gaps > 0, `${name} was not told of another epoch`);
      }
    });
  }
};

const lateWorld = (programs: Programs): Steps => async (step) => {
  await using world = await openWorld(programs);
  const { redis, instances } = world;
  await redis.stop();
  for (const instance of instances) await instance.start();
  await step(
    "F10 start_without_redis_then_redis_appears",
    () =>
      judged(world, async (scene) => {
        await sleep(500);
        await redis.start();
        await untilNormal(world);
        await sleep(300);
        scene.join("after it appeared");
        await sleep(200);
        ok(
          (await readStream(world, 0)).entries.length > 0,
          "Redis has nothing",
        );
      }),
  );
};

async function pauseCostsLittle(world: World): Promise<void> {
  const { postgres, redis } = world;
  await using service = await startService({ DATABASE_URL: postgres.url });
  const plain = { name: "plain", url: service.url };
  const stop = new AbortController();
  const frozen: (readonly [from: number, to: number])[] = [];
  let control: Subscriber | undefined;
  let controlled: Promise<void> | undefined;
  const observed = await judged(world, async ({ after }) => {
    control = createSseSubscriber([plain], after, CHANNELS);
    controlled = control.run(stop.signal);
    for (let times = 0; times < 4; times++) {
      await untilNormal(world);
      await sleep(300);
      const from = performance.now();
      redis.freeze();
      await sleep(600);
      frozen.push([from, performance.now()]);
      redis.thaw();
    }
    await untilNormal(world);
  });
  stop.abort();
  await controlled;
  const at = new Map(control!.deliveries.map(({ id, at }) => [id, at]));
  const sent = new Map(observed.publications.map((one) => [one.id, one]));
  const costs = frozen.map(([from, to]) =>
    observed.subscribers.flatMap(({ deliveries }) =>
      deliveries.flatMap(({ id, at: got }) => {
        const isOf = sent.get(id)!.sentAt <= to && got >= from;
        const without = at.get(id);
        return isOf && without !== undefined ? [got - without] : [];
      })
    )
  );
  const count = costs.flat().length;
  const most = costs.map((ms) => Math.max(...ms)).toSorted((a, b) => a - b);
  console.log(
    `F2: ${count} deliveries while Redis stood still; the one that lost most ` +
      `each time, against a service without Redis: ${most.map(Math.round)} ms`,
  );
  ok(count > 50, "too few were delivered meanwhile");
  // One time or the other the machine itself may stand still.
  ok(most[Math.floor(most.length / 2) - 1]! < HANG_COSTS_MS, `${most}`);
}

async function deliversWithinPoll(world: World): Promise<void> {
  const { postgres, instances: [, bob] } = world;
  let killed = 0;
  const observed = await judged(world, async ({ publishers }) => {
    for (let times = 0; times < 6; times++) {
      await publishers.publish(bob);
      killed += await killListeners(postgres.url);
      await publishers.publish(bob);
      await sleep(200);
    }
  }, { publishers: 0 });
  ok(killed > 2, "nobody listened");
  const worst = Math.max(...latenciesOf(observed).map(({ ms }) => ms));
  console.log(
    `F11: ${killed} listeners killed, ${Math.round(worst)} ms at most`,
  );
  ok(worst < POLL_MS + BUSY_MS, `${worst}`);
}

async function fallbackIsAlone(world: World): Promise<void> {
  const { redis, instances } = world;
  const readBy = async ({ join }: Scene, name: string) => {
    await redis.command("CONFIG", "RESETSTAT");
    join(name);
    await sleep(400);
    // Only pages of events are read so.
    const stats = await redis.info("cmdstat_xrange") ?? "";
    return Number(/calls=(\d+)/.exec(stats)?.[1] ?? 0);
  };
  const pin = async (adapter: string | null) => {
    for (const { url } of instances) {
      const path = `${url}/api/admin/adapters/event_bus`;
      await askJson(path, "PUT", { adapter });
    }
    // What was under way goes on as it began.
    await sleep(100);
  };
  await judged(world, async (scene) => {
    ok(await readBy(scene, "by Redis") > 0, "no read is counted");
    await pin("postgres");
    equal(await readBy(scene, "pinned"), 0);
    await pin(null);

    const policy = ["CONFIG", "SET", "maxmemory-policy"];
    await redis.command(...policy, "allkeys-lru");
    for (const { redis } of instances) redis.cut();
    const modes = createModes(instances);
    while ((await modes.reasons()).length < instances.length) await sleep(20);
    equal(await readBy(scene, "by the database"), 0);
    await redis.command(...policy, "noeviction");
    await untilNormal(world);
    ok(await readBy(scene, "by Redis again") > 0, "it is not used again");
  });
}

/** Registers a test of worlds side by side, whose cases are its steps. */
function testWorlds(
  name: string,
  programs: Programs,
  worlds: readonly ((programs: Programs) => Steps)[],
): void {
  // Steps begin and end what others began; the test as a whole leaves nothing.
  const lax = {
    sanitizeOps: false,
    sanitizeResources: false,
    sanitizeExit: false,
  };
  Deno.test(`event faults: ${name}`, async (t) => {
    await Promise.all(
      worlds.map((open) =>
        open(programs)(async (name, work) => {
          await t.step({ name, ...lax, fn: async () => void await work() });
        })
      ),
    );
  });
}

const programs = await requirePrograms(import.meta.url);
if (programs) {
  testWorlds("nothing is lost, repeated or out of order", programs, [
    damagedWorld,
    restoredWorld,
    lateWorld,
  ]);
  // What is measured is measured alone.
  testWorlds("who falls back is not held up", programs, [hungWorld]);
}
