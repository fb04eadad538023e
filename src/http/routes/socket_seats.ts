/**
 * How many WebSockets there may be: each holds memory and a connection until it
 * is closed.
 *
 * @module
 */
import type { Telemetry } from "../../../ports/telemetry.ts";
import { RequestRefused } from "../errors.ts";

/** Most sockets of one user. */
export const MAX_USER_SOCKETS = 64;

/** Most sockets. */
export const MAX_SOCKETS = 4096;

/** What sockets are counted by. */
export interface SocketSeats {
  /**
   * Counts a socket of `user` until the result is called, which may be called
   * twice.
   *
   * @throws {RequestRefused} `unavailable` when there are too many.
   */
  take(user: string): () => void;
}

/** Creates seats, none of them taken. */
export function createSocketSeats(
  telemetry: Pick<Telemetry, "gauge">,
): SocketSeats {
  const byUser = new Map<string, number>();
  let open = 0;

  function count(user: string, by: 1 | -1): void {
    const left = (byUser.get(user) ?? 0) + by;
    if (left > 0) byUser.set(user, left);
    else byUser.delete(user);
    open += by;
    telemetry.gauge("holdfast_event_sockets", open);
  }

  return {
    take(user) {
      const own = byUser.get(user) ?? 0;
      if (own >= MAX_USER_SOCKETS) throw tooMany(`${own} of yours are open`);
      if (open >= MAX_SOCKETS) throw tooMany(`${open} are open`);
      count(user, 1);
      let isTaken = true;
      return () => {
        if (isTaken) count(user, -1);
        isTaken = false;
      };
    },
  };
}

function tooMany(what: string): RequestRefused {
  return new RequestRefused(
    "unavailable",
    `Cannot open a WebSocket as ${what}: close some first`,
  );
}
