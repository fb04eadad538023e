/**
 * What a caller must be allowed to do for each route: the one place that says.
 *
 * @module
 */
import type { ApiKeyScope } from "../../domain/api_key.ts";

/** What a route asks for; `open` is for everybody, and shows nobody's data. */
export type RouteScope = ApiKeyScope | "open";

/**
 * What everybody may see, with keys too: probes, what the service is, and the
 * files of the pages. A `*` stands for the rest of a path.
 */
export const OPEN: readonly string[] = [
  "/health/live",
  "/health/ready",
  "/health",
  "/openapi.json",
  "/docs",
  "/docs/*",
  "/asyncapi.json",
  "/",
  "/web/*",
];

/**
 * Where only who administers may call: members of a group take the events of
 * all users, and take them from one another.
 */
const ADMIN: readonly string[] = [
  "/api/admin/*",
  "/api/v1/events/groups*",
  "/api/v1/events/dead-letters*",
];

/** Where changes are to what all users share, which everybody may read. */
const SHARED: readonly string[] = ["/api/v1/features*", "/api/v1/model/*"];

/** Where changes move money, or use up what orders are numbered with. */
const TRADE: readonly string[] = [
  "/api/v1/orders*",
  "/api/orders/*",
  "/api/v1/orchestration/*",
];

/** Questions that are too long for a GET. */
const READ: readonly string[] = ["/api/v1/features/batch"];

/** What a caller must be allowed to do for `route`. */
export function scopeOf(
  { method, path, scope }: {
    readonly method: string;
    readonly path: string;
    readonly scope?: RouteScope;
  },
): RouteScope {
  if (scope !== undefined) return scope;
  if (method === "GET" && isAmong(OPEN, path)) return "open";
  if (isAmong(ADMIN, path)) return "admin";
  if (method === "GET" || isAmong(READ, path)) return "read";
  if (isAmong(SHARED, path)) return "admin";
  return isAmong(TRADE, path) ? "trade" : "write";
}

function isAmong(patterns: readonly string[], path: string): boolean {
  return patterns.some((pattern) =>
    pattern.endsWith("*")
      ? path.startsWith(pattern.slice(0, -1))
      : path === pattern
  );
}
