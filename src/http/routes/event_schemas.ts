/**
 * What event routes accept and answer.
 *
 * @module
 */
import { z } from "zod";
import { parseChannelPatterns } from "../../../domain/event/channel_pattern.ts";
import { EVENT_FORMS } from "../../../domain/event/envelope.ts";
import { parseResumeToken } from "../../../domain/event/event.ts";
import { MAX_PUBLISH_BATCH } from "../../../domain/event/publication.ts";
import type { Channel } from "../../../domain/event/channel.ts";
import {
  type ChannelRegistry,
  publishable,
} from "../../../domain/event/registry.ts";
import { InvalidInput } from "../../../domain/invalid_input.ts";
import { MAX_EVENT_PAGE } from "../../../ports/event_bus.ts";
import type { EventStart } from "../../services/event_streams.ts";
import { DELIVERED, EPOCH, examplesOf, PUBLISHED } from "./event_examples.ts";
import { Instant, queryInteger, textReadBy } from "../schemas.ts";

/** Most channel patterns of one request. */
const MAX_PATTERNS = 64;

/**
 * One event, or `{events: […]}`. All is let in here, and described as the
 * registry has it: `domain/event/publication.ts` reads it.
 */
export function publishBody(registry: ChannelRegistry) {
  const channels = publishable(registry);
  const examples = examplesOf(channels);
  const publication = z.unknown().meta({
    id: "Publication",
    description:
      "An event: an envelope, or flat, where the fields of `data` stand " +
      "beside `event_type` and `key` is one of them.",
    override: {
      anyOf: [...channels.map(envelopeSchema), {
        title: "flat",
        type: "object",
        required: ["event_type"],
        properties: FRAME,
      }],
    },
    examples,
  });
  const batch = z.object({
    events: z.array(publication).min(1).max(MAX_PUBLISH_BATCH),
  }).meta({
    id: "PublicationBatch",
    description: "Events that are committed together.",
    example: { events: examples },
  });
  return z.union([publication, batch]).meta({ example: examples[0] });
}

const SHORT_TEXT = { type: "string", minLength: 1, maxLength: 256 } as const;

/** What every event may have, whatever its channel. */
const FRAME = {
  event_type: { type: "string" },
  timestamp: {
    type: "string",
    format: "date-time",
    description: "When it happened, with a zone; now when absent.",
  },
  id: {
    type: "string",
    format: "uuid",
    description: "Made here when absent.",
  },
  metadata: {
    type: "object",
    properties: {
      source: SHORT_TEXT,
      user: SHORT_TEXT,
      traceparent: { type: "string" },
      correlation_id: SHORT_TEXT,
    },
  },
} as const;

function envelopeSchema({ name, summary, lane, schema }: Channel) {
  const data = z.toJSONSchema(schema, { io: "input" });
  delete data.$schema;
  return {
    title: name,
    description: `${summary} (${lane})`,
    type: "object" as const,
    required: ["event_type", "data"],
    properties: {
      ...FRAME,
      event_type: { const: name },
      key: SHORT_TEXT,
      data: data as Record<string, unknown>,
    },
  };
}

/** What became of one event. */
const Published = z.object({
  id: z.uuid(),
  lane: z.enum(["durable", "volatile"]).meta({
    description:
      "`volatile`: handed to whoever listens now, and not in the log.",
  }),
  position: z.int().optional().meta({
    description: "Durable: the place of the first event with this id.",
  }),
  duplicate: z.boolean().meta({
    description: "Whether this very event had been published before.",
  }),
  receivers: z.int().optional().meta({
    description: "Volatile: how many streams of this process it was handed to.",
  }),
  ignored: z.array(z.string()).optional().meta({
    description:
      "Members that were left out: an event has no room for them, or they " +
      "are not the publisher's to say, such as another `metadata.user`.",
  }),
}).meta({
  id: "PublishedEvent",
  example: PUBLISHED,
});

/** What became of several events. */
const PublishedBatch = z.object({
  results: z.array(Published).meta({ description: "In the order given." }),
}).meta({ id: "PublishedEvents", example: { results: [PUBLISHED] } });

/** What became of what was published. */
export const PublishedAny = z.union([Published, PublishedBatch]).meta({
  example: PUBLISHED,
});

/** An event as it is delivered. */
const DeliveredEvent = z.looseObject({
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

/** A stretch of the log. */
export const EventList = z.object({
  events: z.union([z.array(DeliveredEvent), z.array(FlatEvent)]),
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

const After = textReadBy(parseAfter).meta({
  description: "The last position that was read: `1207` or `epoch:1207`.",
  example: "1207",
});

const FromTime = textReadBy(parseFromTime).meta({
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

const Form = z.enum(EVENT_FORMS).default("envelope").meta({
  description: "`flat` puts the data's fields beside `event_type`.",
});

const Selection = z.strictObject({
  after: After.optional(),
  from_time: FromTime.optional(),
  channel: Channels,
  form: Form,
});

/** Where and what to follow. */
export const StreamQuery = Selection.superRefine(refuseTwoStarts);

/** Where and what to read. */
export const ReadQuery = Selection.extend({
  limit: queryInteger(1, MAX_EVENT_PAGE).optional().meta({
    description: "Most events to answer with; 100 when absent.",
  }),
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

function refuseTwoStarts(
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

function parseAfter(text: string): EventStart {
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
