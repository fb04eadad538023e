/**
 * One stretch of time in which a fast layer is believed.
 *
 * @module
 */
import type { Checkpoint } from "../../domain/checkpoint.ts";
import { onFirstAbort } from "../../ports/waiting.ts";

/** What an instance believes while its gate is open or opening. */
export interface Session {
  /** The history that the gate is opened with. */
  readonly history: string;
  /** The newest checkpoint that was seen in that history. */
  readonly checkpoint: Checkpoint;
  /** Aborts when the gate closes, with the reason. */
  readonly ended: AbortSignal;

  /** Takes note of a checkpoint seen in this history. */
  saw(checkpoint: Checkpoint): void;

  /**
   * Resolves once a checkpoint at or above `position` has been seen.
   *
   * @throws The reason for which the session has ended.
   */
  reached(position: number): Promise<void>;
}

/**
 * Creates a session that begins at `checkpoint`.
 *
 * @param onProgress Called after a checkpoint further on has been seen.
 * @param onAnew Called after one of another generation has been seen.
 */
export function createSession(
  history: string,
  checkpoint: Checkpoint,
  ended: AbortSignal,
  onProgress: () => void,
  onAnew: () => void = () => {},
): Session {
  const waiting = new Set<{ position: number; resolve: () => void }>();
  let newest = checkpoint;

  return {
    history,
    ended,
    get checkpoint() {
      return newest;
    },

    saw(seen) {
      if (seen.epoch !== newest.epoch || seen.position < newest.position) {
        return;
      }
      const isFurther = seen.position > newest.position;
      const isAnew = seen.generation !== newest.generation;
      newest = seen;
      if (isAnew) onAnew();
      if (!isFurther) return;
      for (const waiter of waiting) {
        if (waiter.position <= seen.position) waiter.resolve();
      }
      onProgress();
    },

    reached(position) {
      return new Promise((resolve, reject) => {
        ended.throwIfAborted();
        if (position <= newest.position) return resolve();
        const waiter = { position, resolve: done };
        const release = onFirstAbort([ended], (reason) => {
          waiting.delete(waiter);
          reject(reason);
        });
        waiting.add(waiter);
        function done(): void {
          waiting.delete(waiter);
          release();
          resolve();
        }
      });
    },
  };
}
