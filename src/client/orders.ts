/**
 * Orders, their ids and their numbers.
 *
 * @module
 */
import type {
  ClientOrderId,
  ClientOrderIdRequest,
  Order,
  OrderList,
  OrderRequest,
  Positions,
  SequenceRange,
  SequenceRequest,
} from "./contract/orders.ts";
import type { CallOptions, Question, Transport } from "./transport.ts";

/** An order as it is asked for: what the service has a default for may be left out. */
export type WantedOrder =
  & Omit<OrderRequest, "time_in_force" | "strategy_id" | "reduce_only">
  & Partial<OrderRequest>;

/** What keeps a repeat from being something new. */
export interface KeyedOptions extends CallOptions {
  /**
   * Names the request, 8 to 128 characters: with the same key the same answer
   * comes for 72 hours. Made when absent, which is enough for the repeats of
   * this call; give one to be able to ask again after a restart.
   */
  readonly idempotencyKey?: string | undefined;
}

/** Orders of the user. */
export interface OrdersClient {
  /**
   * Sends an order. With a `client_order_id` it is sent again while the service
   * is away, and is one order all the same; without, never.
   */
  submit(order: WantedOrder, options?: CallOptions): Promise<Order>;
  /** Shows an order. */
  get(clientOrderId: string, options?: CallOptions): Promise<Order>;
  /** Lists orders, the newest first. */
  list(
    options?: CallOptions & {
      readonly status?: "open" | "all" | undefined;
      readonly limit?: number | undefined;
      /** Only older ones than the one of that id. */
      readonly after?: string | undefined;
    },
  ): Promise<OrderList>;
  /** Cancels an order; it is never sent twice. */
  cancel(clientOrderId: string, options?: CallOptions): Promise<Order>;
  /** Shows what is held. */
  positions(options?: CallOptions): Promise<Positions>;
  /** Issues order numbers that nobody gets again; one of today when nothing is said. */
  numbers(
    wanted?: SequenceRequest,
    options?: KeyedOptions,
  ): Promise<SequenceRange>;
  /** Makes the id of a chain's order. */
  clientOrderId(
    wanted: ClientOrderIdRequest,
    options?: KeyedOptions,
  ): Promise<ClientOrderId>;
}

const ORDERS = "/api/v1/orders";

/** Creates what speaks of orders over `transport`. */
export function createOrdersClient(transport: Transport): OrdersClient {
  async function ask<T>(method: string, path: string, question: Question = {}) {
    return (await transport.call(method, path, question)).json as T;
  }

  function askOnce<T>(
    path: string,
    body: unknown,
    { idempotencyKey, ...options }: KeyedOptions = {},
  ): Promise<T> {
    const key = idempotencyKey ?? transport.surroundings.uuid();
    const headers = { "Idempotency-Key": key };
    return ask("POST", path, { ...options, body, headers, isRepeatable: true });
  }

  const pathOf = (id: string) => `${ORDERS}/${encodeURIComponent(id)}`;

  return {
    submit(order, options) {
      const isRepeatable = order.client_order_id !== undefined;
      const question = { ...options, body: order, isRepeatable };
      return ask("POST", ORDERS, question);
    },
    get: (id, options) => ask("GET", pathOf(id), options),
    list({ status, limit, after, ...options } = {}) {
      const query = { status, limit, after };
      return ask("GET", ORDERS, { ...options, query });
    },
    cancel: (id, options) => ask("DELETE", pathOf(id), options),
    positions: (options) => ask("GET", "/api/v1/positions", options),
    numbers: (wanted = {}, options) =>
      askOnce("/api/orders/sequence", wanted, options),
    clientOrderId: (wanted, options) =>
      askOnce("/api/orders/client-order-id", wanted, options),
  };
}
