/**
 * The database of record in this process's memory; nothing survives a restart.
 *
 * @module
 */
import type { LoggedEvent } from "../../domain/event/event.ts";
import type { Lease } from "../../domain/lease.ts";
import type { SettingsDocument, SettingsKey } from "../../domain/settings.ts";
import { admit } from "../../ports/arguments.ts";
import {
  checkStretch,
  hasEnded,
  isGranted,
  takeStretch,
  unlessLong,
} from "../../ports/record_rules.ts";
import type { RecordStore, RecordView } from "../../ports/record_store.ts";
import type { MemoryLog } from "./log.ts";
import {
  type MemorySettings,
  openMemorySettingsStore,
} from "./settings_store.ts";

/** What every instance has put down of itself, by boot id. */
export type MemoryLeases = Map<string, Lease>;

/** Creates leases apart from any adapter, so that several can share them. */
export function createMemoryLeases(): MemoryLeases {
  return new Map();
}

/** Opens a store over what the other memory adapters share; closing it leaves that as it is. */
export function openMemoryRecordStore(
  log: MemoryLog,
  documents: MemorySettings,
  leases: MemoryLeases = createMemoryLeases(),
): RecordStore {
  const settings = openMemorySettingsStore(log, documents);
  let closed = false;
  const enter = (signal?: AbortSignal) => admit("record store", closed, signal);

  const view = (): RecordView => ({
    head: log.head(),
    settingsPosition: log.settingsPosition(),
    formerEpochs: log.formerEpochs(),
    epochAgeMs: log.epochAgeMs(),
    leases: [...leases.values()],
  });

  function* entriesAfter(after: number): Iterable<LoggedEvent> {
    const { position } = log.head();
    for (let at = after + 1; at <= position; at++) yield log.at(at);
  }

  return {
    async read(keys, signal) {
      enter(signal);
      return { ...view(), documents: keys.map((key) => documents.get(key)) };
    },

    async stretch(after, signal) {
      enter(signal);
      checkStretch(after, log.head());
      const entries = takeStretch(entriesAfter(after));
      const told = new Map<SettingsKey, SettingsDocument | undefined>();
      for (const { channel, key } of entries) {
        if (channel !== "settings.updated" || key === undefined) continue;
        const document = documents.get(key as SettingsKey);
        told.set(key as SettingsKey, unlessLong(document));
      }
      return { ...view(), entries, documents: told };
    },

    async write(changes, actor, signal) {
      enter(signal);
      // Memory does at once what it is told.
      const written = settings.write(changes, actor);
      const { epoch } = log.head();
      const versions = await written;
      const entries = versions.map((version) => log.at(version));
      const told = new Map(changes.map(({ key, json }, i) => {
        const version = versions[i]!;
        const document = json === undefined ? json : { key, version, json };
        return [key, unlessLong(document)];
      }));
      return { versions, appended: { epoch, entries, documents: told } };
    },

    async claim(claim, signal) {
      enter(signal);
      const granted = isGranted(claim, [...leases.values()]);
      if (granted) {
        for (const lease of leases.values()) {
          if (hasEnded(lease, claim)) leases.delete(lease.bootId);
        }
        const { ended: _, ...lease } = claim;
        leases.set(lease.bootId, lease);
      }
      return { ...view(), granted };
    },

    async leaveEpoch(epoch, signal) {
      enter(signal);
      if (log.head().epoch === epoch) log.renewEpoch();
    },

    async leave(bootId, signal) {
      enter(signal);
      leases.delete(bootId);
    },

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}
