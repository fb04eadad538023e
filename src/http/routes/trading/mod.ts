/**
 * All routes of trading.
 *
 * @module
 */
import type { ExecutionGateway } from "../../../apps/execution_gateway.ts";
import type { Route } from "../../route.ts";
import { orderEntryRoutes } from "./orders.ts";
import { oversightRoutes } from "./oversight.ts";

/** Every route of trading, in the order of the reference page. */
export function tradingRoutes(gateway: ExecutionGateway): readonly Route[] {
  return [...orderEntryRoutes(gateway), ...oversightRoutes(gateway)];
}
