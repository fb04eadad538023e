/**
 * The service's own ports on Postgres with Redis obey the contracts: on Redis,
 * and while every port is swapped to the database and back.
 *
 * @module
 */
import {
  createMemoryFeatures,
  openMemoryFeatureStore,
} from "../adapters/memory/feature_store.ts";
import { createSystemClock } from "../adapters/system/clock.ts";
import { parseSettingsKey } from "../domain/settings.ts";
import type { Clock } from "../ports/clock.ts";
import { openPorts, type Ports } from "../src/composition_root.ts";
import { parseConfig } from "../src/config.ts";
import { testAgreement } from "./contracts/agreement.ts";
import { testEventBus } from "./contracts/event_bus.ts";
import { testGroupStore } from "./contracts/event_groups.ts";
import { testEventService } from "./contracts/event_service.ts";
import { testFeatureStore } from "./contracts/feature_store.ts";
import { testOrderIntents } from "./contracts/order_intents.ts";
import { testSequencePort } from "./contracts/sequence_port.ts";
import { testLogRetention } from "./contracts/log_retention.ts";
import { testSettingsArchive } from "./contracts/settings_archive.ts";
import { testSettingsStore } from "./contracts/settings_store.ts";
import { testTradeLedger } from "./contracts/trade_ledger.ts";
import { deepEqual, equal, ok } from "./support/assert.ts";
import { createFakeClock } from "./support/fake_clock.ts";
import { needs } from "./support/needs.ts";
import { makeSchema } from "./support/postgres_world.ts";
import { createRecordingTelemetry } from "./support/recording_telemetry.ts";
import { connectCli } from "./support/redis_world.ts";
import { requireService } from "./support/services.ts";

/** Swaps that came while a law was at work, over all laws. */
let swaps = 0;

/** The system's clock, save that wall time stands still until it is set on. */
function createJumpingClock(): Clock & { jumpWall(ms: number): void } {
  let wall = createFakeClock().now();
  return {
    ...createSystemClock(),
    now: () => wall,
    jumpWall: (ms) => void (wall += ms),
  };
}

/** Opens the ports over an empty schema and an empty Redis, and waits for Redis to serve. */
async function openWorld(databaseUrl: string, redisUrl: string) {
  await using stack = new AsyncDisposableStack();
  const schema = stack.use(await makeSchema(databaseUrl));
  await using cli = await connectCli(redisUrl);
  await cli("FLUSHDB");
  const clock = createJumpingClock();
  const config = parseConfig({
    DATABASE_URL: schema.url,
    REDIS_URL: redisUrl,
  });
  const telemetry = { ...createRecordingTelemetry(), exposition: () => "" };
  const ports = await openPorts(config, stack, { clock, telemetry });
  let begun = 0;
  ports.onRedisAnew(() => begun++);
  await isOn(ports, "redis");
  equal(begun, 1);
  const open = stack.move();
  return {
    ports,
    clock,
    async elapse(ms: number) {
      clock.jumpWall(ms);
      // Time that jumps may end the lease.
      while (ports.state.mode() !== "normal") await turn();
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

async function isOn(ports: Ports, adapter: string): Promise<void> {
  const isThere = () =>
    ports.state.adapters().every(({ active }) => active === adapter);
  while (!isThere()) await turn();
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 1));

/** The same world, whose ports are pinned to and fro until it is closed. */
async function openSwapping(databaseUrl: string, redisUrl: string) {
  const world = await openWorld(databaseUrl, redisUrl);
  const { state } = world.ports;
  let isRunning = true;
  const swapping = (async () => {
    for (let i = 0; isRunning; i++) {
      for (const { port, choices } of state.adapters()) {
        // Where the lease has just run out, Redis cannot be pinned to.
        await state.pin(port, choices[i % 2]!).catch(() => {});
        swaps++;
      }
      await turn();
    }
  })();
  return {
    ...world,
    async [Symbol.asyncDispose]() {
      isRunning = false;
      await swapping;
      await world[Symbol.asyncDispose]();
    },
  };
}

const LOSES = "a swap leads to a cache that does not hold the same";

/** What a feature store cannot promise while it is swapped. */
const OTHER_CACHE = {
  "a filled vector is read back whole": LOSES,
  "hits and misses come in the order asked for": LOSES,
  "a vector without features is a hit": LOSES,
  "a fill replaces what is held": LOSES,
  "a vector is forgotten when its time is up, not before": LOSES,
  "invalidating forgets exactly the scope": LOSES,
  "an invalidation of other vectors does not stop a fill for good": LOSES,
};

/** Why the laws of some ports are not held to while ports are swapped. */
const UNSWAPPED = {
  "settings archive": "it is the database's alone and has nothing to swap",
  "order intents": "they are the database's alone and have nothing to swap",
  "trade ledger": "it is the database's alone and has nothing to swap",
  "log retention":
    "where the log begins is heard of at its end, which a swap changes",
};

if (await needs(import.meta.url, ["read", "write"])) {
  for (const STORE of ["memory", "sqlite"]) {
    Deno.test(`the archive of ${STORE} holds what the settings store has written`, async () => {
      const folder = await Deno.makeTempDir({ prefix: "holdfast-archive-" });
      await using stack = new AsyncDisposableStack();
      stack.defer(() => Deno.remove(folder, { recursive: true }));
      const telemetry = { ...createRecordingTelemetry(), exposition: () => "" };
      const config = parseConfig({ STORE, DATA_DIR: folder });
      const ports = await openPorts(config, stack, { telemetry });
      const key = parseSettingsKey("user:1:mode:scalp");
      for (const json of ["1", "2"]) {
        await ports.settingsStore.write([{ key, json }], "ann");
      }
      const query = { keys: [key], after: 1, limit: 10 };
      const [edit, ...others] = await ports.settingsArchive.edits(query);
      deepEqual([edit?.json, edit?.before?.json, others], ["2", "1", []]);
      ports.onRedisAnew(() => {})();
    });
  }
}

const databaseUrl = await requireService(import.meta.url, "postgres");
const redisUrl = databaseUrl &&
  await requireService(import.meta.url, "redis");

if (databaseUrl && redisUrl) {
  const ways = {
    "postgres + redis": () => openWorld(databaseUrl, redisUrl),
    "postgres + redis, swapping": () => openSwapping(databaseUrl, redisUrl),
  };
  for (const [name, open] of Object.entries(ways)) {
    if (!name.endsWith("swapping")) {
      testSettingsArchive(name, async () => {
        const world = await open();
        const { settingsStore: store, eventBus: bus } = world.ports;
        return { ...world, store, bus, archive: world.ports.settingsArchive };
      });

      testOrderIntents(name, async () => {
        const world = await open();
        return { ...world, intents: world.ports.orderIntents };
      });

      testTradeLedger(name, async () => {
        const world = await open();
        const { eventBus: bus, tradeLedger: ledger } = world.ports;
        return { ...world, ledger, bus };
      });

      testLogRetention(name, async () => {
        const world = await open();
        const { eventBus, ...ports } = world.ports;
        return {
          ...world,
          retention: ports.logRetention,
          groups: ports.groupStore,
          settings: ports.settingsStore,
          archive: ports.settingsArchive,
          bus: {
            ...eventBus,
            async read(query) {
              // Where the log begins is heard of at its end, else in seconds.
              const { position: after } = await eventBus.head();
              await eventBus.read({ after, limit: 1 });
              return await eventBus.read(query);
            },
          },
        };
      });
    } else {
      for (const [port, why] of Object.entries(UNSWAPPED)) {
        const skipped = `${name}: ${port} (skipped, as ${why})`;
        Deno.test({ name: skipped, ignore: true, fn() {} });
      }
    }

    testGroupStore(name, async () => {
      const world = await open();
      const { eventBus: bus, groupStore: store } = world.ports;
      return { ...world, bus, store };
    });

    testEventService(name, async () => {
      const world = await open();
      const { eventBus: bus, groupStore: store } = world.ports;
      return { ...world, bus, store };
    });

    testSettingsStore(name, async () => {
      const world = await open();
      const { settingsStore: store, eventBus: bus } = world.ports;
      return { ...world, store, bus };
    });

    testEventBus(name, async () => {
      const world = await open();
      return { ...world, bus: world.ports.eventBus };
    });

    testSequencePort(name, async () => {
      const world = await open();
      return { ...world, sequence: world.ports.sequence };
    });

    testFeatureStore(name, async () => {
      const world = await open();
      return { ...world, store: world.ports.featureStore };
    }, name.endsWith("swapping") ? OTHER_CACHE : {});

    testAgreement(name, async () => {
      const world = await open();
      const { settingsStore, eventBus, sequence, featureStore } = world.ports;
      const isSwapping = name.endsWith("swapping");
      return {
        ...world,
        settings: settingsStore,
        bus: eventBus,
        sequence,
        // Swapping loses vectors, which the memory model does not.
        features: isSwapping
          ? openMemoryFeatureStore(createMemoryFeatures(world))
          : featureStore,
      };
    }, { runs: 10, skipsNumbers: name.includes("redis") });
  }

  Deno.test("the ports were swapped while laws were at work", () => {
    // How many depends on how fast the servers are.
    ok(swaps > 100, `${swaps} swaps`);
  });
}
