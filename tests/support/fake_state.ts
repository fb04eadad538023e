/**
 * A system state that nothing happens to.
 *
 * @module
 */
import { PortError } from "../../ports/port_error.ts";
import {
  PORT_NAMES,
  type SystemState,
} from "../../src/services/system_state.ts";

/** A state in which every port is on memory, and may be pinned to it. */
export function createFakeState(): SystemState {
  const pins = new Map<string, string>();
  const adapterOf = (port: typeof PORT_NAMES[number]) => ({
    port,
    active: "memory",
    pinned: pins.get(port),
    choices: ["memory"],
  });
  return {
    mode: () => "normal",
    redis: () => "disabled",
    fault: () => undefined,
    adapters: () => PORT_NAMES.map(adapterOf),
    listen: () => () => {},
    async pin(port, adapter) {
      if (adapter !== "memory") {
        throw new PortError("invalid", `Cannot pin ${port} to ${adapter}`);
      }
      pins.set(port, adapter);
      return adapterOf(port);
    },
    async release(port) {
      pins.delete(port);
      return adapterOf(port);
    },
  };
}
