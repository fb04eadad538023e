/**
 * The leases of the other instances, as seen from here.
 *
 * @module
 */
import { type Lease, PATIENCE_MS, type Renewal } from "../../domain/lease.ts";
import type { Clock } from "../../ports/clock.ts";

/** Watches how leases are renewed. */
export interface Peers {
  /**
   * Takes note of `leases`.
   *
   * @param askedAt `clock.monotonic()` before they were asked for.
   */
  observe(leases: readonly Lease[], askedAt: number): void;

  /** Whether no other instance that is among `leases` serves anything older than `position`. */
  allAt(position: number, leases: readonly Lease[]): boolean;

  /** Whether an instance whose gate is not open was among those seen last: it may wait for us. */
  readonly anyWaiting: boolean;

  /** Whether any instance was seen last. */
  readonly any: boolean;

  /** The leases that have ended, and closed rows that nobody renews any more. */
  ended(): readonly Renewal[];
}

interface Seen extends Renewal {
  readonly gate: Lease["gate"];
  /** When this renewal was seen first. */
  readonly since: number;
  /** The last moment from which on it is known to have stood. */
  readonly standsAt: number;
}

/** Creates a watcher that has seen nobody; `bootId` is the instance itself. */
export function createPeers(bootId: string, clock: Clock): Peers {
  let seen = new Map<string, Seen>();

  function hasEnded({ bootId, renewal }: Renewal): boolean {
    const known = seen.get(bootId);
    return known?.renewal === renewal &&
      known.standsAt - known.since >= PATIENCE_MS;
  }

  return {
    observe(leases, askedAt) {
      const now = clock.monotonic();
      const next = new Map<string, Seen>();
      for (const { bootId: id, renewal, gate } of leases) {
        if (id === bootId) continue;
        const known = seen.get(id);
        const isSame = known?.renewal === renewal;
        next.set(id, {
          bootId: id,
          renewal,
          gate,
          since: isSame ? known.since : now,
          standsAt: isSame ? Math.max(known.standsAt, askedAt) : now,
        });
      }
      seen = next;
    },

    allAt: (position, leases) =>
      leases.every((lease) =>
        lease.bootId === bootId || lease.gate === "closed" ||
        lease.appliedPosition >= position || hasEnded(lease)
      ),

    get anyWaiting() {
      return [...seen.values()].some(({ gate }) => gate !== "open");
    },

    get any() {
      return seen.size > 0;
    },

    ended: () =>
      [...seen.values()].filter(hasEnded)
        .map(({ bootId, renewal }) => ({ bootId, renewal })),
  };
}
