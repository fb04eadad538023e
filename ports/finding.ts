/**
 * What an examination finds.
 *
 * @module
 */

/** How bad a finding is: `warn` serves, and should be mended all the same. */
export type FindingLevel = "ok" | "warn" | "fail";

/** One thing that was looked at. */
export interface Finding {
  /** What was looked at, such as `redis policy`. */
  readonly check: string;
  /** How it is. */
  readonly level: FindingLevel;
  /** What was found; never a password. */
  readonly says: string;
  /** What mends it: a command, a setting, or a sentence. */
  readonly mend?: string;
}
