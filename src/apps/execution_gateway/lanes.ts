/**
 * Work in lanes: only so much of one name at a time, that of different names at
 * once.
 *
 * @module
 */
import { PortError } from "../../../ports/port_error.ts";

/** Most pieces of work of one name that wait. */
export const MAX_WAITING = 1000;

/** Runs work in turn. */
export interface Lanes {
  /**
   * Runs `work` once there is room among what was asked for before under `name`.
   *
   * @throws {PortError} `unavailable` when too much waits already.
   */
  run<T>(name: string, work: () => Promise<T>): Promise<T>;
}

/**
 * Creates lanes.
 *
 * @param width Pieces of work of one name that go on at a time.
 */
export function createLanes(
  maxWaiting: number = MAX_WAITING,
  width = 1,
): Lanes {
  const lanes = new Map<string, { running: number; waiting: (() => void)[] }>();
  return {
    async run(name, work) {
      const lane = lanes.getOrInsertComputed(name, () => ({
        running: 0,
        waiting: [],
      }));
      if (lane.waiting.length >= maxWaiting) {
        throw new PortError(
          "unavailable",
          `Cannot take more of ${name} as ${lane.waiting.length} pieces of work wait`,
          { facts: { retryAfterMs: 1000 } },
        );
      }
      if (lane.running < width) lane.running++;
      else await new Promise<void>((go) => lane.waiting.push(go));
      try {
        return await work();
      } finally {
        const next = lane.waiting.shift();
        // Whoever is next takes the place over.
        if (next) next();
        else if (--lane.running === 0) lanes.delete(name);
      }
    },
  };
}
