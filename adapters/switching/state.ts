/**
 * Every state port with an adapter that can be exchanged.
 *
 * @module
 */
import type { StatePorts } from "../../ports/state_ports.ts";
import type { Switchable } from "../../ports/switchable.ts";
import { openSwitchingEventBus } from "./event_bus.ts";
import { openSwitchingFeatureStore } from "./feature_store.ts";
import { openSwitchingSequencePort } from "./sequence_port.ts";
import { openSwitchingSettingsStore } from "./settings_store.ts";

/** The state ports, each with its switch. */
export type SwitchingState = {
  readonly [Port in keyof StatePorts]:
    & StatePorts[Port]
    & Switchable<StatePorts[Port]>;
};

/** The adapter that each port starts on. */
export type SwitchingStart = {
  readonly [Port in keyof StatePorts]: {
    readonly name: string;
    readonly port: StatePorts[Port];
  };
};

/** Opens the switches; `stack` closes them, and no adapter behind them. */
export function openSwitchingState(
  start: SwitchingStart,
  stack: AsyncDisposableStack,
): SwitchingState {
  const { featureStore, eventBus, settingsStore, sequence } = start;
  return {
    featureStore: stack.use(
      openSwitchingFeatureStore(featureStore.name, featureStore.port),
    ),
    eventBus: stack.use(openSwitchingEventBus(eventBus.name, eventBus.port)),
    settingsStore: stack.use(
      openSwitchingSettingsStore(settingsStore.name, settingsStore.port),
    ),
    sequence: stack.use(
      openSwitchingSequencePort(sequence.name, sequence.port),
    ),
  };
}
