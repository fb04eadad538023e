/**
 * Order numbers.
 *
 * @module
 */
import { z } from "zod";
import { MAX_SEQUENCE_COUNT, sequenceDayAt } from "../../../domain/sequence.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { SequencePort } from "../../../ports/sequence_port.ts";
import { type Route, route } from "../route.ts";
import { DayInput } from "../schemas.ts";

const SequenceRequest = z.strictObject({
  day: DayInput.optional().meta({
    description: "Day of the series, `YYYYMMDD`; today in UTC when absent.",
  }),
  count: z.int().min(1).max(MAX_SEQUENCE_COUNT).optional().meta({
    description: "How many numbers; 1 when absent.",
  }),
}).meta({ id: "SequenceRequest", example: { day: "20250630", count: 3 } });

const SequenceRange = z.object({
  user_id: z.string(),
  day: z.string(),
  first: z.int().meta({ description: "The lowest number issued." }),
  last: z.int().meta({ description: "The highest number issued." }),
}).meta({
  id: "SequenceRange",
  example: { user_id: "default", day: "20250630", first: 1, last: 3 },
});

/** The routes that issue order numbers. */
export function orderRoutes(
  sequences: SequencePort,
  clock: Clock,
): readonly Route[] {
  return [
    route({
      method: "POST",
      path: "/api/orders/sequence",
      id: "issueOrderNumbers",
      summary: "Issue order numbers",
      description:
        "Consecutive numbers of the caller's series of a day. None is ever " +
        "issued twice; a request that failed may have used numbers up.",
      tags: ["Orders"],
      request: { body: SequenceRequest },
      responses: {
        200: {
          description: "The numbers, all the caller's.",
          schema: SequenceRange,
        },
      },
      errors: [503, 504, 507],
      handle: async ({ body, caller: { user } }) => {
        const day = body.day ?? sequenceDayAt(clock.now());
        const { first, last } = await sequences.next(user, day, body.count);
        return { status: 200, json: { user_id: user, day, first, last } };
      },
    }),
  ];
}
