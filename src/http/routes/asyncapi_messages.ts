/**
 * Messages of the AsyncAPI document: events, and the frames of a WebSocket.
 *
 * @module
 */
import { z } from "zod";
import type { Channel } from "../../../domain/event/channel.ts";
import { USER_ID_PATTERN } from "../../../domain/user_id.ts";
import { DELIVERED, EPOCH, REQUESTED } from "./event_examples.ts";

/** A part of the document. */
export type Part = Readonly<Record<string, unknown>>;

const shortText = { type: "string", minLength: 1, maxLength: 256 } as const;

/** Facts about an event, as it is delivered. */
export const METADATA = {
  type: "object",
  properties: {
    position: {
      type: "integer",
      description: "Durable: its place in the log.",
    },
    epoch: { type: "string", description: "Durable: the life of the log." },
    committed_at: { type: "string", format: "date-time" },
    key: shortText,
    source: shortText,
    user: { type: "string", pattern: USER_ID_PATTERN },
    traceparent: { type: "string", description: "W3C trace context." },
    correlation_id: shortText,
    reply_to: shortText,
    expires_at: {
      type: "string",
      format: "date-time",
      description: "Of a request: until when its reply is waited for.",
    },
  },
} as const;

/** An event of a channel as an envelope. */
export function eventMessage(
  { name, summary, schema, example, key }: Channel,
): Part {
  const { $schema: _, ...data } = z.toJSONSchema(schema, {
    io: "input",
    target: "draft-7",
  });
  return {
    name,
    title: name,
    summary,
    contentType: "application/json",
    correlationId: ref("components/correlationIds/question"),
    payload: {
      type: "object",
      required: ["event_type", "data"],
      properties: {
        id: { type: "string", format: "uuid" },
        event_type: { const: name },
        timestamp: { type: "string", format: "date-time" },
        data,
        metadata: ref("components/schemas/Metadata"),
      },
    },
    examples: [{
      name: "envelope",
      payload: {
        id: DELIVERED.id,
        event_type: name,
        timestamp: DELIVERED.timestamp,
        data: example,
        metadata: { position: 1207, epoch: EPOCH, key: String(example[key]) },
      },
    }],
  };
}

/** The name of what `requestMessage` describes; in capitals, as no channel is. */
export const REQUEST = "HTTP.request";

/** Stands before the names of frames; in capitals, as no channel is. */
export const FRAME_PREFIX = "WS.";

/** A request, as it is posted. */
export function requestMessage(): Part {
  return {
    name: REQUEST,
    title: "request",
    contentType: "application/json",
    payload: {
      type: "object",
      required: ["event_type", "data"],
      properties: {
        event_type: { type: "string", description: "A durable channel." },
        data: { type: "object" },
        key: shortText,
        id: { type: "string", format: "uuid" },
        reply_to: { type: "string", description: "Pattern of channels." },
        timeout_ms: { type: "integer", minimum: 1, maximum: 60_000 },
      },
      additionalProperties: false,
    },
    examples: [{ name: "request", payload: REQUESTED }],
  };
}

/** What is said on a WebSocket. */
export function frameMessages(
  frames: Readonly<Record<string, z.ZodType>>,
): Part {
  return Object.fromEntries(
    Object.entries(frames).map(([name, schema]) => {
      const { $schema: _, ...payload } = z.toJSONSchema(schema, {
        io: "input",
        target: "draft-7",
      });
      return [FRAME_PREFIX + name, {
        name: FRAME_PREFIX + name,
        title: name,
        contentType: "application/json",
        payload,
      }];
    }),
  );
}

/** Points at another part. */
export function ref(path: string): Part {
  return { $ref: `#/${path}` };
}
