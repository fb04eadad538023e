/**
 * Which calls are kept in the audit of administration, and what is kept of
 * them.
 *
 * @module
 */
import type { AdminCall } from "../../ports/audit_log.ts";
import { withoutKeys } from "./errors.ts";
import type { Caller } from "./identity.ts";
import type { Route } from "./route.ts";
import { scopeOf } from "./scopes.ts";

/** What members of a group do thousands of times an hour; the group keeps it. */
const WORK_OF_MEMBERS = /^\/api\/v1\/events\/groups\/\{name\}\/(n?ack|extend)$/;

/** Whether calls of `route` are audited: those that only administrators may make, and that change something. */
export function isAudited(route: Route): boolean {
  return route.method !== "GET" && scopeOf(route) === "admin" &&
    !WORK_OF_MEMBERS.test(route.path);
}

/** What is kept of `call`: never its body, its headers, its query, or a key in its path. */
export function auditedCall(
  { id }: Pick<Route, "id">,
  { caller: { user, actor }, request: { method }, requestId }: {
    readonly caller: Caller;
    readonly request: Pick<Request, "method">;
    readonly requestId: string;
  },
  path: string,
): AdminCall {
  const shown = withoutKeys(path);
  return { actor, user, operation: id, method, path: shown, requestId };
}
