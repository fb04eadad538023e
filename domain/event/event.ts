/**
 * Events: what a publisher hands in and what the log holds.
 *
 * @module
 */
import { parseObject } from "../json_value.ts";

/** Facts about an event that are not its data; short texts. */
export interface EventMeta {
  /** When it happened, by its publisher: ISO 8601 with a zone. */
  readonly timestamp: string;
  /** Who published it, such as `signal-service`. */
  readonly source?: string;
  /** The user whom it concerns. */
  readonly user?: string;
  /** W3C trace context. */
  readonly traceparent?: string;
  /** Ties an answer to its question: the id of the question. */
  readonly correlation_id?: string;
  /** Of a question: the channel that its answer is looked for on. */
  readonly reply_to?: string;
  /** Of a question: until when its answer is waited for; ISO 8601 with a zone. */
  readonly expires_at?: string;
}

/**
 * The facts that `text` tells of an event that was committed at `committedAt`;
 * that moment alone where somebody has put something else there, so that the
 * event stops no reader.
 */
export function readMeta(text: string, committedAt: number): EventMeta {
  const meta = parseObject(text) as Partial<EventMeta> | undefined;
  if (typeof meta?.timestamp === "string") return meta as EventMeta;
  return { timestamp: new Date(committedAt).toISOString() };
}

/** An event to be published. */
export interface NewEvent {
  /** A UUID in lower case; publishing the same id again changes nothing, as long as the log holds the event. */
  readonly id: string;
  /** The channel, such as `signals.generated`. */
  readonly channel: string;
  /** Events of one key are handled in order; absent when order is no matter. */
  readonly key?: string;
  /** The data: one JSON object, kept byte for byte. */
  readonly json: string;
  /** Facts about the event. */
  readonly meta: EventMeta;
}

/** An event as the log holds it. */
export interface LoggedEvent extends NewEvent {
  /** Place in the log: dense, in commit order, from 1. */
  readonly position: number;
  /** Position of the last event committed together with this one. */
  readonly batchEnd: number;
  /** When it was committed, in milliseconds since the Unix epoch; never goes back as positions rise. */
  readonly committedAt: number;
}

/** What a publisher gets back for one event. */
export interface Receipt {
  /** The id of the event. */
  readonly id: string;
  /** The position of the event, or of the first one published with its id. */
  readonly position: number;
  /** Whether an event with this id had been published before. */
  readonly duplicate: boolean;
}

/** Where the log ends and begins. */
export interface LogHead {
  /** Changes when positions could have been given a second time, as after a restore. */
  readonly epoch: string;
  /** Position of the newest event; 0 when there has been none. */
  readonly position: number;
  /** Position of the oldest event still held; `position + 1` when none is. */
  readonly earliest: number;
}

/** A resume token: a position together with the epoch it belongs to. */
export interface ResumeToken {
  /** The epoch of the log. */
  readonly epoch: string;
  /** The last position that was read. */
  readonly position: number;
}

/** Writes a token as `epoch:position`. */
export function formatResumeToken(token: ResumeToken): string {
  return `${token.epoch}:${token.position}`;
}

/** Reads `epoch:position`, or `undefined` when the text is not that. */
export function parseResumeToken(text: string): ResumeToken | undefined {
  const match = /^([0-9a-f-]{1,64}):(\d{1,15})$/.exec(text);
  if (!match) return undefined;
  return { epoch: match[1]!, position: Number(match[2]) };
}
