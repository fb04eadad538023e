/**
 * The supervisor turns the switches when the mode changes, unless a port is
 * pinned.
 *
 * @module
 */
import { openSwitchingFeatureStore } from "../adapters/switching/feature_store.ts";
import { openSwitchingSettingsStore } from "../adapters/switching/settings_store.ts";
import type { SettingsSnapshot } from "../ports/settings_store.ts";
import type { FollowerState } from "../src/follower/follower.ts";
import type { PortName, ServiceMode } from "../src/services/system_state.ts";
import {
  createSupervisor,
  type SwitchedPort,
  switchedPort,
} from "../src/supervisor.ts";
import { deepEqual, equal, rejects } from "./support/assert.ts";
import { aPortError, guardPort } from "./support/guarded_port.ts";
import { createMemoryWorld } from "./support/memory_world.ts";
import { createRecordingTelemetry } from "./support/recording_telemetry.ts";

/** A follower whose mode a test sets. */
function createFakeFollower(mode: ServiceMode = "degraded") {
  const listeners = new Set<() => void>();
  let mayAnswer = mode === "unverified";
  return {
    state: (): FollowerState => ({
      mode,
      mayAnswer,
      isFastLayerUp: mode !== "degraded",
      fault: mode === "normal" ? undefined : "Cannot use Redis as it is away",
      checkpoint: undefined,
      head: 0,
    }),
    listen(listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    become(next: ServiceMode, isThere = next !== "degraded") {
      mode = next;
      mayAnswer = isThere && next !== "normal";
      for (const listener of listeners) listener();
    },
    get listeners() {
      return listeners.size;
    },
  };
}

const BY_MODE = {
  normal: "redis",
  degraded: "postgres",
  unverified: "redis",
};

function createWorld(pinned?: string) {
  const world = createMemoryWorld();
  const stores = { redis: world.settings(), postgres: world.settings() };
  const start = pinned ?? "postgres";
  const settings = openSwitchingSettingsStore(start, stores.postgres);
  const follower = createFakeFollower();
  const telemetry = createRecordingTelemetry();
  const port = switchedPort("settings_store", settings, {
    start: { name: start, port: stores.postgres },
    choices: stores,
    byMode: BY_MODE,
    pinned,
  });
  const supervisor = createSupervisor([port], follower, telemetry);
  return { settings, stores, follower, telemetry, supervisor };
}

/** Lets the swaps that have begun end. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("a change of mode swaps the adapters, in both directions", async () => {
  const { settings, follower, supervisor } = createWorld();
  await using _ = supervisor;
  for (
    const mode of ["normal", "degraded", "unverified", "degraded"] as const
  ) {
    follower.become(mode);
    await settled();
    equal(settings.active, BY_MODE[mode]);
    equal(supervisor.mode(), mode);
  }
});

Deno.test("settings stay where Redis can answer while it is there", async () => {
  const { settings, follower, supervisor } = createWorld();
  await using _ = supervisor;
  follower.become("normal");
  await settled();
  follower.become("degraded", true);
  await settled();
  deepEqual([settings.active, supervisor.mode()], ["redis", "degraded"]);
  follower.become("degraded");
  await settled();
  equal(settings.active, "postgres");
});

Deno.test("what is pinned stays until it is released", async () => {
  const { settings, follower, supervisor } = createWorld();
  await using _ = supervisor;
  follower.become("normal");
  const pinned = await supervisor.pin("settings_store", "postgres");
  deepEqual(pinned, {
    port: "settings_store",
    active: "postgres",
    pinned: "postgres",
    choices: ["redis", "postgres"],
  });
  follower.become("degraded");
  follower.become("normal");
  await settled();
  equal(settings.active, "postgres");
  const released = await supervisor.release("settings_store");
  deepEqual([released.active, released.pinned], ["redis", undefined]);
  await supervisor.release("settings_store");
});

Deno.test("configuration pins from the start", async () => {
  const { settings, follower, supervisor } = createWorld("postgres");
  await using _ = supervisor;
  follower.become("normal");
  await settled();
  equal(settings.active, "postgres");
  equal(supervisor.adapters()[0]!.pinned, "postgres");
});

Deno.test("a port cannot be pinned to what it cannot be on", async () => {
  const { settings, supervisor } = createWorld();
  await using _ = supervisor;
  await rejects(supervisor.pin("settings_store", "noop"), {
    code: "invalid",
    message:
      "Cannot pin settings_store to noop as it can be on redis, postgres only",
  });
  equal(settings.active, "postgres");
  equal(supervisor.adapters()[0]!.pinned, undefined);
});

Deno.test("a swap that fails is told, and made again at the next change", async () => {
  const world = createMemoryWorld();
  const guarded = guardPort(world.features());
  const memory = world.features();
  const features = openSwitchingFeatureStore("memory", memory);
  const follower = createFakeFollower();
  const telemetry = createRecordingTelemetry();
  const choices = { redis: guarded.port, memory };
  const byMode = { normal: "redis", degraded: "memory", unverified: "memory" };
  const port: SwitchedPort = switchedPort("feature_store", features, {
    start: { name: "memory", port: memory },
    choices,
    byMode,
    pinned: undefined,
  });
  await using _ = createSupervisor([port], follower, telemetry);
  await features.invalidate({});
  guarded.fail("invalidate", aPortError("unavailable"));
  follower.become("normal");
  await settled();
  equal(features.active, "memory");
  equal(telemetry.logged("error").length, 1);
  guarded.mend();
  follower.become("normal");
  await settled();
  equal(features.active, "redis");
});

/** A port whose swaps last until the test ends them. */
function createSlowPort(name: PortName = "event_bus") {
  let active = "postgres";
  const swaps: string[] = [];
  const ends: { end: () => void; fail: (error: Error) => void }[] = [];
  const port: SwitchedPort = {
    name,
    active: () => active,
    choices: ["redis", "postgres", "noop"],
    byMode: BY_MODE,
    pinned: undefined,
    async swapTo(adapter) {
      swaps.push(adapter);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      ends.push({ end: resolve, fail: reject });
      await promise;
      active = adapter;
    },
  };
  return {
    port,
    swaps,
    end: async () => (ends.shift()!.end(), await settled()),
    fail: (error: Error) => ends.shift()!.fail(error),
  };
}

Deno.test("a port that starts where its mode does not want it is turned at once", async () => {
  const { port, swaps, end } = createSlowPort();
  const follower = createFakeFollower("normal");
  const telemetry = createRecordingTelemetry();
  await using _ = createSupervisor([port], follower, telemetry);
  await settled();
  deepEqual(swaps, ["redis"]);
  await end();
  equal(port.active(), "redis");
});

Deno.test("swaps of a port go one after the other, each to where it belongs by then", async () => {
  const { port, swaps, end } = createSlowPort();
  const follower = createFakeFollower();
  const telemetry = createRecordingTelemetry();
  await using _ = createSupervisor([port], follower, telemetry);
  for (const mode of ["normal", "degraded", "normal", "degraded"] as const) {
    follower.become(mode);
    await settled();
  }
  deepEqual(swaps, ["redis"]);
  await end();
  // What had changed to and fro meanwhile is one swap.
  deepEqual(swaps, ["redis", "postgres"]);
  await end();
  deepEqual([swaps.length, port.active()], [2, "postgres"]);
});

Deno.test("calls that hang on an adapter that was left do not hold up the next swap", async () => {
  const { settings, stores, follower, supervisor } = createWorld();
  await using _ = supervisor;
  follower.become("normal");
  await settled();
  const hung = Promise.withResolvers<never>();
  stores.redis.read = () => hung.promise;
  const reading = settings.read([]);
  follower.become("degraded");
  await settled();
  equal(settings.active, "postgres");
  follower.become("unverified");
  await settled();
  equal(settings.active, "redis");
  hung.reject(new Error("the test says so"));
  await rejects(reading, /the test says so/);
});

Deno.test("a port that is slow to turn keeps no other waiting", async () => {
  const slow = createSlowPort();
  const other = createSlowPort("sequence");
  const follower = createFakeFollower("normal");
  const telemetry = createRecordingTelemetry();
  const ports = [slow.port, other.port];
  await using _ = createSupervisor(ports, follower, telemetry);
  await settled();
  await other.end();
  deepEqual([slow.port.active(), other.port.active()], ["postgres", "redis"]);
  await slow.end();
});

Deno.test("a swap that fails lets the next one be made", async () => {
  const { port, swaps, end, fail } = createSlowPort();
  const follower = createFakeFollower("normal");
  const telemetry = createRecordingTelemetry();
  await using _ = createSupervisor([port], follower, telemetry);
  await settled();
  follower.become("normal");
  fail(new Error("the test says so"));
  await settled();
  deepEqual(swaps, ["redis", "redis"]);
  await end();
  equal(port.active(), "redis");
  deepEqual(telemetry.logged("error").map(({ fields }) => fields.port), [
    "event_bus",
  ]);
});

Deno.test("a pin whose swap fails leaves the pin that there was, or none", async () => {
  const { port, end, fail } = createSlowPort();
  const telemetry = createRecordingTelemetry();
  const follower = createFakeFollower();
  await using supervisor = createSupervisor([port], follower, telemetry);
  await settled();
  const pinned = () => supervisor.adapters()[0]!.pinned;
  async function failToPin(): Promise<void> {
    const pinning = supervisor.pin("event_bus", "redis");
    await settled();
    equal(pinned(), "redis");
    fail(new Error("the test says so"));
    await rejects(pinning, /the test says so/);
  }
  await failToPin();
  equal(pinned(), undefined);
  const pinning = supervisor.pin("event_bus", "noop");
  await settled();
  await end();
  await pinning;
  await failToPin();
  deepEqual([pinned(), port.active()], ["noop", "noop"]);
});

Deno.test("pins and releases are told, a release of what was not pinned is none", async () => {
  const { supervisor, telemetry } = createWorld();
  await using _ = supervisor;
  await supervisor.release("settings_store");
  await supervisor.pin("settings_store", "postgres");
  await supervisor.release("settings_store");
  deepEqual(
    telemetry.logged("warn").map(({ message, fields }) => [message, fields]),
    [
      ["a port is pinned", { port: "settings_store", adapter: "postgres" }],
      ["a port is released", { port: "settings_store" }],
    ],
  );
});

Deno.test("closing waits for the swap under way, and makes no other", async () => {
  const { port, swaps, end } = createSlowPort();
  const follower = createFakeFollower("normal");
  const telemetry = createRecordingTelemetry();
  const supervisor = createSupervisor([port], follower, telemetry);
  await settled();
  follower.become("degraded");
  let isClosed = false;
  const closing = supervisor[Symbol.asyncDispose]().then(() => isClosed = true);
  await settled();
  equal(isClosed, false);
  await end();
  await closing;
  deepEqual([swaps, port.active()], [["redis"], "redis"]);
});

Deno.test("closing waits for calls on every adapter that was left", async () => {
  const { settings, stores, follower, supervisor } = createWorld();
  follower.become("normal");
  await settled();
  const slow = Promise.withResolvers<SettingsSnapshot>();
  stores.redis.read = () => slow.promise;
  const reading = settings.read([]);
  for (const mode of ["degraded", "normal"] as const) {
    follower.become(mode);
    await settled();
  }
  let isClosed = false;
  const closing = supervisor[Symbol.asyncDispose]().then(() => isClosed = true);
  await settled();
  equal(isClosed, false);
  slow.resolve({ documents: [], source: "redis", verified: true });
  await reading;
  await closing;
});

Deno.test("without a follower the mode is normal and Redis disabled", async () => {
  const telemetry = createRecordingTelemetry();
  const supervisor = createSupervisor([], undefined, telemetry);
  await using _ = supervisor;
  deepEqual(
    [supervisor.mode(), supervisor.redis(), supervisor.fault()],
    ["normal", "disabled", undefined],
  );
});

Deno.test("how Redis is, and why it is not used, is told", async () => {
  const { follower, supervisor } = createWorld();
  await using _ = supervisor;
  equal(supervisor.redis(), "disconnected");
  equal(supervisor.fault(), "Cannot use Redis as it is away");
  follower.become("normal");
  equal(supervisor.redis(), "connected");
  equal(supervisor.fault(), undefined);
});

Deno.test("a closed supervisor hears and turns nothing", async () => {
  const { settings, follower, supervisor } = createWorld();
  await supervisor[Symbol.asyncDispose]();
  equal(follower.listeners, 0);
  follower.become("normal");
  await settled();
  equal(settings.active, "postgres");
});
