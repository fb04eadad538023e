/**
 * The error of every `parseX` in the domain.
 *
 * @module
 */

/** One thing that is wrong with an input. */
export interface InputFault {
  /** Where, such as `events[2].data.symbols`; empty for the whole input. */
  readonly path: string;
  /** What is wrong there. */
  readonly message: string;
}

/**
 * Says that a value from outside is not what it must be.
 *
 * The message is one sentence that a caller may be shown.
 */
export class InvalidInput extends Error {
  /** Tells this error from others. */
  override readonly name = "InvalidInput";
  /** Every fault with its place; empty when the message says it all. */
  readonly errors: readonly InputFault[];

  /** Builds the error. */
  constructor(message: string, errors: readonly InputFault[] = []) {
    super(message);
    this.errors = errors;
  }
}
