/**
 * Leases: who may believe a fast layer, and until when.
 *
 * @module
 */

/** How long a lease is good for its holder, counted from before it was asked for. */
export const LEASE_MS = 2000;

/** How often a lease is renewed. */
export const RENEW_MS = 500;

/** A lease that has not been renewed for so long, as seen by a watcher, has ended. */
export const PATIENCE_MS = 2200;

/** Whether an instance believes its fast layer, or is about to. */
export type GateState = "closed" | "opening" | "open";

/** What one instance has put down of itself in the database of record. */
export interface Lease {
  /** Random for each start of a process. */
  readonly bootId: string;
  /** A name for people. */
  readonly label: string;
  /** Rises with every statement of the instance. */
  readonly renewal: number;
  /** The history of the fast layer that it believes; empty while closed. */
  readonly history: string;
  /** A lease exists only while this is not `closed`. */
  readonly gate: GateState;
  /** Whatever it serves from its fast layer shows the log up to here. */
  readonly appliedPosition: number;
}

/** Names one statement of an instance. */
export interface Renewal {
  /** The instance. */
  readonly bootId: string;
  /** Its `renewal` when it was seen. */
  readonly renewal: number;
}
