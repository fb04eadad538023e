/**
 * Decisions of the autopilot, made when they are asked for.
 *
 * @module
 */
import { z } from "zod";
import { parseUserId } from "../../../domain/user_id.ts";
import type { Autopilot } from "../../apps/autopilot.ts";
import { subjectOf } from "../identity.ts";
import { type Route, route } from "../route.ts";
import { SymbolInput, textReadBy } from "../schemas.ts";
import { bodyOf, DecisionBody } from "./decision_schemas.ts";

/** The routes of decisions. */
export function decisionRoutes(
  autopilot: Pick<Autopilot, "decide">,
): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/api/futures/ginie/decision",
      id: "getDecision",
      summary: "What the autopilot would do now on a symbol, and why",
      description:
        "Decides as a cycle of the autopilot does, from the newest settings, trades and bars, and publishes nothing.",
      tags: ["Autopilot"],
      request: {
        query: z.strictObject({
          symbol: SymbolInput,
          user: textReadBy(parseUserId).optional().meta({
            description: "For whom; the caller when absent.",
            example: "default",
          }),
        }),
      },
      responses: {
        200: { description: "The decision.", schema: DecisionBody },
      },
      errors: [403, 404, 503],
      handle: async ({ query, caller, signal }) => {
        const user = subjectOf(caller, query.user);
        const decision = await autopilot.decide(user, query.symbol, signal);
        return { status: 200, json: bodyOf(decision) };
      },
    }),
  ];
}
