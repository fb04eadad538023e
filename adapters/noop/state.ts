/**
 * Every state port switched off.
 *
 * @module
 */
import type { StatePorts } from "../../ports/state_ports.ts";
import { openNoopEventBus } from "./event_bus.ts";
import { openNoopFeatureStore } from "./feature_store.ts";
import { openNoopSequencePort } from "./sequence_port.ts";
import { openNoopSettingsStore } from "./settings_store.ts";

/** Opens ports that hold nothing; `stack` closes them. */
export function openNoopState(stack: AsyncDisposableStack): StatePorts {
  return {
    eventBus: stack.use(openNoopEventBus()),
    featureStore: stack.use(openNoopFeatureStore()),
    sequence: stack.use(openNoopSequencePort()),
    settingsStore: stack.use(openNoopSettingsStore()),
  };
}
