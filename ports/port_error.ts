/**
 * The one error that ports throw.
 *
 * @module
 */

/**
 * What went wrong, as far as a caller can act on it.
 *
 * - `closed`: the port has been closed.
 * - `invalid`: the arguments are not acceptable; the same call never succeeds.
 * - `not_found`: what was named does not exist.
 * - `conflict`: the name is that of something else already.
 * - `version_conflict`: somebody else changed it first.
 * - `fenced`: it belongs to somebody else by now, or is done with.
 * - `epoch_changed`: the position belongs to another life of the log.
 * - `expired`: the position is no longer held.
 * - `corrupt`: the source exists but cannot be understood.
 * - `quarantined`: the source is known to be wrong and may not be used.
 * - `full`: no room is left.
 * - `timeout`: no answer in time; the call may still take effect.
 * - `unavailable`: the technology cannot be reached now; try later.
 * - `unsupported`: this adapter does not do that, ever.
 */
export const PORT_ERROR_CODES = [
  "closed",
  "invalid",
  "not_found",
  "conflict",
  "version_conflict",
  "fenced",
  "epoch_changed",
  "expired",
  "corrupt",
  "quarantined",
  "full",
  "timeout",
  "unavailable",
  "unsupported",
] as const;

/** What went wrong, as far as a caller can act on it. */
export type PortErrorCode = typeof PORT_ERROR_CODES[number];

/** Facts for the caller to act on, such as the current version. */
export type PortErrorFacts = Readonly<
  Record<string, string | number | readonly string[] | undefined>
>;

/**
 * A failed call of a port, or of a service over it.
 *
 * The message is one sentence of the form "Cannot *verb* X as *reason*", fit
 * to be shown to a client; what the technology said is in `cause`.
 */
export class PortError extends Error {
  /** Tells this error from others. */
  override readonly name = "PortError";
  /** What went wrong, as far as a caller can act on it. */
  readonly code: PortErrorCode;
  /** Facts for the caller, such as `{ version: 7 }`. */
  readonly facts: PortErrorFacts;

  /** Builds the error; `options.cause` keeps what the technology said. */
  constructor(
    code: PortErrorCode,
    message: string,
    options: { cause?: unknown; facts?: PortErrorFacts } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.facts = options.facts ?? {};
  }
}

/** Whether `error` is one of a port, with one of `codes`. */
export function hasCode<C extends PortErrorCode>(
  error: unknown,
  ...codes: readonly C[]
): error is PortError & { readonly code: C } {
  const known: readonly PortErrorCode[] = codes;
  return error instanceof PortError && known.includes(error.code);
}

/** Whether the same call may succeed later. */
export function isTransient(error: unknown): error is PortError {
  return hasCode(error, "unavailable", "timeout");
}
