/**
 * What client and server say to each other on a WebSocket: JSON texts.
 *
 * @module
 */
import { z } from "zod";
import {
  type ChannelMatcher,
  parseChannelPatterns,
} from "../../../domain/event/channel_pattern.ts";
import { EVENT_FORMS } from "../../../domain/event/envelope.ts";
import { InvalidInput } from "../../../domain/invalid_input.ts";
import type { FieldError } from "../errors.ts";
import { faultSentence, readWith } from "../validation.ts";
import {
  FromTime,
  MAX_PATTERNS,
  parseAfter,
  refuseTwoStarts,
} from "./event_schemas.ts";
import { CLOSE, Closing } from "./socket_closing.ts";

/** Most UTF-16 units of a frame of a client: room for every pattern. */
export const MAX_FRAME_CHARS = 16 * 1024;

/** Most credits that a client may have. */
export const MAX_CREDITS = 1_000_000;

const count = (from: number) => z.int().min(from).max(MAX_CREDITS);

const Patterns = z.array(z.string()).max(MAX_PATTERNS)
  .transform((patterns, context): ChannelMatcher => {
    try {
      return parseChannelPatterns(patterns);
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      context.addIssue(error.message);
      return z.NEVER;
    }
  });

const After = z.union([z.int().min(0), z.string()])
  .transform((after, context) => {
    if (after === "head" || after === "earliest") return after;
    try {
      return parseAfter(String(after));
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      context.addIssue(error.message);
      return z.NEVER;
    }
  });

/** What a client asks for, once. */
export const Subscribe = z.strictObject({
  type: z.literal("subscribe"),
  channels: Patterns.optional().meta({
    description: "Patterns of channels; all channels when absent.",
  }),
  after: After.optional().meta({
    description:
      "The last position that was read, `1207` or `epoch:1207`; or `head`, " +
      "as when absent, or `earliest`.",
  }),
  from_time: FromTime.optional(),
  form: z.enum(EVENT_FORMS).default("envelope"),
  credits: count(0).default(0).meta({
    description: "How many events may be sent before more credits come.",
  }),
}).superRefine(refuseTwoStarts);

/** More credits. */
export const Credit = z.strictObject({
  type: z.literal("credit"),
  n: count(1).meta({ description: "How many more events may be sent." }),
});

/** Asks for a heartbeat. */
export const Ping = z.strictObject({ type: z.literal("ping") });

const ClientFrame = z.discriminatedUnion("type", [Subscribe, Credit, Ping]);

/** A frame of a client. */
export type ClientFrame = z.output<typeof ClientFrame>;

/** What a client asks for. */
export type Subscribe = z.output<typeof Subscribe>;

const token = z.string().meta({ description: "`epoch:position`." });

/** Everything up to `id` has been sent or was not asked for. */
export const PositionFrame = z.object({
  type: z.literal("position"),
  id: token,
});

/** An event; one of the volatile lane has no id. Costs a credit. */
export const EventFrame = z.object({
  type: z.literal("event"),
  id: token.optional(),
  event: z.record(z.string(), z.unknown()),
});

/** Events that are no longer to be had; goes on after `id`. */
export const GapFrame = z.object({
  type: z.literal("gap"),
  id: token,
  requested: z.int(),
  requested_epoch: z.string().optional(),
  earliest: z.int(),
  head: z.int(),
  epoch: z.string(),
});

/** Says that the server is there. */
export const HeartbeatFrame = z.object({
  type: z.literal("heartbeat"),
  timestamp: z.iso.datetime(),
});

/** Why the server is about to close. */
export const ErrorFrame = z.object({
  type: z.literal("error"),
  detail: z.string(),
});

/** Frames of the server by their type. */
export const SERVER_FRAMES = {
  position: PositionFrame,
  event: EventFrame,
  gap: GapFrame,
  heartbeat: HeartbeatFrame,
  error: ErrorFrame,
} as const;

/** Frames of a client by their type. */
export const CLIENT_FRAMES = {
  subscribe: Subscribe,
  credit: Credit,
  ping: Ping,
} as const;

/**
 * Reads a frame of a client.
 *
 * @throws {InvalidInput} When it is not one, in one sentence.
 */
export function parseClientFrame(text: string): ClientFrame {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new InvalidInput("Cannot read the frame as it is not JSON");
  }
  const errors: FieldError[] = [];
  const frame = readWith(ClientFrame, value, "frame", errors);
  if (frame) return frame;
  const faults = errors.map((error) => faultSentence("take the frame", error));
  throw new InvalidInput(faults.join("; "));
}

/**
 * The text of a frame that came.
 *
 * @throws {Closing} When it is none, or too long.
 */
export function textOfFrame(data: unknown): string {
  if (typeof data !== "string") {
    throw new Closing(
      CLOSE.notText,
      "Cannot take a frame of bytes: send JSON as text",
    );
  }
  if (data.length <= MAX_FRAME_CHARS) return data;
  throw new Closing(
    CLOSE.tooLarge,
    `Cannot take a frame of ${data.length} characters: send at most ${MAX_FRAME_CHARS}`,
  );
}
