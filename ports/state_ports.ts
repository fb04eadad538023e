/**
 * The ports that hold state, together: one technology gives all of them.
 *
 * @module
 */
import type { EventBus } from "./event_bus.ts";
import type { FeatureStore } from "./feature_store.ts";
import type { SequencePort } from "./sequence_port.ts";
import type { SettingsStore } from "./settings_store.ts";

/** The ports whose adapter is chosen and can be swapped. */
export interface StatePorts {
  /** Computed vectors. */
  readonly featureStore: FeatureStore;
  /** The log. */
  readonly eventBus: EventBus;
  /** Documents. */
  readonly settingsStore: SettingsStore;
  /** Numbers. */
  readonly sequence: SequencePort;
}
