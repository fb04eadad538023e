/**
 * The database of record as one instance sees it: the memory adapters over a
 * wire, with deadlines and outages.
 *
 * @module
 */
import { openMemoryEventBus } from "../../adapters/memory/event_bus.ts";
import type { MemoryLog } from "../../adapters/memory/log.ts";
import {
  type MemoryLeases,
  openMemoryRecordStore,
} from "../../adapters/memory/record_store.ts";
import type { MemorySettings } from "../../adapters/memory/settings_store.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import { PortError } from "../../ports/port_error.ts";
import type { RecordCommit, RecordStore } from "../../ports/record_store.ts";
import type { SettingsChange } from "../../ports/settings_store.ts";
import type { Chance } from "./chance.ts";
import type { Actor, Timeline } from "./timeline.ts";
import type { Wire } from "./wire.ts";

/** How long a statement that reads may take. */
const READ_MS = 3000;

/** How long a statement that writes may take. */
const WRITE_MS = 5000;

/** How long an unheard doorbell delays. */
const POLL_MS = 1000;

/** The database. */
export interface RecordHost {
  readonly log: MemoryLog;
  readonly documents: MemorySettings;
  readonly leases: MemoryLeases;
  /** Whether it answers. */
  isRunning: boolean;
  /** Hears of every commit of settings. */
  onCommit(
    changes: readonly SettingsChange[],
    versions: readonly number[],
  ): void;
}

/** The two ports over it. */
export interface RecordLink {
  readonly record: RecordStore;
  readonly bus: EventBus;
}

/** Creates the link of `actor` to `host`. */
export function createRecordLink(parts: {
  readonly timeline: Timeline;
  readonly actor: Actor;
  readonly wire: Wire;
  readonly chance: Chance;
  readonly host: RecordHost;
  readonly trace: (text: () => string) => void;
}): RecordLink {
  const { timeline, actor, wire, chance, host, trace } = parts;
  const record = openMemoryRecordStore(host.log, host.documents, host.leases);
  const bus = openMemoryEventBus(host.log);

  function ask<T>(
    name: string,
    deadlineMs: number,
    signal: AbortSignal | undefined,
    execute: () => Promise<T>,
  ): Promise<T> {
    const what = `${actor.name} ${name}`;
    return wire.send({
      what,
      deadlineMs,
      signal,
      isRead: deadlineMs === READ_MS,
      execute() {
        trace(() => `${what} at the database`);
        if (host.isRunning) return execute();
        throw new PortError("unavailable", "Cannot reach the database");
      },
    });
  }

  async function write(
    changes: readonly SettingsChange[],
    by: string,
  ): Promise<RecordCommit> {
    const written = record.write(changes, by);
    // It has happened by now: memory does at once what it is told.
    const committed = host.log.head().position;
    try {
      const commit = await written;
      const { versions } = commit;
      trace(() => `${actor.name} committed ${versions} of ${committed}`);
      host.onCommit(changes, versions);
      return commit;
    } catch (error) {
      trace(() => `${actor.name} did not commit: ${error}`);
      throw error;
    }
  }

  return {
    record: {
      read: (keys, signal) =>
        ask(`record.read ${keys}`, READ_MS, signal, () => record.read(keys)),
      write: (changes, by, signal) =>
        ask("write", WRITE_MS, signal, () => write(changes, by)),
      stretch: (after, signal) =>
        ask(`stretch ${after}`, READ_MS, signal, () => record.stretch(after)),
      claim: (claim, signal) =>
        ask(
          `claim ${claim.renewal} ${claim.gate} ${claim.appliedPosition}`,
          WRITE_MS,
          signal,
          () => record.claim(claim),
        ),
      leaveEpoch: (epoch, signal) =>
        ask("leaveEpoch", WRITE_MS, signal, () => record.leaveEpoch(epoch)),
      leave: (bootId, signal) =>
        ask("leave", WRITE_MS, signal, () => record.leave(bootId)),
      async [Symbol.asyncDispose]() {},
    },
    bus: {
      publish: (events, signal) =>
        ask("publish", WRITE_MS, signal, () => bus.publish(events)),
      read: (query, signal) =>
        ask("events", READ_MS, signal, () => bus.read(query)),
      head: (signal) => ask("head", READ_MS, signal, () => bus.head()),
      positionAt: (timeMs, signal) =>
        ask("positionAt", READ_MS, signal, () => bus.positionAt(timeMs)),
      wait,
      async [Symbol.asyncDispose]() {},
    },
  };

  /** A bell that is heard late, and now and then not at all. */
  function wait(after: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      let deafen = () => {};
      let callOff = () => {};
      signal?.addEventListener("abort", stop);
      if (host.log.position() > after) ring();
      else deafen = host.log.listen(() => ring());

      function ring(): void {
        deafen();
        const isHeard = wire.quality.lossBack < 1 && chance.happens(0.9);
        const delayMs = isHeard ? chance.around(4) : POLL_MS;
        callOff = timeline.after(delayMs, actor, () => {
          signal?.removeEventListener("abort", stop);
          resolve();
        });
      }
      function stop(): void {
        deafen();
        callOff();
        reject(signal!.reason);
      }
    });
  }
}
