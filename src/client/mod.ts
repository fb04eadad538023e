/**
 * The client of Holdfast for TypeScript and JavaScript: Deno, Node 20 or newer,
 * and browsers. It needs nothing but `fetch`.
 *
 * @example
 * ```ts
 * import { createHoldfast } from "@holdfast/client";
 *
 * const holdfast = createHoldfast({ url: "http://127.0.0.1:8080" });
 * const { value, etag } = await holdfast.settings.get("scalp");
 * for await (const item of holdfast.events.subscribe({ channels: ["orders.*"] })) {
 *   if (item.kind === "event") console.log(item.id, item.event.data);
 * }
 * ```
 *
 * @module
 */
export { createHoldfast, type Holdfast } from "./client.ts";
export type * from "./contract/events.ts";
export type * from "./contract/groups.ts";
export type * from "./contract/health.ts";
export type * from "./contract/mode_config.ts";
export type * from "./contract/orders.ts";
export type * from "./contract/parts.ts";
export type * from "./contract/scalp_reentry.ts";
export type * from "./contract/settings.ts";
export type * from "./contract/signals.ts";
export { type FailureFacts, HoldfastError } from "./errors.ts";
export type * from "./events.ts";
export type { FollowOptions, Gap, StreamState } from "./follow.ts";
export type * from "./groups.ts";
export type * from "./orders.ts";
export type * from "./settings.ts";
export type * from "./signals.ts";
export type { Surroundings } from "./surroundings.ts";
export type {
  CallOptions,
  HoldfastOptions,
  QueryValue,
  Question,
  Reply,
} from "./transport.ts";
