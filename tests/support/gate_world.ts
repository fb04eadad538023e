/**
 * A gate by itself, over one database and one server in memory.
 *
 * @module
 */
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
import { formatCheckpoint } from "../../domain/checkpoint.ts";
import { parseSettingsKey } from "../../domain/settings.ts";
import type { LeaseClaim } from "../../ports/record_store.ts";
import { createGate, type Gate } from "../../src/follower/gate.ts";
import { createOwnLease } from "../../src/follower/lease.ts";
import { createPeers } from "../../src/follower/peers.ts";
import { createSafety } from "../../src/follower/safety.ts";
import { createFakeClock } from "./fake_clock.ts";
import { guardPort } from "./guarded_port.ts";
import { createSeededEntropy } from "./seeded_entropy.ts";
import { settle } from "./turns.ts";

const KEY = parseSettingsKey("user:1:settings:all");

/** Creates a closed gate of the instance `self`, which nobody runs yet. */
export function createGateWorld() {
  const clock = createFakeClock();
  const entropy = createSeededEntropy();
  const log = createMemoryLog({ clock, entropy });
  const documents: MemorySettings = new Map();
  const leases = createMemoryLeases();
  const server = createMemoryFastServer({ clock, entropy });
  const settings = openMemorySettingsStore(log, documents);
  const store = openMemoryRecordStore(log, documents, leases);
  const claims: LeaseClaim[] = [];
  const record = guardPort({
    ...store,
    claim: (claim: LeaseClaim) => (claims.push(claim), store.claim(claim)),
  });
  const fast = guardPort(openMemoryFastLayer(server), ["listen"]);
  const peers = createPeers("self", clock);
  /** Whether somebody waits for us; why the gate was closed at each change. */
  const world = { isAwaited: false, heard: [] as (string | undefined)[] };
  const safety = createSafety({
    record: record.port,
    peers,
    clock,
    gate: () => gate,
  });
  const { see, epoch, isPastBarrier } = safety;
  const lease = createOwnLease({
    record: record.port,
    peers,
    clock,
    bootId: "self",
    label: "",
  });
  const gate: Gate = createGate({
    footing: {
      record: record.port,
      fast: fast.port,
      entropy,
      see,
      epoch,
      isPastBarrier,
    },
    fast: fast.port,
    lease,
    clock,
    isAwaited: () => world.isAwaited,
    onChange: () => void world.heard.push(gate.fault),
  });

  /** Runs the gate until the result is disposed of. */
  function run(): AsyncDisposable {
    const stop = new AbortController();
    const work = gate.run(stop.signal);
    return {
      async [Symbol.asyncDispose]() {
        stop.abort(new Error("the test ends"));
        await work;
      },
    };
  }

  /** Lets time pass until `done`; tells how many milliseconds that took. */
  async function until(done: () => boolean, maxMs = 5000): Promise<number> {
    for (let ms = 0;; ms++) {
      await settle();
      if (done()) return ms;
      if (ms === maxMs) throw new Error(`not within ${maxMs} ms`);
      await clock.advance(1);
    }
  }

  return Object.assign(world, {
    clock,
    log,
    leases,
    server,
    record,
    fast,
    lease,
    gate,
    see: () => see(() => record.port.read([])),
    run,
    until,
    untilOpen: () => until(() => gate.open !== undefined),
    /** Lets time pass, a millisecond at a time. */
    async pass(ms: number): Promise<void> {
      let left = ms;
      await until(() => left-- === 0);
    },

    /** Commits one more change. */
    async commit(): Promise<void> {
      await settings.write([{ key: KEY, json: "1" }], "a");
    },

    /** Gives the server a checkpoint at `position` of the log. */
    mark(position: number): void {
      server.data.mark = formatCheckpoint({
        epoch: log.head().epoch,
        generation: "a1",
        position,
        settingsPosition: position,
      });
    },

    /** The gates that were claimed, in order, since the last time. */
    claimed: () => claims.splice(0).map(({ gate }) => gate),

    /** Holds the next call of `method` of the server back until it is let go. */
    hold(method: "drain" | "reset") {
      const { promise, resolve } = Promise.withResolvers<void>();
      let isHeld = false;
      fast.before(method, async () => {
        if (isHeld) return;
        isHeld = true;
        await promise;
      });
      return {
        isHeld: () => isHeld,
        letGo: () => (resolve(), settle()),
      };
    },
  });
}
