/**
 * Every state port in this process's memory.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";
import type { Entropy } from "../../ports/entropy.ts";
import type { StatePorts } from "../../ports/state_ports.ts";
import { openMemoryEventBus } from "./event_bus.ts";
import {
  createMemoryFeatures,
  openMemoryFeatureStore,
} from "./feature_store.ts";
import { createMemoryLog } from "./log.ts";
import { openMemorySequencePort } from "./sequence_port.ts";
import { openMemorySettingsStore } from "./settings_store.ts";

/** Opens ports over one empty state; `stack` closes them. */
export function openMemoryState(
  options: { readonly clock: Clock; readonly entropy: Entropy },
  stack: AsyncDisposableStack,
): StatePorts {
  const log = createMemoryLog(options);
  return {
    eventBus: stack.use(openMemoryEventBus(log)),
    featureStore: stack.use(
      openMemoryFeatureStore(createMemoryFeatures(options)),
    ),
    sequence: stack.use(openMemorySequencePort()),
    settingsStore: stack.use(openMemorySettingsStore(log)),
  };
}
