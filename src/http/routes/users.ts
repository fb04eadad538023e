/**
 * Users, as administrators see them.
 *
 * @module
 */
import { z } from "zod";
import { parseUserId } from "../../../domain/user_id.ts";
import type { UserErasure } from "../../services/user_erasure.ts";
import { type Route, route } from "../route.ts";
import { textReadBy } from "../schemas.ts";

/** What an erasure leaves where it is, and why. */
const KEPT = [
  "orders, fills, positions and days of trading: records of the business",
  "order numbers: none may come twice",
  "events that name the user: until retention drops them",
  "paper runs: for a day at most, in the memory of the instance that was asked",
  "this call: in the audit",
];

const Erased = z.object({
  user: z.string(),
  erased: z.object({
    documents: z.int().meta({ description: "Documents of settings." }),
    revisions: z.int().meta({
      description: "What they had been, the removals included.",
    }),
    order_intents: z.int().meta({
      description: "Kept answers to idempotency keys, chains and orders.",
    }),
    api_keys: z.int().meta({ description: "Keys that were revoked." }),
  }),
  open: z.object({ orders: z.int(), positions: z.int() }).meta({
    description: "What was open; above 0 only with `force`.",
  }),
  kept: z.array(z.string()).meta({ description: "What stays, and why." }),
}).meta({
  id: "ErasedUser",
  example: {
    user: "42",
    erased: { documents: 8, revisions: 21, order_intents: 3, api_keys: 1 },
    open: { orders: 0, positions: 0 },
    kept: KEPT,
  },
});

const flag = z.enum(["true", "false"]).transform((text) => text === "true");

/** The routes of users. */
export function userRoutes(erasure: UserErasure): readonly Route[] {
  return [
    route({
      method: "DELETE",
      path: "/api/admin/users/{user}",
      id: "eraseUser",
      summary: "Erase a user",
      description:
        "Removes settings and their history, kept answers to idempotency " +
        "keys, and the user's API keys. Once it is answered, no instance gives " +
        "an old value: a read gives what a new user gets. Refused while orders " +
        "or positions are open, unless `force` is true. Calling again does no " +
        "harm, and goes on where a call was interrupted.",
      tags: ["Administration"],
      request: {
        params: z.strictObject({ user: textReadBy(parseUserId) }),
        query: z.strictObject({
          force: flag.default(false).meta({
            description: "Whether to erase although something is open.",
          }),
        }),
      },
      responses: { 200: { description: "What is gone.", schema: Erased } },
      errors: [409, 503, 504],
      handle: async (
        { params: { user }, query: { force }, caller, signal },
      ) => {
        const { actor } = caller;
        const { documents, revisions, intents, apiKeys, open } = await erasure
          .erase(user, { actor, force }, signal);
        return {
          status: 200,
          json: {
            user,
            erased: {
              documents,
              revisions,
              order_intents: intents,
              api_keys: apiKeys,
            },
            open,
            kept: KEPT,
          },
        };
      },
    }),
  ];
}
