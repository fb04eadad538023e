/**
 * What is known of a channel.
 *
 * @module
 */
import type { ZodObject } from "zod";

/**
 * How events travel: `durable` ones are in the log; of `volatile` ones only
 * the newest of each key matters, and they are never in the log.
 */
export type Lane = "durable" | "volatile";

/** Most bytes of an event's data, in UTF-8, where its channel says no more. */
export const INLINE_BYTES = 1024;

/** Most bytes of an event's data on a channel that takes large ones. */
export const CLAIM_CHECK_BYTES = 64 * 1024;

/** What the data of a channel's events must be. */
export type DataSchema = ZodObject;

/** A channel and what its events hold. */
export interface Channel {
  /** Words joined by dots, such as `signals.generated`. */
  readonly name: string;
  /** What its events tell, in one sentence. */
  readonly summary: string;
  /** Whether only Holdfast itself publishes on it; anybody may when absent. */
  readonly reserved?: true;
  /** Whether its events are always somebody's: an event that names no user is its publisher's. */
  readonly isOwned?: true;
  /** Whether orders may be sent because of its events: who may not trade may not publish them. */
  readonly isTraded?: true;
  /** How its events travel. */
  readonly lane: Lane;
  /** Version of the schema; rises when a field changes its meaning. */
  readonly version: number;
  /** What the data must be; fields that it does not name are kept. */
  readonly schema: DataSchema;
  /** The field whose value is the key of an event that names none. */
  readonly key: string;
  /**
   * What becomes of data above `INLINE_BYTES`: `refuse`, or `claim-check`: kept
   * whole in the log up to `CLAIM_CHECK_BYTES`, while copies elsewhere may hold
   * a reference to it.
   */
  readonly large: "refuse" | "claim-check";
  /** Data as a publisher would send it. */
  readonly example: Readonly<Record<string, unknown>>;
}

/** Most bytes that the data of an event on `channel` may have. */
export function maxBytesOf(channel: Channel): number {
  return channel.large === "refuse" ? INLINE_BYTES : CLAIM_CHECK_BYTES;
}
