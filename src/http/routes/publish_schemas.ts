/**
 * What is sent when events are published, and what is answered.
 *
 * @module
 */
import { z } from "zod";
import type { Channel } from "../../../domain/event/channel.ts";
import { MAX_PUBLISH_BATCH } from "../../../domain/event/publication.ts";
import {
  type ChannelRegistry,
  publishable,
} from "../../../domain/event/registry.ts";
import type { InvalidInput } from "../../../domain/invalid_input.ts";
import { RequestRefused } from "../errors.ts";
import { examplesOf, PUBLISHED } from "./event_examples.ts";

/**
 * One event, `{events: […]}` or a list. All is let in here, and described as the
 * registry has it: `domain/event/publication.ts` reads it.
 */
export function publishBody(registry: ChannelRegistry) {
  const channels = publishable(registry);
  const examples = examplesOf(channels);
  const publication = z.unknown().meta({
    id: "Publication",
    description:
      "An event: an envelope; or flat, where the fields of `data` stand " +
      "beside `event_type` and `key` is one of them; or a CloudEvent 1.0.",
    override: {
      anyOf: [...channels.map(envelopeSchema), {
        title: "flat",
        type: "object",
        required: ["event_type"],
        properties: FRAME,
      }, CLOUD_EVENT],
    },
    examples,
  });
  const batch = z.strictObject({
    events: z.array(publication).min(1).max(MAX_PUBLISH_BATCH),
  }).meta({
    id: "PublicationBatch",
    description: "Events that are committed together.",
    example: { events: examples },
  });
  const list = z.array(publication).min(1).max(MAX_PUBLISH_BATCH).meta({
    id: "PublicationList",
    description:
      "The same as a list, as the batch format of CloudEvents has it.",
    example: examples,
  });
  return z.union([publication, batch, list]).meta({ example: examples[0] });
}

const SHORT_TEXT = { type: "string", minLength: 1, maxLength: 256 } as const;

const EXPIRES_AT = {
  type: "string",
  format: "date-time",
  description: "Of a request: until when its reply is waited for.",
} as const;

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
      reply_to: SHORT_TEXT,
      expires_at: EXPIRES_AT,
    },
  },
} as const;

/** A CloudEvent, with the attributes that an event has room for. */
const CLOUD_EVENT = {
  title: "cloudevents",
  type: "object" as const,
  required: ["specversion", "source", "type", "data"],
  properties: {
    specversion: { const: "1.0" },
    id: {
      ...FRAME.id,
      description:
        "A UUID, where CloudEvents lets it be any text: others are " +
        "refused. Made here when absent.",
    },
    source: { type: "string" as const, format: "uri-reference" },
    type: { type: "string" as const, description: "The channel." },
    time: FRAME.timestamp,
    datacontenttype: { type: "string" as const },
    partitionkey: SHORT_TEXT,
    user: SHORT_TEXT,
    traceparent: { type: "string" as const },
    correlationid: SHORT_TEXT,
    replyto: SHORT_TEXT,
    expirytime: EXPIRES_AT,
    data: { type: "object" as const },
  },
};

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

/** Says of what was sent what is wrong with it. */
export function refusalOf(error: InvalidInput): RequestRefused {
  return new RequestRefused("invalid", error.message, {
    errors: error.errors.map(({ path, message }) => ({
      path: path === "" || path.startsWith("[")
        ? `body${path}`
        : `body.${path}`,
      message,
    })),
  });
}
