/**
 * Handlers of events within this process.
 *
 * @module
 */
import type { LoggedEvent, NewEvent } from "../../../domain/event/event.ts";

/** What stands around the handling of an event. */
export interface Handling {
  /** Which delivery of the event it is, from 1. */
  readonly attempt: number;
  /** Aborts when the delivery is not this member's any more, or all ends. */
  readonly signal: AbortSignal;
}

/**
 * Handles an event. What it returns is appended to the log in the transaction
 * that settles the event: both or none. What it throws is a failed delivery.
 */
export type EventHandler = (
  event: LoggedEvent,
  handling: Handling,
) => Promise<readonly NewEvent[] | void>;

/** How a member within this process consumes. */
export interface Consumption {
  /** Who it is. */
  readonly member: string;
  /** Handles the events; several at a time, of one key one after the other. */
  readonly handler: EventHandler;
  /** Most events at a time; those that the group lets out when absent. */
  readonly concurrency?: number;
}
