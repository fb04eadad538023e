/**
 * What a canary is.
 *
 * @module
 */
import type { Edit } from "../support/patched_source.ts";

export type { Edit };

/** A rule switched off. */
export interface Canary {
  readonly name: string;
  /** The rule, as PROTOCOLS.md numbers its chapters. */
  readonly rule: string;
  readonly edits: readonly Edit[];
  /** Why nothing can be broken by this alone, where that is so. */
  readonly unreachable?: string;
}
