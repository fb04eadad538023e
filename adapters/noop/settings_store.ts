/**
 * Settings are switched off: nothing is stored, and writing is refused loudly
 * rather than pretended.
 *
 * @module
 */
import { admit, checkChanges } from "../../ports/arguments.ts";
import { PortError } from "../../ports/port_error.ts";
import type { SettingsStore } from "../../ports/settings_store.ts";

/** Opens a store that holds nothing and takes nothing. */
export function openNoopSettingsStore(): SettingsStore {
  let closed = false;
  return {
    async read(keys, signal) {
      admit("settings store", closed, signal);
      return {
        documents: keys.map(() => undefined),
        source: "memory",
        verified: true,
      };
    },
    recall: () => undefined,

    async write(changes, _actor, signal) {
      admit("settings store", closed, signal);
      checkChanges(changes);
      throw new PortError(
        "unsupported",
        "Cannot write settings as they are switched off (SETTINGS_STORE=noop)",
      );
    },
    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}
