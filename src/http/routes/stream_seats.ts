/**
 * How many streams and WebSockets there may be: each holds memory and a
 * connection until it ends.
 *
 * @module
 */
import type { Telemetry } from "../../../ports/telemetry.ts";
import { RequestRefused } from "../errors.ts";
import type { Caller } from "../identity.ts";

/** Most streams and WebSockets of one API key, whoever it acts for. */
export const MAX_KEY_STREAMS = 256;

/** Most of all callers. */
export const MAX_STREAMS = 4096;

/** What streams are counted by. */
export interface StreamSeats {
  /**
   * Counts a stream of `caller` until the result is called, which may be called
   * twice. Who shows no key counts among all alone: where none are asked for,
   * everybody may call himself what he likes.
   *
   * @throws {RequestRefused} `rate_limited` when his key has too many;
   * `unavailable` when there are too many.
   */
  take(
    caller: Pick<Caller, "actor" | "ended">,
    what: "stream" | "WebSocket",
  ): () => void;
}

/** Creates seats, none of them taken. */
export function createStreamSeats(
  telemetry: Pick<Telemetry, "gauge">,
): StreamSeats {
  const byKey = new Map<string, number>();
  let all = 0;
  let sockets = 0;

  function count(key: string | undefined, isSocket: boolean, by: 1 | -1): void {
    all += by;
    if (isSocket) telemetry.gauge("holdfast_event_sockets", sockets += by);
    if (key === undefined) return;
    const left = (byKey.get(key) ?? 0) + by;
    if (left > 0) byKey.set(key, left);
    else byKey.delete(key);
  }

  return {
    take({ actor, ended }, what) {
      const key = ended && actor;
      const own = key === undefined ? 0 : byKey.get(key) ?? 0;
      if (own >= MAX_KEY_STREAMS) {
        throw new RequestRefused(
          "rate_limited",
          `Cannot open a ${what} as ${own} streams and WebSockets of this key are open: close some first`,
        );
      }
      if (all >= MAX_STREAMS) {
        throw new RequestRefused(
          "unavailable",
          `Cannot open a ${what} as ${all} streams and WebSockets are open: try again when some have ended`,
        );
      }
      const isSocket = what === "WebSocket";
      count(key, isSocket, 1);
      let isTaken = true;
      return () => {
        if (isTaken) count(key, isSocket, -1);
        isTaken = false;
      };
    },
  };
}
