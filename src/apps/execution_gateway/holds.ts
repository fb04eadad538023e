/**
 * Who may send an order, among instances whose clocks differ.
 *
 * Whoever keeps an order, or takes it over, may begin to send it for a lease
 * from then on, by his own monotonic clock. Others may take it over once they
 * have seen its row unchanged, each by his own monotonic clock, for the lease
 * and the time that a request can be under way, and a tenth more, as clocks
 * run at different speeds. No moment of one clock is held against another.
 *
 * @module
 */
import type { OrderRecord } from "../../../domain/order/order_record.ts";
import { type GatewayParts, LEASE_MS } from "./parts.ts";
import type { Kept } from "./rows.ts";

/** Orders that are watched; of more the first ones are watched anew. */
const MAX_WATCHED = 100_000;

/** The share of its holder's span that others wait longer for an order. */
const MARGIN = 0.1;

/** The right to send an order, once its row tells of it. */
export interface Hold {
  /** What the row is to tell. */
  readonly fields: Pick<OrderRecord, "heldBy" | "heldMs">;
  /** Until when it is there, on this instance's monotonic clock. */
  readonly until: number;
}

/** Tells who may send an order. */
export interface Holds {
  /** Takes the right to send an order that is then written. */
  take(): Hold;

  /** Whether a right is there still. */
  isThere(hold: Hold): boolean;

  /**
   * Notes that this instance, which held an order, has left it as `kept`, and
   * has sent nothing after `since` on its monotonic clock.
   */
  leave(kept: Kept<OrderRecord>, since: number): void;

  /** Whether nobody else may send `kept`, and nothing of it is under way. */
  isFree(kept: Kept<OrderRecord>): boolean;

  /**
   * How old an order is, in milliseconds: by wall time, and at least as long as
   * this instance has watched it, as wall time may jump.
   */
  ageOf(order: OrderRecord): number;

  /** Ends the watch over an order. */
  forget(order: OrderRecord): void;
}

/** What this instance has seen of an order. */
interface Watch {
  readonly version: number;
  /** Since when it is of that version, and nothing was sent by its holder. */
  readonly since: number;
  /** Whether this instance was the holder. */
  readonly isOwn: boolean;
  /** When the order was first seen. */
  readonly first: number;
}

/** Creates it. */
export function createHolds(parts: GatewayParts): Holds {
  const { broker, clock, instance, leaseMs = LEASE_MS } = parts;
  const spanMs = leaseMs + broker.inFlightMs;
  const watched = new Map<string, Watch>();

  function watch(
    { value, version }: Kept<OrderRecord>,
    since: number,
    isOwn: boolean,
  ): Watch {
    const name = nameOf(value);
    const first = watched.get(name)?.first ?? since;
    const one = { version, since, isOwn, first };
    watched.set(name, one);
    if (watched.size > MAX_WATCHED) {
      watched.delete(watched.keys().next().value!);
    }
    return one;
  }

  return {
    take: () => ({
      fields: { heldBy: instance, heldMs: spanMs },
      until: clock.monotonic() + leaseMs,
    }),

    isThere: ({ until }) => clock.monotonic() <= until,

    leave: (kept, since) => void watch(kept, since, true),

    isFree(kept) {
      const now = clock.monotonic();
      const seen = watched.get(nameOf(kept.value));
      const { since, isOwn } = seen?.version === kept.version
        ? seen
        : watch(kept, now, false);
      const heldMs = kept.value.heldMs ?? spanMs;
      return now - since >= heldMs + (isOwn ? 0 : heldMs * MARGIN);
    },

    ageOf(order) {
      const seen = watched.get(nameOf(order));
      const watchedMs = seen ? clock.monotonic() - seen.first : 0;
      return Math.max(clock.now() - order.createdAt, watchedMs);
    },

    forget: (order) => void watched.delete(nameOf(order)),
  };
}

const nameOf = ({ user, id }: OrderRecord) => `${user} ${id}`;
