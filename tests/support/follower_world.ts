/**
 * Followers on memory: several instances over one database and one server.
 *
 * @module
 */
import { openMemoryEventBus } from "../../adapters/memory/event_bus.ts";
import {
  createMemoryFastServer,
  openMemoryFastLayer,
} from "../../adapters/memory/fast_layer.ts";
import { createMemoryLog } from "../../adapters/memory/log.ts";
import {
  createMemoryLeases,
  openMemoryRecordStore,
} from "../../adapters/memory/record_store.ts";
import {
  type MemorySettings,
  openMemorySettingsStore,
} from "../../adapters/memory/settings_store.ts";
import { type Follower, openFollower } from "../../src/follower/follower.ts";
import { createFakeClock } from "./fake_clock.ts";
import { type Guarded, guardPort } from "./guarded_port.ts";
import { createRecordingTelemetry } from "./recording_telemetry.ts";
import { createSeededEntropy } from "./seeded_entropy.ts";
import type { FastLayer } from "../../ports/fast_layer.ts";
import type { RecordStore } from "../../ports/record_store.ts";

/** One instance, and the gates before its ports. */
export interface Instance extends AsyncDisposable {
  readonly follower: Follower;
  readonly record: Guarded<RecordStore>;
  readonly fast: Guarded<FastLayer>;
}

/** Creates an empty database and an empty server. */
export function createFollowerWorld() {
  const clock = createFakeClock();
  const entropy = createSeededEntropy();
  const telemetry = createRecordingTelemetry();
  const log = createMemoryLog({ clock, entropy });
  const documents: MemorySettings = new Map();
  const leases = createMemoryLeases();
  const server = createMemoryFastServer({ clock, entropy });
  const bus = openMemoryEventBus(log);
  const settings = openMemorySettingsStore(log, documents);

  /** Starts an instance on a server, its gate closed. */
  function start(label = "one", on = server, isStrict = false): Instance {
    const record = guardPort(openMemoryRecordStore(log, documents, leases));
    const fast = guardPort(openMemoryFastLayer(on), ["listen"]);
    const follower = openFollower({
      record: record.port,
      bus,
      fast: fast.port,
      clock,
      entropy,
      telemetry,
      label,
      isStrict,
    });
    return {
      follower,
      record,
      fast,
      [Symbol.asyncDispose]: () => follower[Symbol.asyncDispose](),
    };
  }

  /** Starts an instance and waits until its gate is open. */
  async function startOpen(label = "one", on = server): Promise<Instance> {
    const instance = start(label, on);
    await settle(() => instance.follower.state().mode === "normal");
    return instance;
  }

  /** Lets promises run, and time pass, until `done`. */
  async function settle(done: () => boolean, maxMs = 5_000): Promise<void> {
    for (let ms = 0; !done(); ms++) {
      if (ms > maxMs) throw new Error(`not within ${maxMs} ms`);
      for (let i = 0; i < 50; i++) await Promise.resolve();
      if (!done()) await clock.advance(1);
    }
  }

  /** What `promise` gives, while time passes. */
  async function within<T>(promise: Promise<T>, maxMs?: number): Promise<T> {
    let ended = false;
    promise.then(() => ended = true, () => ended = true);
    await settle(() => ended, maxMs);
    return await promise;
  }

  return {
    clock,
    log,
    documents,
    leases,
    server,
    newServer: () => createMemoryFastServer({ clock, entropy }),
    bus,
    settings,
    telemetry,
    start,
    startOpen,
    settle,
    within,
  };
}
