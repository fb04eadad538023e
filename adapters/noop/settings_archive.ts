/**
 * Settings are switched off: there is nothing to look back at.
 *
 * @module
 */
import {
  admit,
  checkEditsQuery,
  checkKeysQuery,
  checkPastVersion,
} from "../../ports/arguments.ts";
import type { SettingsArchive } from "../../ports/settings_archive.ts";

/** Opens an archive that holds nothing. */
export function openNoopSettingsArchive(): SettingsArchive {
  let closed = false;
  const enter = (signal?: AbortSignal) =>
    admit("settings archive", closed, signal);
  return {
    async edits(query, signal) {
      enter(signal);
      checkEditsQuery(query);
      return [];
    },
    async at(keys, version, signal) {
      enter(signal);
      checkPastVersion(version, 0);
      return keys.map(() => undefined);
    },
    async keys(query, signal) {
      enter(signal);
      checkKeysQuery(query);
      return [];
    },
    async trim(_beforeMs, signal) {
      enter(signal);
      return 0;
    },
    async forget(_keys, _version, signal) {
      enter(signal);
      return 0;
    },
    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}
