/**
 * Sequence numbers in this process's memory; a restart begins again at 1, so
 * it is for tests and demonstrations only.
 *
 * @module
 */
import { admit, checkSequenceCount } from "../../ports/arguments.ts";
import type { SequencePort } from "../../ports/sequence_port.ts";

/** The highest number issued, by user and day. */
export type MemorySequences = Map<string, number>;

/** Opens a port over `issued`. */
export function openMemorySequencePort(
  issued: MemorySequences = new Map(),
): SequencePort {
  let closed = false;
  return {
    async next(user, day, count = 1, signal) {
      admit("sequence port", closed, signal);
      checkSequenceCount(count);
      const series = `${user}:${day}`;
      const before = issued.get(series) ?? 0;
      issued.set(series, before + count);
      return { first: before + 1, last: before + count };
    },

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}
