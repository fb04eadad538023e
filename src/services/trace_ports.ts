/**
 * Calls of the ports that hold state in traces.
 *
 * @module
 */
import type { StatePorts } from "../../ports/state_ports.ts";
import { type Trace, traceCalls } from "../../ports/tracing.ts";

/** The same ports, with a span for each call that may take a while. */
export function tracePorts<Ports extends StatePorts>(
  ports: Ports,
  trace: Trace | undefined,
): Ports {
  if (!trace) return ports;
  const { eventBus, featureStore, sequence, settingsStore } = ports;
  return {
    ...ports,
    eventBus: traceCalls(eventBus, trace, {}, {
      publish: () => "event_bus publish",
    }),
    featureStore: traceCalls(featureStore, trace, {}, {
      read: () => "feature_store read",
      fill: () => "feature_store fill",
      invalidate: () => "feature_store invalidate",
    }),
    sequence: traceCalls(sequence, trace, {}, {
      next: () => "sequence next",
    }),
    settingsStore: traceCalls(settingsStore, trace, {}, {
      read: () => "settings_store read",
      write: () => "settings_store write",
    }),
  };
}
