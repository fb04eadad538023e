/**
 * What the operator may look at and stop: kill switches, orders that are not
 * known here, the reconciliation with the venue.
 *
 * @module
 */
import { z } from "zod";
import { formatDecimal } from "../../../../domain/decimal.ts";
import { parseUserId } from "../../../../domain/user_id.ts";
import type { ExecutionGateway } from "../../../apps/execution_gateway.ts";
import type { KillSwitch } from "../../../apps/execution_gateway/kill_switches.ts";
import { type Route, route } from "../../route.ts";
import { Instant, instantOf, textReadBy } from "../../schemas.ts";

const TAGS = ["Administration"];

const UserInput = textReadBy(parseUserId);

const Switch = z.object({
  user: z.string().nullable().meta({
    description: "Whose orders it stops; null: everybody's.",
  }),
  engaged: z.boolean(),
  reason: z.string(),
  changed_by: z.string(),
  changed_at: Instant,
}).meta({
  id: "KillSwitch",
  example: {
    user: null,
    engaged: true,
    reason: "the feed is wrong",
    changed_by: "default",
    changed_at: "2025-06-30T20:00:00.000Z",
  },
});

const Switches = z.object({
  engaged: z.boolean().meta({ description: "Whether everybody is stopped." }),
  global: Switch.nullable().meta({
    description: "The switch for everybody; null when it was never turned.",
  }),
  users: z.array(Switch).meta({ description: "Users who are stopped." }),
}).meta({
  id: "KillSwitches",
  example: { engaged: false, global: null, users: [] },
});

const Orphans = z.object({
  orphans: z.array(z.object({
    user: z.string(),
    id: z.string().meta({ description: "What the venue calls it." }),
    client_order_id: z.string(),
    symbol: z.string(),
    side: z.string(),
    qty: z.string(),
    reason: z.string(),
    found_at: Instant,
  })),
}).meta({
  id: "OrphanOrders",
  example: {
    orphans: [{
      user: "default",
      id: "paper-9",
      client_order_id: "by-hand-1",
      symbol: "SYNA",
      side: "buy",
      qty: "10",
      reason: "no order of that id is known",
      found_at: "2025-06-30T20:00:00.000Z",
    }],
  },
});

const Reconciliation = z.object({
  done: z.boolean().meta({
    description: "Whether everybody was looked at once.",
  }),
  done_at: Instant.nullable(),
  users: z.int(),
  open_orders: z.int(),
  differences: z.array(z.object({
    user: z.string(),
    symbol: z.string(),
    here: z.string().meta({ description: "Units by the fills known here." }),
    venue: z.string().meta({ description: "Units by the venue." }),
  })).meta({ description: "They are reported; nothing is changed." }),
  failures: z.array(z.object({ user: z.string(), reason: z.string() })).meta({
    description: "Users whose orders are refused, as they cannot be compared.",
  }),
}).meta({
  id: "Reconciliation",
  example: {
    done: true,
    done_at: "2025-06-30T20:00:00.000Z",
    users: 1,
    open_orders: 0,
    differences: [],
    failures: [],
  },
});

/** The routes by which the operator oversees trading. */
export function oversightRoutes(
  gateway: Pick<
    ExecutionGateway,
    "killSwitches" | "orphans" | "reconciliation"
  >,
): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/api/admin/kill-switch",
      id: "getKillSwitch",
      summary: "Whom trading is stopped for",
      tags: TAGS,
      responses: { 200: { description: "The switches.", schema: Switches } },
      errors: [503, 504],
      handle: async ({ signal }) => {
        const [global, users] = await Promise.all([
          gateway.killSwitches.everybody(signal),
          gateway.killSwitches.engaged(signal),
        ]);
        return {
          status: 200,
          json: {
            engaged: global?.isEngaged ?? false,
            global: global ? switchOf(global) : null,
            users: users.map(switchOf),
          },
        };
      },
    }),

    route({
      method: "PUT",
      path: "/api/admin/kill-switch",
      id: "putKillSwitch",
      summary: "Stop trading, or allow it again",
      description:
        "Orders that only reduce a position are taken all the same, and what " +
        "is open at the venue, or on its way there, is not held up: cancel it. " +
        "It outlasts restarts.",
      tags: TAGS,
      request: {
        body: z.strictObject({
          engaged: z.boolean(),
          reason: z.string().min(1).max(200),
          user: UserInput.optional().meta({
            description: "Whose orders; everybody's when absent.",
          }),
        }).meta({ example: { engaged: true, reason: "the feed is wrong" } }),
      },
      responses: { 200: { description: "The switch.", schema: Switch } },
      errors: [503, 504, 507],
      handle: async ({ body, caller }) => ({
        status: 200,
        json: switchOf(
          await gateway.killSwitches.turn({
            user: body.user,
            isEngaged: body.engaged,
            reason: body.reason,
            by: caller.actor,
          }),
        ),
      }),
    }),

    route({
      method: "GET",
      path: "/api/admin/orphan-orders",
      id: "listOrphanOrders",
      summary: "Orders at the venue that are not known here",
      description: "Their symbols are in quarantine for their users.",
      tags: TAGS,
      responses: { 200: { description: "The orders.", schema: Orphans } },
      errors: [503, 504],
      handle: async ({ signal }) => {
        const found = await gateway.orphans.list(undefined, signal);
        return {
          status: 200,
          json: {
            orphans: found.map((one) => ({
              user: one.user,
              id: one.id,
              client_order_id: one.orderId,
              symbol: one.symbol,
              side: one.side,
              qty: formatDecimal(one.qty),
              reason: one.reason,
              found_at: instantOf(one.foundAt),
            })),
          },
        };
      },
    }),

    route({
      method: "DELETE",
      path: "/api/admin/orphan-orders/{user}/{id}",
      id: "releaseOrphanOrder",
      summary: "Release an order from quarantine",
      description: "It does not come into quarantine again.",
      tags: TAGS,
      request: {
        params: z.strictObject({
          user: UserInput,
          id: z.string().min(1).max(256),
        }),
      },
      responses: { 204: { description: "It is released." } },
      errors: [404, 503, 504],
      handle: async ({ params: { user, id }, caller }) => {
        await gateway.orphans.release(user, id, caller.actor);
        return { status: 204, empty: true };
      },
    }),

    route({
      method: "GET",
      path: "/api/admin/reconciliation",
      id: "getReconciliation",
      summary: "How what is kept here compares with the venue",
      description: "What the last comparison of this instance has come to.",
      tags: TAGS,
      responses: {
        200: { description: "The comparison.", schema: Reconciliation },
      },
      errors: [],
      handle: () => {
        const report = gateway.reconciliation();
        const { doneAt, differences, failures } = report;
        return {
          status: 200,
          json: {
            done: report.isDone,
            done_at: doneAt === undefined ? null : instantOf(doneAt),
            users: report.users,
            open_orders: report.openOrders,
            differences: differences.map(({ user, symbol, here, venue }) => ({
              user,
              symbol,
              here: formatDecimal(here),
              venue: formatDecimal(venue),
            })),
            failures: failures.map(({ user, reason }) => ({ user, reason })),
          },
        };
      },
    }),
  ];
}

function switchOf({ user, isEngaged, reason, by, at }: KillSwitch) {
  return {
    user: user ?? null,
    engaged: isEngaged,
    reason,
    changed_by: by,
    changed_at: instantOf(at),
  };
}
