/**
 * What is wrong with a Parquet file.
 *
 * @module
 */

/** A file that cannot be understood; the message completes "Cannot read X as …". */
export class Damage extends Error {
  /** Tells this error from others. */
  override readonly name = "Damage";
}

/**
 * Gives the file up.
 *
 * @throws {Damage} Always.
 */
export function damaged(reason: string): never {
  throw new Damage(reason);
}
