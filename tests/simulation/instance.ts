/**
 * One instance of the service: the follower and its clients.
 *
 * @module
 */
import type { SettingsKey } from "../../domain/settings.ts";
import type { Follower } from "../../src/follower/follower.ts";
import type { FastLink } from "./fast_link.ts";
import type { Operation } from "./history.ts";
import type { InstanceClock } from "./instance_clock.ts";
import type { Actor } from "./timeline.ts";
import type { Wire } from "./wire.ts";

/** What clients of one instance do. */
export interface Load {
  /** How many only read. */
  readonly readers: number;
  /** How many also write. */
  readonly writers: number;
  /** Mean time between two calls of one client. */
  readonly pauseMs: number;
  /** How often a read is pinned to the database. */
  readonly pinned: number;
  /** How often a client that may write does. */
  readonly writes: number;
  /** How often a client goes before it has its answer. */
  readonly gone: number;
}

/** One start of the service. */
export interface Instance {
  readonly actor: Actor;
  readonly clock: InstanceClock;
  readonly follower: Follower;
  readonly fast: FastLink;
  readonly fastWire: Wire;
  readonly recordWire: Wire;
  /** How the clients behave; may be changed. */
  load: Load;
  /** Reads once. */
  read(client: string, keys: readonly SettingsKey[]): Promise<Operation>;
  /** Writes new values once. */
  write(client: string, keys: readonly SettingsKey[]): Promise<Operation>;
}
