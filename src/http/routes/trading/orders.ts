/**
 * Orders and positions of the caller.
 *
 * @module
 */
import { z } from "zod";
import { InvalidInput } from "../../../../domain/invalid_input.ts";
import { ORDER_ID_PATTERN } from "../../../../domain/order/order_intent.ts";
import { isOver } from "../../../../domain/order/order_state.ts";
import { hasCode, PortError } from "../../../../ports/port_error.ts";
import type { ExecutionGateway } from "../../../apps/execution_gateway.ts";
import { RequestRefused } from "../../errors.ts";
import { type Route, route } from "../../route.ts";
import { queryInteger } from "../../schemas.ts";
import { nameLike } from "./inputs.ts";
import {
  OrderAnswer,
  OrderList,
  orderOf,
  OrderRequest,
  Positions,
  positionsOf,
  TAGS,
  wantedOf,
} from "./schemas.ts";

/** Orders of a page where nobody says how many. */
const DEFAULT_LIMIT = 100;

const MAX_LIMIT = 1000;

const OrderId = nameLike(ORDER_ID_PATTERN);

const OrderPath = z.strictObject({ client_order_id: OrderId });

const RepeatHeaders = z.object({
  "Idempotency-Replayed": z.enum(["true", "false"]).meta({
    description: "Whether the order was there before.",
  }),
});

const answer = (description: string) => ({
  description,
  schema: OrderAnswer,
  headers: RepeatHeaders,
});

/** The routes of orders and positions. */
export function orderEntryRoutes(
  gateway: Pick<
    ExecutionGateway,
    "submit" | "find" | "orders" | "cancel" | "positions"
  >,
): readonly Route[] {
  return [
    route({
      method: "POST",
      path: "/api/v1/orders",
      id: "submitOrder",
      summary: "Send an order",
      description:
        "An order is kept before it is sent, and sent at most once: the same " +
        "request again is answered with the order that is there, the same id " +
        "with another request is 409. One without an id that was denied is " +
        "checked again, and is a new order where that comes to something " +
        "else. Whether the checks here denied it, or " +
        "the venue rejected it, is its `status`.",
      tags: TAGS,
      request: { body: OrderRequest },
      responses: {
        200: answer("The order was there before."),
        201: answer("The order is new, and what has become of it is known."),
        202: answer(
          "The order is kept and not yet known to be at the venue: ask for it.",
        ),
      },
      errors: [404, 409, 422, 501, 503, 504, 507],
      // Whether the client waits or not: a repeat gets what came of it.
      handle: async ({ body, caller: { user } }) => {
        const entered = await named(gateway.submit(user, wantedOf(body)));
        const { order, isRepeat } = entered;
        const replayed: "true" | "false" = isRepeat ? "true" : "false";
        const answer = {
          headers: { "Idempotency-Replayed": replayed },
          json: body.client_order_id !== undefined && order.status === "denied"
            ? advised(orderOf(order))
            : orderOf(order),
        };
        if (order.status === "pending_new") return { status: 202, ...answer };
        return isRepeat
          ? { status: 200, ...answer }
          : { status: 201, ...answer };
      },
    }),

    route({
      method: "GET",
      path: "/api/v1/orders",
      id: "listOrders",
      summary: "Orders of the caller",
      description: "The newest first, by pages.",
      tags: TAGS,
      request: {
        query: z.strictObject({
          status: z.enum(["open", "all"]).default("all").meta({
            description: "`open`: only those that are not over.",
          }),
          limit: queryInteger(1, MAX_LIMIT).optional().meta({
            description: `Most orders; ${DEFAULT_LIMIT} when absent.`,
          }),
          after: OrderId.optional().meta({
            description: "Only older ones than the one of that id.",
          }),
        }),
      },
      responses: { 200: { description: "The orders.", schema: OrderList } },
      errors: [404, 422, 503, 504],
      handle: async ({ query, caller: { user }, signal }) => {
        const { limit = DEFAULT_LIMIT, after } = query;
        const isOpen = query.status === "open" ? true : undefined;
        const orders = await gateway.orders(
          user,
          { isOpen, after, limit },
          signal,
        );
        const next = orders.length < limit ? null : orders.at(-1)!.id;
        return { status: 200, json: { orders: orders.map(orderOf), next } };
      },
    }),

    route({
      method: "GET",
      path: "/api/v1/orders/{client_order_id}",
      id: "getOrder",
      summary: "What has become of an order",
      tags: TAGS,
      request: { params: OrderPath },
      responses: { 200: { description: "The order.", schema: OrderAnswer } },
      errors: [404, 422, 503, 504],
      handle: async ({ params, caller: { user }, signal }) => {
        const { client_order_id: id } = params;
        const order = await gateway.find(user, id, signal);
        if (order) return { status: 200, json: orderOf(order) };
        throw new PortError(
          "not_found",
          `Cannot show order ${id} as ${user} has none of that id`,
        );
      },
    }),

    route({
      method: "DELETE",
      path: "/api/v1/orders/{client_order_id}",
      id: "cancelOrder",
      summary: "Cancel an order",
      description: "One that is over stays as it is.",
      tags: TAGS,
      request: { params: OrderPath },
      responses: {
        200: { description: "The order, which is over.", schema: OrderAnswer },
        202: {
          description: "It is to be canceled; the venue has yet to say so.",
          schema: OrderAnswer,
        },
      },
      errors: [404, 422, 503, 504],
      handle: async ({ params, caller: { user } }) => {
        const order = await gateway.cancel(user, params.client_order_id);
        const json = orderOf(order);
        return isOver(order.status)
          ? { status: 200, json }
          : { status: 202, json };
      },
    }),

    route({
      method: "GET",
      path: "/api/v1/positions",
      id: "getPositions",
      summary: "What the caller holds, and has earned",
      tags: TAGS,
      responses: { 200: { description: "By symbol.", schema: Positions } },
      errors: [422, 503, 504],
      handle: async ({ caller: { user }, signal }) => ({
        status: 200,
        json: positionsOf(await gateway.positions(user, signal)),
      }),
    }),
  ];
}

/** The same id is answered with the same order, even where it was denied. */
function advised(order: z.output<typeof OrderAnswer>) {
  const advice = "to send it again give another client_order_id";
  return { ...order, message: `${order.message}; ${advice}` };
}

/** Tells with what is refused which part of the request it was. */
async function named<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof InvalidInput) {
      const errors = error.errors.map((fault) => ({
        path: `body.${fault.path}`,
        message: fault.message,
      }));
      throw new RequestRefused("invalid", message, { errors });
    }
    if (!hasCode(error, "conflict")) throw error;
    const { fields, values } = error.facts;
    if (!Array.isArray(fields) || !Array.isArray(values)) throw error;
    throw new RequestRefused("conflict", message, {
      errors: fields.map((field, i) => ({
        path: `body.${field}`,
        message: `must be as in the order of this id, which has ${values[i]}`,
      })),
    });
  }
}
