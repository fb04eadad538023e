/**
 * Which adapter each state port starts on, may be on, and is on in each mode.
 *
 * @module
 */
import type { StatePorts } from "../ports/state_ports.ts";
import type { Config } from "./config.ts";
import type { ServiceMode } from "./services/system_state.ts";
import type { AdapterName } from "./variables.ts";

/** The technologies of a configuration, by the names of their adapters. */
export type Technologies = Partial<Record<AdapterName, StatePorts>>;

/** What is planned for one port. */
export interface PortPlan<Port> {
  /** What it starts on. */
  readonly start: { readonly name: string; readonly port: Port };
  /** What it may be on. */
  readonly choices: Readonly<Record<string, Port>>;
  /** What it is on in each mode. */
  readonly byMode: Readonly<Record<ServiceMode, string>>;
  /** What configuration pins it to. */
  readonly pinned: string | undefined;
}

/** What is planned for every state port. */
export type AdapterPlan = {
  readonly [Port in keyof StatePorts]: PortPlan<StatePorts[Port]>;
};

/**
 * Plans the adapters of `config`.
 *
 * @param technologies Those that are open; with Redis among them, the database
 * of record serves whenever Redis is not believed, and memory in place of its
 * features.
 */
export function planAdapters(
  config: Config,
  technologies: Technologies,
): AdapterPlan {
  const { adapters, pinned, store } = config;
  const isFollowed = technologies.redis !== undefined;

  function planOf<Port extends keyof StatePorts>(
    port: Port,
  ): PortPlan<StatePorts[Port]> {
    const portOf = (name: AdapterName) => technologies[name]![port];
    const isPinned = pinned.includes(port);
    const own = adapters[port];
    const normal: AdapterName = isFollowed ? "redis" : own;
    const database: AdapterName = port === "featureStore" ? "memory" : store;
    const degraded = isFollowed ? database : own;
    const names = new Set<AdapterName>([own, normal, degraded]);
    // Redis is believed only once it has caught up.
    const start = isPinned ? own : degraded;
    return {
      start: { name: start, port: portOf(start) },
      choices: Object.fromEntries(
        [...names].map((name) => [name, portOf(name)]),
      ),
      byMode: {
        normal,
        degraded,
        // Only settings are worth an answer that nobody has verified.
        unverified: port === "settingsStore" ? normal : degraded,
      },
      pinned: isPinned ? own : undefined,
    };
  }

  return {
    featureStore: planOf("featureStore"),
    eventBus: planOf("eventBus"),
    settingsStore: planOf("settingsStore"),
    sequence: planOf("sequence"),
  };
}
