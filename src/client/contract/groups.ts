/**
 * Written by `deno task openapi` from the contract of the service.
 *
 * @module
 */
import type { Event } from "./events.ts";

/** `GroupInput` of the contract. */
export interface GroupInput {
  readonly channels?: readonly string[];
  readonly max_attempts?: number;
  readonly backoff?: {
    readonly first_ms?: number;
    readonly factor?: number;
    readonly max_ms?: number;
  };
  readonly on_poison?: "park" | "park-key" | "halt";
  readonly lease_ms?: number;
  readonly max_in_flight?: number;
  readonly start?: string;
}

/** `Group` of the contract. */
export interface Group {
  readonly name: string;
  readonly state: "running" | "paused" | "halted";
  readonly halted: {
    readonly code: "poison" | "parked_full" | "epoch_changed" | "expired";
    readonly reason: string;
    readonly position: number;
  } | null;
  readonly epoch: string;
  readonly checkpoint: number;
  readonly cursor: number;
  readonly head: number;
  readonly lag: number | null;
  readonly oldest_age_s: number | null;
  readonly outstanding: number;
  readonly in_flight: number;
  readonly dead_letters: number;
  readonly channels: readonly string[];
  readonly max_attempts: number;
  readonly backoff: {
    readonly first_ms: number;
    readonly factor: number;
    readonly max_ms: number;
  };
  readonly on_poison: "park" | "park-key" | "halt";
  readonly lease_ms: number;
  readonly max_in_flight: number;
}

/** `GroupList` of the contract. */
export interface GroupList {
  readonly groups: readonly Group[];
}

/** `NextDeliveries` of the contract. */
export interface NextDeliveries {
  readonly deliveries: readonly {
    readonly position: number;
    readonly token: string;
    readonly attempt: number;
    readonly lease_until: string;
    readonly event: Event | Readonly<Record<string, unknown>>;
  }[];
  readonly state: "running" | "paused" | "halted";
  readonly checkpoint: number;
  readonly epoch: string;
}

/** `Settled` of the contract. */
export interface Settled {
  readonly settled: number;
  readonly already?: true;
  readonly effects: readonly {
    readonly id: string;
    readonly position: number;
    readonly duplicate: boolean;
  }[];
}
