/**
 * Why commands fail, and with which exit code.
 *
 * @module
 */

/** Says why a command could not do what it was to do. */
export class CommandFailed extends Error {
  /** Tells this error from others. */
  override readonly name: string = "CommandFailed";
  /** What the process ends with. */
  readonly exitCode: number = 1;
}

/** Says what is wrong with the way a command was called. */
export class UsageError extends CommandFailed {
  /** Tells this error from others. */
  override readonly name = "UsageError";
  /** As every shell has it. */
  override readonly exitCode = 2;
}
