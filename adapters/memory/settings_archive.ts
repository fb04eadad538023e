/**
 * A settings archive in this process's memory; nothing survives a restart.
 *
 * @module
 */
import {
  admit,
  checkEditsQuery,
  checkKeysQuery,
  checkPastVersion,
} from "../../ports/arguments.ts";
import { standingAt } from "../../ports/archive_rules.ts";
import {
  MAX_EDITS_CHARS,
  MAX_TRIM,
  type SettingsArchive,
  type SettingsEdit,
} from "../../ports/settings_archive.ts";
import type { MemoryLog } from "./log.ts";
import type { MemoryHistory } from "./settings_history.ts";
import type { MemorySettings } from "./settings_store.ts";

/** Opens an archive over what the settings store fills. */
export function openMemorySettingsArchive(
  log: MemoryLog,
  documents: MemorySettings,
  history: MemoryHistory,
): SettingsArchive {
  let closed = false;
  const enter = (signal?: AbortSignal) =>
    admit("settings archive", closed, signal);

  return {
    async edits(query, signal) {
      enter(signal);
      checkEditsQuery(query);
      const found = [...new Set(query.keys)].flatMap((key) => {
        const held = history.of(key);
        const first = held.findIndex(({ version }) => version > query.after);
        const end = first + query.limit;
        return first < 0 ? [] : held.slice(first, end).map((revision, i) => ({
          ...revision,
          before: held[first + i - 1],
        }));
      });
      found.sort((a, b) => a.version - b.version);
      return firstOf(found.slice(0, query.limit));
    },

    async at(keys, version, signal) {
      enter(signal);
      checkPastVersion(version, log.head().position);
      return keys.map((key) => {
        const found = history.of(key).findLast((one) => one.version <= version);
        return standingAt(key, version, found, history.oldest(key));
      });
    },

    async keys(query, signal) {
      enter(signal);
      checkKeysQuery(query);
      const { after = "", limit } = query;
      return [...documents.keys()].filter((key) => key > after).sort()
        .slice(0, limit);
    },

    async trim(beforeMs, signal) {
      enter(signal);
      return history.forget(beforeMs, MAX_TRIM);
    },

    async forget(keys, version, signal) {
      enter(signal);
      return history.forgetAll(keys, version, MAX_TRIM);
    },

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}

/** As many as fit into one answer, and one at least. */
function firstOf(edits: readonly SettingsEdit[]): readonly SettingsEdit[] {
  let chars = 0;
  const end = edits.findIndex(({ json = "" }) => {
    const isFull = chars >= MAX_EDITS_CHARS;
    chars += json.length;
    return isFull;
  });
  return end < 0 ? edits : edits.slice(0, end);
}
