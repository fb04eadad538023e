/**
 * The follower: a fast layer that follows a database of record, and the ports
 * served from both.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";
import type { Entropy } from "../../ports/entropy.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import type { FastLayer } from "../../ports/fast_layer.ts";
import type { RecordStore } from "../../ports/record_store.ts";
import type { SettingsStore } from "../../ports/settings_store.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { openDatabaseSettings } from "./database_settings.ts";
import { createFastReads } from "./fast_reads.ts";
import { createFills } from "./fills.ts";
import { type Footing, Unsound } from "./footing.ts";
import { createGate, type Gate } from "./gate.ts";
import { createOwnLease } from "./lease.ts";
import { createNearCache } from "./near_cache.ts";
import { createPeers } from "./peers.ts";
import { createRecordReads } from "./record_reads.ts";
import { createSafety } from "./safety.ts";
import type { Session } from "./session.ts";
import { openFollowedSettings } from "./settings.ts";

/** Keeps instances from draining in step after one bell. */
const JITTER_MS = 20;

/** The longest pause after the log could not be followed. */
const RETRY_MS = 250;

/**
 * Where reads come from: `normal`, the fast layer; `degraded`, the database;
 * `unverified`, the fast layer while the database is away.
 */
export type FollowerMode = "normal" | "degraded" | "unverified";

/** How the follower is. */
export interface FollowerState {
  /** Where reads come from. */
  readonly mode: FollowerMode;
  /** Whether the fast layer answers, unverified, what the database cannot. */
  readonly mayAnswer: boolean;
  /** Whether there is a fast layer to ask. */
  readonly isFastLayerUp: boolean;
  /** Why the fast layer is not believed, where it is not; one sentence. */
  readonly fault: string | undefined;
  /** The position up to which the fast layer is known to show the log. */
  readonly checkpoint: number | undefined;
  /** The newest position of the log that is known here; 0 when none is. */
  readonly head: number;
}

/** Serves ports from a fast layer while it may, else from the database. */
export interface Follower extends AsyncDisposable {
  /** Settings, from the fast layer as far as it may be believed. */
  readonly settings: SettingsStore;
  /** The same settings, read from the database alone. */
  readonly databaseSettings: SettingsStore;
  /** The gate, for what else is read from the fast layer. */
  readonly gate: Gate;
  /** How it is now. */
  state(): FollowerState;
  /** Up to where the fast layer showed the log when it was believed last; now, if it is. */
  checkpoint(): number | undefined;
  /** Calls `listener` after the state has changed, until the result is called. */
  listen(listener: () => void): () => void;
  /**
   * Calls `listener` whenever the fast layer is believed with another
   * generation than before, the first time included, at once where that has
   * been: it holds nothing then but what has been put there since. Until the
   * result is called.
   */
  onAnew(listener: () => void): () => void;
  /** Stops following and gives the lease back; the parts stay open. Safe to call twice. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What a follower is made of. */
export interface FollowerParts {
  /** Log, documents and leases of the database of record. */
  readonly record: RecordStore;
  /** The log of the database of record. */
  readonly bus: Pick<EventBus, "wait">;
  /** What follows it. */
  readonly fast: FastLayer;
  /** Measures leases. */
  readonly clock: Clock;
  /** Draws the identity of this start, tokens and jitter. */
  readonly entropy: Entropy;
  /** Hears of every change of mode. */
  readonly telemetry: Telemetry;
  /** A name of this instance for people. */
  readonly label: string;
  /** Whether to fail rather than answer unverified while the database is away. */
  readonly isStrict?: boolean;
}

/** Begins to follow; reads and writes are served at once, from the database. */
export function openFollower(parts: FollowerParts): Follower {
  const { record, bus, fast, clock, entropy, telemetry, label } = parts;
  const { isStrict = false } = parts;
  const stop = new AbortController();
  const listeners = new Set<() => void>();
  const newsListeners = new Set<() => void>();
  /** The session that was believed last; its checkpoint stays when it ends. */
  let newest: Session | undefined;
  /** The generation that was believed last. */
  let believed: string | undefined;
  let said: FollowerMode = "degraded";
  const bootId = entropy.bytes(16).toHex();
  const peers = createPeers(bootId, clock);
  const near = createNearCache();
  const safety = createSafety({ record, peers, clock, gate: () => gate });
  const { see, epoch, isPastBarrier } = safety;
  const footing: Footing = {
    record,
    fast,
    entropy,
    see,
    epoch,
    isPastBarrier,
    onStep: (step) => reads.follow(step),
  };
  const gate: Gate = createGate({
    footing,
    fast,
    clock,
    lease: createOwnLease({ record, peers, clock, bootId, label }),
    isAwaited: () => peers.anyWaiting,
    onChange() {
      near.clear();
      sayMode();
      for (const listener of [...listeners]) listener();
      noteGeneration();
    },
    onAnew: noteGeneration,
  });
  const reads = createFastReads({ fast, gate, near, telemetry });
  const settingsParts = {
    recordReads: createRecordReads(record, safety),
    record,
    reads,
    fast,
    gate,
    near,
    fills: createFills(fast, entropy),
    safety,
    isStrict,
  };

  /** Takes the fast layer along whenever the log grows, for whoever reads. */
  async function follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await followOnce(signal);
      } catch {
        if (signal.aborted) return;
        await clock.sleep(RETRY_MS * (1 - entropy.fraction() / 2), signal)
          .catch(() => {});
      }
    }
  }

  async function followOnce(signal: AbortSignal): Promise<void> {
    const { open } = gate;
    if (!open) return await untilChanged(signal);
    const { session, drain } = open;
    const at = session.checkpoint.position;
    const stop = AbortSignal.any([signal, session.ended]);
    await bus.wait(at, stop);
    await clock.sleep(entropy.fraction() * JITTER_MS, stop);
    try {
      // Also shows whether anybody waits for what we have applied.
      const { head } = await safety.see(() => record.read([]));
      await drain.reach(head.position);
    } catch (error) {
      // While only the database is away, what has been applied still holds.
      if (error instanceof Unsound) gate.close(error.message, session);
      throw error;
    }
  }

  function untilChanged(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = () => {
        listeners.delete(changed);
        signal.removeEventListener("abort", aborted);
      };
      const changed = () => (done(), resolve());
      const aborted = () => (done(), reject(signal.reason));
      listeners.add(changed);
      signal.addEventListener("abort", aborted);
    });
  }

  function state(): FollowerState {
    const { open } = gate;
    // Before the log has been seen, nothing tells that the values are its own.
    const mayAnswer = !open && fast.isUp && !isStrict && epoch() !== undefined;
    const isUnverified = mayAnswer && gate.isRecordAway;
    return {
      mode: open ? "normal" : isUnverified ? "unverified" : "degraded",
      mayAnswer,
      isFastLayerUp: fast.isUp,
      fault: open ? undefined : gate.fault,
      checkpoint: open?.session.checkpoint.position,
      head: safety.highest(),
    };
  }

  /** One line a change; what lasts is told once. */
  function sayMode(): void {
    const { mode, fault } = state();
    if (mode === said || stop.signal.aborted) return;
    said = mode;
    if (mode === "normal") telemetry.log("info", "Redis serves reads");
    else telemetry.log("warn", `The service is ${mode}`, { reason: fault });
  }

  function noteGeneration(): void {
    newest = gate.open?.session ?? newest;
    const generation = gate.open?.session.checkpoint.generation;
    if (generation === undefined || generation === believed) return;
    believed = generation;
    for (const listener of [...newsListeners]) listener();
  }

  const work = Promise.all([gate.run(stop.signal), follow(stop.signal)]);
  work.catch(() => {});

  return {
    settings: openFollowedSettings(settingsParts),
    databaseSettings: openDatabaseSettings(settingsParts),
    gate,
    state,
    checkpoint: () => newest?.checkpoint.position,
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onAnew(listener) {
      newsListeners.add(listener);
      if (believed !== undefined) listener();
      return () => newsListeners.delete(listener);
    },
    async [Symbol.asyncDispose]() {
      stop.abort(new Error("the follower is closed"));
      await work.catch(() => {});
      await record.leave(bootId).catch(() => {});
    },
  };
}
