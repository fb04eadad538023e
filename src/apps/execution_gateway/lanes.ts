/**
 * The work of a user, one at a time; that of different users at once.
 *
 * @module
 */
import type { UserId } from "../../../domain/user_id.ts";
import { PortError } from "../../../ports/port_error.ts";

/** Most pieces of work of one user that wait. */
export const MAX_WAITING = 1000;

/** Runs work in turn. */
export interface Lanes {
  /**
   * Runs `work` once what `user` has asked for before is done.
   *
   * @throws {PortError} `unavailable` when too much waits already.
   */
  run<T>(user: UserId, work: () => Promise<T>): Promise<T>;
}

/** Creates lanes. */
export function createLanes(maxWaiting: number = MAX_WAITING): Lanes {
  const lanes = new Map<UserId, { last: Promise<unknown>; size: number }>();
  return {
    async run(user, work) {
      const lane = lanes.getOrInsertComputed(user, () => ({
        last: Promise.resolve(),
        size: 0,
      }));
      if (lane.size > maxWaiting) {
        throw new PortError(
          "unavailable",
          `Cannot take more of ${user} as ${lane.size} pieces of work wait`,
          { facts: { retryAfterMs: 1000 } },
        );
      }
      lane.size++;
      const turn = lane.last.then(work);
      lane.last = turn.catch(() => {});
      try {
        return await turn;
      } finally {
        if (--lane.size === 0) lanes.delete(user);
      }
    },
  };
}
