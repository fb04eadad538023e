/**
 * The audit of administration.
 *
 * @module
 */
import { z } from "zod";
import { type AuditRecord, MAX_AUDIT_PAGE } from "../../../ports/audit_log.ts";
import type { AdminAudit } from "../../services/admin_audit.ts";
import { type Route, route } from "../route.ts";
import { Instant, instantOf, queryInteger } from "../schemas.ts";

const Call = z.object({
  id: z.int().meta({ description: "They rise, perhaps with gaps." }),
  at: Instant,
  actor: z.string().meta({
    description: "The id of the API key; a user where there are no keys.",
  }),
  user: z.string().meta({ description: "For whom." }),
  operation: z.string(),
  method: z.string(),
  path: z.string(),
  request_id: z.string(),
  status: z.int().nullable().meta({
    description: "What was answered; null while it is not, or where nobody " +
      "could note it, as after a crash.",
  }),
}).meta({ id: "AdminCall" });

const Audit = z.object({
  calls: z.array(Call),
  next_after: z.int().meta({
    description: "Give it as `after` to read on.",
  }),
}).meta({
  id: "AdminAudit",
  example: {
    calls: [{
      id: 7,
      at: "2025-06-30T20:00:00.000Z",
      actor: "k7m2p9q4w1xz",
      user: "default",
      operation: "putKillSwitch",
      method: "PUT",
      path: "/api/admin/kill-switch",
      request_id: "018f3c7e-7c1a-7000-8000-000000000001",
      status: 200,
    }],
    next_after: 7,
  },
});

/** The routes of the audit. */
export function auditRoutes(audit: Pick<AdminAudit, "list">): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/api/admin/audit",
      id: "listAdminCalls",
      summary: "What administrators have changed",
      description:
        "Every call that only administrators may make and that changes " +
        "something, the oldest first, from before it took effect: one that " +
        "could not be noted was refused. Bodies and queries are not kept.",
      tags: ["Administration"],
      request: {
        query: z.strictObject({
          after: queryInteger(0, Number.MAX_SAFE_INTEGER).default(0).meta({
            description: "Only calls with higher ids.",
          }),
          limit: queryInteger(1, MAX_AUDIT_PAGE).default(100),
        }),
      },
      responses: { 200: { description: "The calls.", schema: Audit } },
      errors: [503, 504],
      handle: async ({ query, signal }) => {
        const calls = await audit.list(query, signal);
        return {
          status: 200,
          json: {
            calls: calls.map(callOf),
            next_after: calls.at(-1)?.id ?? query.after,
          },
        };
      },
    }),
  ];
}

function callOf({ at, requestId, status, ...call }: AuditRecord) {
  return {
    ...call,
    at: instantOf(at),
    request_id: requestId,
    status: status ?? null,
  };
}
