/**
 * A settings store in this process's memory; nothing survives a restart.
 *
 * @module
 */
import type { SettingsDocument, SettingsKey } from "../../domain/settings.ts";
import { settingsUpdated } from "../../domain/settings_event.ts";
import { admit, checkChanges, checkVersion } from "../../ports/arguments.ts";
import type { SettingsStore } from "../../ports/settings_store.ts";
import type { MemoryLog } from "./log.ts";
import type { MemoryHistory } from "./settings_history.ts";

/** The documents, apart from any adapter, so that several can share them. */
export type MemorySettings = Map<SettingsKey, SettingsDocument>;

/**
 * Opens a store over `documents` whose changes are appended to `log`, and noted
 * in `history` where there is one.
 */
export function openMemorySettingsStore(
  log: MemoryLog,
  documents: MemorySettings = new Map(),
  history?: MemoryHistory,
): SettingsStore {
  let closed = false;
  const enter = (signal?: AbortSignal) =>
    admit("settings store", closed, signal);

  return {
    async read(keys, signal) {
      enter(signal);
      return {
        documents: keys.map((key) => documents.get(key)),
        source: "memory",
        verified: true,
      };
    },

    recall: () => undefined,

    async write(changes, actor, signal) {
      enter(signal);
      checkChanges(changes);
      for (const change of changes) {
        checkVersion(change, documents.get(change.key)?.version ?? 0);
      }
      const before = log.head().position;
      const now = log.clock.now();
      const versions = changes.map((_, i) => before + i + 1);
      changes.forEach(({ key, json }, i) => {
        if (json === undefined) documents.delete(key);
        else documents.set(key, { key, version: versions[i]!, json });
      });
      log.append(
        changes.map(({ key, paths }, i) =>
          settingsUpdated(
            { key, version: versions[i]!, actor, paths },
            log.newId(),
            now,
          )
        ),
      );
      changes.forEach(({ key, json }, i) => {
        const version = versions[i]!;
        const at = log.at(version).committedAt;
        history?.note({ key, version, at, actor, json });
      });
      return versions;
    },

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}
