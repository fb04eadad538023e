/**
 * How long calls may take that move much.
 *
 * @module
 */
import type { CallOptions } from "./connection.ts";

/** Longer than others, as nobody waits for them so urgently; late ones do not count. */
export const PATIENT: CallOptions = { deadlineMs: 250, strikes: false };
