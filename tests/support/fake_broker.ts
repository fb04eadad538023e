/**
 * A venue that does what a test tells it to: it rejects, loses requests on the
 * way there or back, fills in parts, and says what cannot be.
 *
 * @module
 */
import { type Decimal, parseDecimal } from "../../domain/decimal.ts";
import {
  applyTrade,
  averageEntry,
  noPosition,
} from "../../domain/order/position.ts";
import { differingTerms } from "../../domain/order/order_intent.ts";
import { parseUserId, type UserId } from "../../domain/user_id.ts";
import type {
  Broker,
  BrokerFill,
  BrokerOrder,
  BrokerPosition,
  BrokerReport,
} from "../../ports/broker.ts";
import type { Clock } from "../../ports/clock.ts";
import { PortError } from "../../ports/port_error.ts";

/**
 * What becomes of the next request to take an order.
 *
 * - `fill`: taken and filled at `price`.
 * - `reject`: an answer.
 * - `lost`: it never arrives, and nobody knows.
 * - `deaf`: it arrives, its answer does not.
 * - `late`: it arrives when the test lets it (`arrive`); nobody knows.
 * - `away`: surely not sent.
 * - `hang`: no answer, ever.
 */
export type Behaviour =
  | "take"
  | "fill"
  | "reject"
  | "lost"
  | "deaf"
  | "late"
  | "away"
  | "hang"
  | { readonly retryAfterMs: number };

/** A venue under the eyes of a test. */
export interface FakeBroker extends Broker {
  /** Every request to take an order, in turn, whatever became of it. */
  readonly requests: readonly BrokerOrder[];
  /** How often the venue has begun an order with that id; 2 is a disaster. */
  timesTaken(id: string): number;
  /** What becomes of the next requests, in turn; they are taken when absent. */
  script(...behaviours: Behaviour[]): void;
  /** Lets late requests arrive. */
  arrive(): void;
  /** Fills a part of an order. */
  fill(id: string, qty: string, price?: string, commission?: string): void;
  /** Ends an order. */
  end(
    id: string,
    status: "canceled" | "expired" | "rejected",
    reason?: string,
  ): void;
  /** Takes an order that no gateway has sent. */
  place(order: BrokerOrder): void;
  /** Forgets an order. */
  forget(id: string): void;
  /** Changes what is told of orders; nothing when absent. */
  lie(edit?: (report: BrokerReport) => BrokerReport): void;
  /** Whether questions are not answered, and how. */
  silence: "unavailable" | "timeout" | undefined;
  /** Says that an order may have changed. */
  hint(id: string): void;
  /** Times that somebody has asked. */
  asked: number;
}

interface Held {
  readonly order: BrokerOrder;
  readonly brokerId: string;
  status: BrokerReport["status"];
  fills: BrokerFill[];
  reason?: string;
}

/**
 * Opens a venue that takes everything and fills nothing by itself. It knows ids
 * of open orders only: one that comes again after its order is over is a new
 * order.
 */
export function createFakeBroker(
  clock: Pick<Clock, "now">,
  { inFlightMs = 5000, user: account = "ann", price = "100" } = {},
): FakeBroker {
  const user = parseUserId(account);
  const orders = new Map<string, Held>();
  /** Orders that are over, and whose id another one has now. */
  const past: Held[] = [];
  const requests: BrokerOrder[] = [];
  const taken = new Map<string, number>();
  const late: BrokerOrder[] = [];
  const listeners = new Set<(user: UserId, id: string) => void>();
  let behaviours: Behaviour[] = [];
  let edit = (report: BrokerReport): BrokerReport => report;
  let count = 0;

  function keyOf(user: UserId, id: string): string {
    return `${user} ${id}`;
  }

  function held(id: string): Held {
    return orders.get(keyOf(user, id)) ??
      [...orders.values()].find((one) => one.order.id === id)!;
  }

  function take(order: BrokerOrder): Held {
    const key = keyOf(order.user, order.id);
    const before = orders.get(key);
    if (before?.status === "open") return before;
    if (before) past.push(before);
    taken.set(order.id, (taken.get(order.id) ?? 0) + 1);
    const one: Held = {
      order,
      brokerId: `b-${++count}`,
      status: "open",
      fills: [],
    };
    orders.set(key, one);
    return one;
  }

  function fill(one: Held, qty: Decimal, at: Decimal, commission = 0n): void {
    one.fills = [...one.fills, {
      id: `f-${++count}`,
      qty,
      price: at,
      commission,
      at: clock.now(),
    }];
    const total = one.fills.reduce((sum, { qty }) => sum + qty, 0n);
    if (total >= one.order.qty) one.status = "filled";
  }

  function tell(
    { order, brokerId, status, fills, reason }: Held,
  ): BrokerReport {
    const because = reason === undefined ? {} : { reason };
    return edit({ order, brokerId, status, fills, ...because });
  }

  function ask(): void {
    broker.asked++;
    if (!broker.silence) return;
    throw new PortError(broker.silence, "Cannot ask as the venue is silent");
  }

  const lost = () => {
    throw new PortError("timeout", "Cannot tell as no answer came in time");
  };

  const broker: FakeBroker = {
    name: "fake",
    inFlightMs,
    requests,
    silence: undefined,
    asked: 0,
    timesTaken: (id) => taken.get(id) ?? 0,
    script: (...next) => void (behaviours = [...behaviours, ...next]),
    arrive: () => late.splice(0).forEach(take),
    fill(id, qty, at = price, commission = "0") {
      const [units, each, fee] = [qty, at, commission].map(parseDecimal);
      fill(held(id), units!, each!, fee);
    },
    end: (id, status, reason) =>
      void Object.assign(held(id), { status, reason }),
    place: (order) => void take(order),
    forget: (id) => void orders.delete(keyOf(held(id).order.user, id)),
    lie: (next = (report) => report) => void (edit = next),
    hint: (id) => listeners.forEach((listener) => listener(user, id)),

    async submit(order) {
      requests.push(order);
      const behaviour = behaviours.shift() ?? "take";
      if (behaviour === "hang") return await new Promise(() => {});
      if (behaviour === "away") {
        throw new PortError("unavailable", "Cannot reach the venue");
      }
      if (typeof behaviour === "object") {
        throw new PortError("unavailable", "Cannot send one more now", {
          facts: { ...behaviour },
        });
      }
      if (behaviour === "late") late.push(order);
      if (behaviour === "lost" || behaviour === "late") return lost();
      const before = orders.get(keyOf(order.user, order.id));
      const isThere = before?.status === "open";
      if (isThere && differingTerms(before.order, order).length > 0) {
        throw new PortError("conflict", "Cannot take another order of that id");
      }
      const one = take(order);
      if (behaviour === "deaf") return lost();
      if (behaviour === "fill") fill(one, order.qty, parseDecimal(price)!);
      if (behaviour === "reject") {
        one.status = "rejected";
        one.reason = "Cannot take the order as its margin is too small";
      }
      return tell(one);
    },

    async cancel(user, id) {
      ask();
      const one = orders.get(keyOf(user, id));
      if (one?.status === "open") one.status = "canceled";
      return one && tell(one);
    },

    async find(user, id) {
      ask();
      const one = orders.get(keyOf(user, id));
      return one && tell(one);
    },

    async open(user) {
      ask();
      return [...orders.values()]
        .filter((one) => one.order.user === user && one.status === "open")
        .map(tell);
    },

    async positions(user) {
      ask();
      const held = new Map<string, BrokerPosition>();
      const positions = new Map<string, ReturnType<typeof noPosition>>();
      for (const { order, fills } of [...past, ...orders.values()]) {
        if (order.user !== user) continue;
        for (const one of fills) {
          const before = positions.get(order.symbol) ??
            noPosition(order.symbol);
          const trade = { side: order.side, ...one };
          positions.set(
            order.symbol,
            applyTrade(before, trade, one.at).position,
          );
        }
      }
      for (const [symbol, position] of positions) {
        if (position.qty === 0n) continue;
        held.set(symbol, {
          symbol: position.symbol,
          qty: position.qty,
          avgEntryPrice: averageEntry(position),
        });
      }
      return [...held.values()];
    },

    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    async [Symbol.asyncDispose]() {},
  };
  return broker;
}
