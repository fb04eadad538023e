/**
 * What the program knows of its own state: mode, Redis, and the adapters that
 * the state ports are on.
 *
 * @module
 */

/** What the service does: see ARCHITECTURE.md. */
export type ServiceMode = "normal" | "degraded" | "unverified";

/** How Redis is. */
export type RedisStatus = "connected" | "disconnected" | "disabled";

/** The state ports. */
export const PORT_NAMES = [
  "feature_store",
  "event_bus",
  "settings_store",
  "sequence",
] as const;

/** One of the state ports. */
export type PortName = typeof PORT_NAMES[number];

/** Which adapter a port is on. */
export interface PortAdapter {
  /** The port. */
  readonly port: PortName;
  /** The adapter that calls go to now. */
  readonly active: string;
  /** The adapter that it is pinned to, if any. */
  readonly pinned: string | undefined;
  /** The adapters that it can be pinned to. */
  readonly choices: readonly string[];
}

/** Tells of the state, and pins adapters. */
export interface SystemState {
  /** What the service does. */
  mode(): ServiceMode;
  /** How Redis is. */
  redis(): RedisStatus;
  /** Why Redis is not used now, one sentence. */
  fault(): string | undefined;
  /** Which adapters the ports are on. */
  adapters(): readonly PortAdapter[];
  /** Calls `listener` after any of it has changed, until the result is called. */
  listen(listener: () => void): () => void;

  /**
   * Keeps a port on one adapter, whatever the mode, until it is released or
   * the process ends.
   *
   * @throws {PortError} `invalid` when the port cannot be on that adapter.
   */
  pin(port: PortName, adapter: string): Promise<PortAdapter>;

  /** Lets the mode decide again. */
  release(port: PortName): Promise<PortAdapter>;
}
