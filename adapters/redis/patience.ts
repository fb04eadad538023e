/**
 * How patient callers are.
 *
 * @module
 */
/** How one call differs from others. */
export interface CallOptions {
  /** How long it may take, in milliseconds. */
  readonly deadlineMs?: number;
  /** Whether it counts when it is late; it does when absent. */
  readonly strikes?: boolean;
}

/** For calls that move much: longer than others, as nobody waits for them so urgently; late ones do not count. */
export const PATIENT: CallOptions = { deadlineMs: 250, strikes: false };
