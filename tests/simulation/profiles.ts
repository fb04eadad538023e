/**
 * Mixes of faults: each schedule has its own way of going wrong.
 *
 * @module
 */
import type { FaultName } from "./faults.ts";

/** How often each fault begins, compared with the others. */
export type Profile = Readonly<Record<FaultName, number>>;

const NOTHING: Profile = {
  pause: 0,
  suspend: 0,
  wallJump: 0,
  crash: 0,
  restart: 0,
  rewind: 0,
  swap: 0,
  flush: 0,
  evict: 0,
  evictMark: 0,
  evictMarkAtCommits: 0,
  full: 0,
  loading: 0,
  failover: 0,
  follow: 0,
  move: 0,
  disconnect: 0,
  fastWire: 0,
  recordWire: 0,
  leaseLoss: 0,
  stuckWatcher: 0,
  lateClaims: 0,
  outage: 0,
  recordFailover: 0,
};

/** The mixes by name. */
export const PROFILES = {
  everything: {
    ...NOTHING,
    pause: 2,
    suspend: 1,
    wallJump: 1,
    crash: 2,
    restart: 1,
    rewind: 2,
    swap: 1,
    flush: 1,
    evict: 4,
    evictMark: 1,
    evictMarkAtCommits: 1,
    full: 1,
    loading: 1,
    failover: 2,
    follow: 1,
    move: 2,
    disconnect: 1,
    fastWire: 4,
    recordWire: 3,
    leaseLoss: 1,
    stuckWatcher: 1,
    lateClaims: 1,
    outage: 1,
    recordFailover: 1,
  },
  failover: {
    ...NOTHING,
    failover: 4,
    move: 4,
    follow: 2,
    swap: 2,
    fastWire: 2,
  },
  eviction: {
    ...NOTHING,
    evict: 8,
    evictMark: 4,
    evictMarkAtCommits: 2,
    flush: 2,
    fastWire: 3,
    recordWire: 2,
  },
  rewind: {
    ...NOTHING,
    rewind: 4,
    swap: 4,
    fastWire: 3,
    disconnect: 2,
    recordWire: 2,
  },
  lease: {
    ...NOTHING,
    leaseLoss: 5,
    stuckWatcher: 2,
    pause: 2,
    suspend: 3,
    wallJump: 1,
    move: 1,
    recordWire: 2,
  },
  crash: { ...NOTHING, crash: 5, restart: 2, pause: 2, fastWire: 2, move: 1 },
  network: { ...NOTHING, fastWire: 6, recordWire: 4, disconnect: 1, evict: 1 },
  flapping: {
    ...NOTHING,
    disconnect: 6,
    lateClaims: 6,
    recordWire: 3,
    fastWire: 3,
    evictMark: 2,
  },
  database: {
    ...NOTHING,
    outage: 2,
    recordFailover: 4,
    recordWire: 2,
    leaseLoss: 1,
    fastWire: 2,
    move: 1,
  },
} as const satisfies Record<string, Profile>;

/** The name of a mix. */
export type ProfileName = keyof typeof PROFILES;
