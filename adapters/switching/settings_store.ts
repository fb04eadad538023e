/**
 * A settings store whose adapter can be exchanged while it is in use.
 *
 * @module
 */
import type { SettingsStore } from "../../ports/settings_store.ts";
import type { Switchable } from "../../ports/switchable.ts";
import { createSwitch } from "./switch.ts";

/**
 * Opens a switching store that starts on `store`. Only adapters over the same
 * documents may follow one another.
 */
export function openSwitchingSettingsStore(
  name: string,
  store: SettingsStore,
): SettingsStore & Switchable<SettingsStore> {
  const turnout = createSwitch("settings store", name, store);
  return {
    get active() {
      return turnout.active;
    },
    swapTo: turnout.swapTo,
    read: (keys, signal) =>
      turnout.use((store) => store.read(keys, signal), signal),
    recall: (key) => turnout.port.recall(key),
    write: (changes, actor, signal) =>
      turnout.use((store) => store.write(changes, actor, signal), signal),
    [Symbol.asyncDispose]: turnout[Symbol.asyncDispose],
  };
}
