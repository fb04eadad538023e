/**
 * What a canary is.
 *
 * @module
 */
import type { Edit } from "../support/patched_source.ts";

export type { Edit };

/** A test that sees what the simulation cannot. */
export interface DirectedTest {
  /** The file that it stands in. */
  readonly file: string;
  /** Its name, or the part of it that no other of that file has. */
  readonly test: string;
}

/** A rule switched off. */
export interface Canary {
  readonly name: string;
  /** The rule, as PROTOCOLS.md numbers its chapters. */
  readonly rule: string;
  readonly edits: readonly Edit[];
}

/** A rule switched off of which no schedule can tell. */
export interface UnreachableCanary extends Canary {
  /** Why nothing can be broken by this alone. */
  readonly unreachable: string;
  /** What fails in place of the simulation. */
  readonly directed: DirectedTest;
}
