/**
 * Whether the venue answers, and how many orders nobody knows the fate of while
 * it does not.
 *
 * @module
 */
import type { Order } from "../../../domain/order/order.ts";
import { rowsOf } from "../../../ports/ledger_rows.ts";
import type { Broker } from "../../../ports/broker.ts";
import { isTransient, PortError } from "../../../ports/port_error.ts";
import type { GatewayParts } from "./parts.ts";
import { orderOf } from "./rows.ts";

/** Watches the venue. */
export interface VenueWatch {
  /** The venue, each of whose answers is noted. */
  readonly broker: Broker;

  /** Notes how an order stands. */
  note(order: Pick<Order, "user" | "id" | "status">): void;

  /**
   * Counts orders in doubt anew, those of other instances too; while the venue
   * answers there is no need to.
   *
   * @throws {PortError} As `TradeLedger.list`.
   */
  count(signal?: AbortSignal): Promise<void>;

  /** What cannot be done as the venue has not answered the last request. */
  fault(): string | undefined;
}

/** Creates the watch over `parts.broker`. */
export function watchVenue(
  { broker, ledger, clock }: Pick<GatewayParts, "broker" | "ledger" | "clock">,
): VenueWatch {
  let isAway = false;
  /** On the monotonic clock. */
  let answeredAt: number | undefined;
  let inDoubt = new Set<string>();

  function answered(): void {
    isAway = false;
    answeredAt = clock.monotonic();
    inDoubt.clear();
  }

  async function noting<T>(call: Promise<T>): Promise<T> {
    try {
      const answer = await call;
      answered();
      return answer;
    } catch (error) {
      // Who turns requests away is there; who has stopped waiting knows nothing.
      const isSilent = isTransient(error) && !isTurnedAway(error);
      if (isSilent) isAway = true;
      else if (error instanceof PortError && error.code !== "closed") {
        answered();
      }
      throw error;
    }
  }

  return {
    broker: {
      name: broker.name,
      inFlightMs: broker.inFlightMs,
      submit: (...call) => noting(broker.submit(...call)),
      cancel: (...call) => noting(broker.cancel(...call)),
      find: (...call) => noting(broker.find(...call)),
      open: (...call) => noting(broker.open(...call)),
      positions: (...call) => noting(broker.positions(...call)),
      onChange: (listener) => broker.onChange(listener),
      [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
    },

    note(order) {
      if (order.status === "pending_new") inDoubt.add(nameOf(order));
      else inDoubt.delete(nameOf(order));
    },

    async count(signal) {
      if (!isAway) return;
      const found = new Set<string>();
      const query = { kind: "order", isOpen: true };
      for await (const row of rowsOf(ledger, query, signal)) {
        const { value } = orderOf(row)!;
        if (value.status === "pending_new") found.add(nameOf(value));
      }
      inDoubt = found;
    },

    fault() {
      if (!isAway) return undefined;
      const last = answeredAt === undefined
        ? "it has not answered yet"
        : `its last answer is ${
          Math.round((clock.monotonic() - answeredAt) / 1000)
        } s old`;
      const { size } = inDoubt;
      const doubt = `${size} ${
        size === 1 ? "order is" : "orders are"
      } in doubt`;
      return `Cannot reach the venue ${broker.name} as it does not answer: ` +
        `${doubt}, ${last}`;
    },
  };
}

function isTurnedAway(error: unknown): boolean {
  return error instanceof PortError && Number(error.facts["retryAfterMs"]) > 0;
}

const nameOf = ({ user, id }: Pick<Order, "user" | "id">) => `${user} ${id}`;
