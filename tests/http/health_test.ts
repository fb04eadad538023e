/**
 * The routes of health, on the real health service.
 *
 * @module
 */
import { PortError } from "../../ports/port_error.ts";
import { createHealthService } from "../../src/services/health.ts";
import type { ServiceMode } from "../../src/services/system_state.ts";
import { deepEqual, equal, match } from "../support/assert.ts";
import { createFakeState } from "../support/fake_state.ts";
import { createMemoryWorld } from "../support/memory_world.ts";
import { createHarness, type HarnessOptions, MODEL } from "./harness.ts";

const ADAPTERS = {
  feature_store: "memory",
  event_bus: "memory",
  settings_store: "memory",
  sequence: "memory",
};

/** A health service whose parts are `parts`, on a clock of its own. */
function healthOf(
  parts: Partial<Parameters<typeof createHealthService>[0]> = {},
) {
  const world = createMemoryWorld();
  const state = createFakeState();
  const health = createHealthService({
    bus: world.bus(),
    clock: world.clock,
    model: () => MODEL,
    needsModel: true,
    concerns: [],
    version: "1.2.3",
    state,
    ...parts,
  });
  return { health, clock: world.clock };
}

async function get(path: string, options: HarnessOptions = {}) {
  return await createHarness(options).send("GET", path);
}

Deno.test("a service that works is healthy", async () => {
  const { status, json } = await get("/health");
  equal(status, 200);
  deepEqual(json, {
    status: "healthy",
    reasons: [],
    model_loaded: true,
    model_info: {
      strategy: "alpha_baseline",
      version: "v2",
      activated_at: "2026-01-01T00:00:00.000Z",
    },
    redis_enabled: false,
    redis_connected: false,
    redis_status: "disabled",
    feature_cache_enabled: true,
    database_connected: true,
    mode: "normal",
    adapters: ADAPTERS,
    version: "1.2.3",
    uptime_s: 0,
    timestamp: "2026-01-02T03:04:05.000Z",
  });
});

Deno.test("without Redis it is degraded and serves", async () => {
  const { status, json } = await get("/health", {
    state: { redis: () => "disconnected", mode: () => "degraded" },
  });
  equal(status, 200);
  equal(json.status, "degraded");
  equal(json.redis_enabled, true);
  equal(json.redis_connected, false);
  equal(json.mode, "degraded");
  deepEqual(json.reasons, [
    "Cannot use Redis as it is not known yet: the database serves in its place",
  ]);
});

Deno.test("without a model it is unhealthy where signals are its role", async () => {
  const model = () => undefined;
  const { health } = healthOf({ model });
  const services = { health };
  const { status, json } = await get("/health", { services });
  equal(status, 503);
  equal(json.status, "unhealthy");
  equal(json.model_loaded, false);
  equal(json.model_info, null);
  match(json.reasons[0], /MODEL_PATH/);
  equal((await get("/health/ready", { services })).status, 503);
  equal((await get("/health/live", { services })).status, 200);

  const { health: other } = healthOf({ model, needsModel: false });
  equal((await get("/health", { services: { health: other } })).status, 200);
});

Deno.test("a database that cannot be read makes it unhealthy", async () => {
  const bus = {
    ...createMemoryWorld().bus(),
    head: () =>
      Promise.reject(new PortError("unavailable", "Cannot open the file")),
  };
  const { health } = healthOf({ bus });
  const { status, json } = await get("/health", { services: { health } });
  equal(status, 503);
  equal(json.database_connected, false);
  deepEqual(json.reasons, ["Cannot open the file"]);
});

Deno.test("nothing is said to serve in place of a database that is away, unless it does", async () => {
  const bus = {
    ...createMemoryWorld().bus(),
    head: () =>
      Promise.reject(new PortError("unavailable", "Cannot reach the database")),
  };
  const reasonsIn = async (mode: ServiceMode, fault?: string) => {
    const state = {
      ...createFakeState(),
      mode: () => mode,
      fault: () => fault,
    };
    return (await healthOf({ bus, state }).health.check()).reasons;
  };
  deepEqual(await reasonsIn("unverified"), [
    "Cannot reach the database",
    "Cannot verify settings as the database is away: Redis answers in its place",
  ]);
  deepEqual(await reasonsIn("degraded", "Cannot use Redis as it is away"), [
    "Cannot reach the database",
    "Cannot use Redis as it is away: settings wait for the database",
  ]);
});

Deno.test("a database that hangs costs half a second, however many ask", async () => {
  let asked = 0;
  const bus = {
    ...createMemoryWorld().bus(),
    head: () => {
      asked++;
      return new Promise<never>(() => {});
    },
  };
  const { health, clock } = healthOf({ bus });
  for (let i = 0; i < 3; i++) {
    const checks = [health.check(), health.check()];
    await clock.advance(500);
    for (
      const { databaseConnected, status, reasons } of await Promise.all(checks)
    ) {
      equal(databaseConnected, false);
      equal(status, "unhealthy");
      match(reasons[0] ?? "", /within 500 ms/);
    }
  }
  equal(asked, 1, "one look at a time is under way");
});

Deno.test("readiness gives its reasons", async () => {
  deepEqual((await get("/health/ready")).json, { ready: true, reasons: [] });
  const { health } = healthOf({ model: () => undefined });
  const { json } = await get("/health/ready", { services: { health } });
  equal(json.ready, false);
  equal(json.reasons.length, 1);
});

Deno.test("liveness touches nothing", async () => {
  const health = {
    check: () => Promise.reject(new Error("must not be asked")),
  };
  const { json } = await get("/health/live", { services: { health } });
  deepEqual(json, { status: "alive" });
});

Deno.test("a feature store that keeps nothing is no cache", async () => {
  const { json } = await get("/health", {
    state: {
      adapters: () =>
        createFakeState().adapters().map((adapter) =>
          adapter.port === "feature_store"
            ? { ...adapter, active: "noop" }
            : adapter
        ),
    },
  });
  equal(json.feature_cache_enabled, false);
});

Deno.test("uptime is counted by the clock that never jumps", async () => {
  const { health, clock } = healthOf();
  clock.jumpWall(-3600_000);
  await clock.advance(90_500);
  equal((await health.check()).uptimeS, 90);
});

Deno.test("metrics are a text for Prometheus", async () => {
  const { text, headers } = await get("/metrics");
  equal(text, "holdfast_log_position 0\n");
  match(headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
});
