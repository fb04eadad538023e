/**
 * What a canary is.
 *
 * @module
 */
/** A change of one file. */
export interface Edit {
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** A rule switched off. */
export interface Canary {
  readonly name: string;
  /** The rule, as PROTOCOLS.md numbers its chapters. */
  readonly rule: string;
  readonly edits: readonly Edit[];
  /** Why nothing can be broken by this alone, where that is so. */
  readonly unreachable?: string;
}
