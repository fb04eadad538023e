/**
 * Gives up bodies that are sent too slowly.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";
import { RequestRefused } from "./errors.ts";

/** How long a body may take to come whole: 30 s. */
export const BODY_DEADLINE_MS = 30_000;

/** So often bodies that are late are looked for, each deadline. */
const LOOKS = 30;

/** Waits for bodies, and not for ever. */
export interface BodyPatience {
  /**
   * What `pending` becomes; what it becomes too late is ignored.
   *
   * @throws {RequestRefused} `too_slow` after the deadline, or a thirtieth of
   * it later.
   */
  within<T>(pending: Promise<T>): Promise<T>;
}

interface Wait {
  readonly since: number;
  readonly reject: (error: unknown) => void;
}

/**
 * Creates the patience of a server: one timer for all bodies, which turns from
 * the first one on, until `end` aborts.
 */
export function createBodyPatience(
  clock: Clock,
  end: AbortSignal,
  deadlineMs: number,
): BodyPatience {
  const waits = new Set<Wait>();
  let looks = 0;
  let isTurning = false;

  async function turn(): Promise<void> {
    for (;;) {
      await clock.sleep(deadlineMs / LOOKS, end);
      looks++;
      for (const wait of waits) {
        // They stand in the order in which they began.
        if (looks - wait.since <= LOOKS) break;
        waits.delete(wait);
        wait.reject(tooSlow(deadlineMs));
      }
    }
  }

  return {
    within(pending) {
      if (!isTurning) {
        isTurning = true;
        turn().catch(() => {});
      }
      return new Promise((resolve, reject) => {
        const wait = { since: looks, reject };
        waits.add(wait);
        pending.then((value) => {
          waits.delete(wait);
          resolve(value);
        }, (error) => {
          waits.delete(wait);
          reject(error);
        });
      });
    },
  };
}

function tooSlow(deadlineMs: number): RequestRefused {
  return new RequestRefused(
    "too_slow",
    `Cannot wait longer for the body as it has not come whole within ${
      deadlineMs / 1000
    } s: send it again, faster or in parts`,
    { headers: { Connection: "close" } },
  );
}
