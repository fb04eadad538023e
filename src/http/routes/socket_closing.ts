/**
 * How the server ends a WebSocket.
 *
 * @module
 */

/** Why a socket is closed: the codes of RFC 6455 and its registry. */
export const CLOSE = {
  shutdown: 1001,
  notText: 1003,
  violation: 1008,
  tooLarge: 1009,
  internal: 1011,
  tryLater: 1013,
} as const;

/** An end that the client is told of. */
export class Closing extends Error {
  /** Goes with the close. */
  readonly code: number;
  /** Builds the end. */
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}
