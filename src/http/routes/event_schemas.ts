/**
 * What is asked when events are read or followed, and what is answered.
 *
 * @module
 */
import { z } from "zod";
import { parseChannelPatterns } from "../../../domain/event/channel_pattern.ts";
import { EVENT_FORMS } from "../../../domain/event/envelope.ts";
import { parseResumeToken } from "../../../domain/event/event.ts";
import { InvalidInput } from "../../../domain/invalid_input.ts";
import { MAX_EVENT_PAGE } from "../../../ports/event_bus.ts";
import type { EventStart } from "../../services/event_streams.ts";
import { DELIVERED, DELIVERED_CLOUD_EVENT, EPOCH } from "./event_examples.ts";
import { Instant, queryInteger, textReadBy } from "../schemas.ts";

/** Most channel patterns of one request. */
export const MAX_PATTERNS = 64;

/** An event as it is delivered. */
export const DeliveredEvent = z.looseObject({
  id: z.uuid(),
  event_type: z.string(),
  timestamp: z.iso.datetime({ offset: true }),
  data: z.record(z.string(), z.unknown()),
  metadata: z.object({
    position: z.int(),
    epoch: z.string(),
    committed_at: Instant,
    key: z.string().optional(),
    source: z.string().optional(),
    user: z.string().optional(),
    traceparent: z.string().optional(),
    correlation_id: z.string().optional(),
    reply_to: z.string().optional(),
    expires_at: z.iso.datetime({ offset: true }).optional().meta({
      description: "Of a request: until when its reply is waited for.",
    }),
  }),
}).meta({ id: "Event", example: DELIVERED });

/** The flat form. */
const FlatEvent = z.looseObject({
  event_type: z.string(),
  timestamp: z.iso.datetime({ offset: true }),
}).meta({
  id: "FlatEvent",
  example: {
    event_type: DELIVERED.event_type,
    timestamp: DELIVERED.timestamp,
    ...DELIVERED.data,
  },
});

/** The form of CloudEvents. */
const CloudEvent = z.looseObject({
  specversion: z.literal("1.0"),
  id: z.uuid(),
  source: z.string(),
  type: z.string(),
  time: z.iso.datetime({ offset: true }),
  datacontenttype: z.literal("application/json"),
  position: z.string().optional(),
  epoch: z.string().optional(),
  committedat: Instant.optional(),
  data: z.record(z.string(), z.unknown()),
}).meta({ id: "CloudEvent", example: DELIVERED_CLOUD_EVENT });

/** Events in the batch format of CloudEvents. */
export const CloudEventBatch = z.array(CloudEvent).meta({
  id: "CloudEventBatch",
  example: [DELIVERED_CLOUD_EVENT],
});

/** A stretch of the log. */
export const EventList = z.object({
  events: z.union([
    z.array(DeliveredEvent),
    z.array(FlatEvent),
    z.array(CloudEvent),
  ]),
  next_after: z.int().meta({
    description:
      "Ask for events after this next; it may be above the last event.",
  }),
  resume_token: z.string().meta({
    description:
      "`next_after` with the epoch: as `after` it is refused when the log " +
      "has begun another life.",
  }),
  head: z.int().meta({ description: "Position of the newest event." }),
  earliest: z.int().meta({ description: "Position of the oldest event held." }),
  epoch: z.string(),
}).meta({
  id: "EventList",
  example: {
    events: [DELIVERED],
    next_after: 1207,
    resume_token: `${EPOCH}:1207`,
    head: 1207,
    earliest: 1,
    epoch: EPOCH,
  },
});

/** The last position that was read, in a query. */
export const After = textReadBy(parseAfter).meta({
  description: "The last position that was read: `1207` or `epoch:1207`.",
  example: "1207",
});

/** A time to begin at, in a query or a frame. */
export const FromTime = textReadBy(parseFromTime).meta({
  description: "ISO 8601 with a zone: events committed then or later.",
  example: "2026-01-02T21:00:00Z",
});

const Channels = z.array(z.string()).transform((texts, context) => {
  const patterns = texts.flatMap((text) => text.split(","));
  try {
    if (patterns.length <= MAX_PATTERNS) return parseChannelPatterns(patterns);
    context.addIssue(`must be at most ${MAX_PATTERNS} patterns`);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    context.addIssue(error.message);
  }
  return z.NEVER;
}).optional().meta({
  description:
    "Channels, several times or joined by commas: `*` stands for one word, " +
    "`>` at the end for the rest. All channels when absent.",
  override: { type: "array", items: { type: "string" } },
  example: ["signals.*"],
});

const FORM = z.enum(EVENT_FORMS).meta({
  description:
    "`flat` puts the data's fields beside `event_type`; `cloudevents` is " +
    "CloudEvents 1.0; `envelope` when absent.",
});

const Selection = z.strictObject({
  after: After.optional(),
  from_time: FromTime.optional(),
  channel: Channels,
  form: FORM.default("envelope"),
});

/** Where and what to follow. */
export const StreamQuery = Selection.superRefine(refuseTwoStarts);

/** Where and what to read. */
export const ReadQuery = Selection.extend({
  limit: queryInteger(1, MAX_EVENT_PAGE).optional().meta({
    description: "Most events to answer with; 100 when absent.",
  }),
  form: FORM.optional(),
}).superRefine(refuseTwoStarts);

/** What a client that was cut off sends. */
export const StreamHeaders = z.object({
  "Last-Event-ID": textReadBy((id) => id === "" ? undefined : parseAfter(id))
    .optional().meta({
      description:
        "The last id that came; goes before `after` and `from_time`.",
    }),
});

/** The start that a query names, if any. */
export function startOf(query: {
  readonly after?: EventStart | undefined;
  readonly from_time?: EventStart | undefined;
}): EventStart | undefined {
  return query.after ?? query.from_time;
}

/** Adds an issue where a start is named in two ways. */
export function refuseTwoStarts(
  query: { after?: unknown; from_time?: unknown },
  context: z.core.$RefinementCtx,
): void {
  if (query.after === undefined || query.from_time === undefined) return;
  context.addIssue({
    code: "custom",
    path: ["from_time"],
    message: "must not be given together with after",
  });
}

/**
 * Reads a position, alone or as `epoch:position`.
 *
 * @throws {InvalidInput} When it is neither.
 */
export function parseAfter(text: string): EventStart {
  if (/^\d{1,15}$/.test(text)) return { after: Number(text) };
  const token = parseResumeToken(text);
  if (token) return { after: token.position, epoch: token.epoch };
  throw new InvalidInput(
    `Cannot resume after ${
      JSON.stringify(text.slice(0, 100))
    } as it is neither a position nor epoch:position`,
  );
}

function parseFromTime(text: string): EventStart {
  // In a query, a plus that was not escaped arrives as a space.
  const time = text.replace(/ (?=\d\d:\d\d$)/, "+");
  if (!z.iso.datetime({ offset: true }).safeParse(time).success) {
    throw new InvalidInput(
      `Cannot read from ${
        JSON.stringify(text.slice(0, 64))
      } as it must be an ISO 8601 time with a zone, such as 2026-01-02T03:04:05Z`,
    );
  }
  return { fromTimeMs: Date.parse(time) };
}
