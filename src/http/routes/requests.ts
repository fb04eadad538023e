/**
 * Request and reply over events.
 *
 * @module
 */
import { z } from "zod";
import { formatEvent } from "../../../domain/event/envelope.ts";
import { InvalidInput } from "../../../domain/invalid_input.ts";
import {
  MAX_PENDING,
  type RequestReply,
} from "../../services/request_reply.ts";
import { requireStillGood } from "../identity.ts";
import { type Route, route } from "../route.ts";
import { DELIVERED, PUBLISHED, REQUESTED } from "./event_examples.ts";
import { DeliveredEvent } from "./event_schemas.ts";
import { refusalOf } from "./publish_schemas.ts";

/** Milliseconds that an answer is waited for when nothing is said. */
const DEFAULT_TIMEOUT_MS = 5_000;

const EventRequest = z.strictObject({
  event_type: z.string().meta({ description: "A durable channel." }),
  data: z.unknown().meta({
    override: { type: "object" },
    description: "As the channel has it.",
  }),
  key: z.string().optional(),
  id: z.string().optional().meta({
    description: "A UUID: asking again with it asks the same question.",
    format: "uuid",
  }),
  reply_to: z.string().optional().meta({
    description: "Pattern of the channels that a reply counts on; any.",
  }),
  timeout_ms: z.int().min(1).max(60_000).default(DEFAULT_TIMEOUT_MS),
}).meta({ id: "EventRequest", example: REQUESTED });

const EventReply = z.object({
  id: z.uuid().meta({ description: "The id of the request." }),
  position: z.int().meta({ description: "Its place in the log." }),
  duplicate: z.boolean().meta({
    description: "Whether it had been asked before.",
  }),
  reply: DeliveredEvent,
}).meta({
  id: "EventReply",
  example: {
    id: REQUESTED.id,
    position: PUBLISHED.position - 1,
    duplicate: false,
    reply: {
      ...DELIVERED,
      metadata: { ...DELIVERED.metadata, correlation_id: REQUESTED.id },
    },
  },
});

/** The route of requests. */
export function requestRoutes(requests: RequestReply): readonly Route[] {
  return [
    route({
      method: "POST",
      path: "/api/v1/events/request",
      id: "requestReply",
      summary: "Ask by an event, and wait for the event that answers",
      description:
        "Publishes a durable event whose `metadata.correlation_id` is its own " +
        "id, and whose `metadata.expires_at` is when `timeout_ms` is over, as " +
        "it was first asked: who would reply knows that it is too late. " +
        "The reply is the first event after it that names that id as its " +
        "`metadata.correlation_id`. 504 when none came in time; the request " +
        "stays in the log: asking again with its `id` goes on waiting, and " +
        "gives the same reply to everybody, however late it came. 503 with " +
        `\`Retry-After\` when ${MAX_PENDING} requests wait already.`,
      tags: ["Events"],
      request: {
        headers: z.object({ traceparent: z.string().optional() }),
        body: EventRequest,
      },
      responses: { 200: { description: "The reply.", schema: EventReply } },
      errors: [409, 410, 501, 503, 504, 507],
      handle: async ({ body, headers, caller, signal }) => {
        const { timeout_ms, ...question } = body;
        try {
          const { reply, epoch, ...asked } = await requests.ask(
            question,
            timeout_ms,
            caller,
            headers.traceparent,
            signal,
          );
          requireStillGood(caller);
          const head = JSON.stringify(asked).slice(0, -1);
          const event = formatEvent(reply, epoch, "envelope");
          return { status: 200, text: `${head},"reply":${event}}` };
        } catch (error) {
          throw error instanceof InvalidInput ? refusalOf(error) : error;
        }
      },
    }),
  ];
}
