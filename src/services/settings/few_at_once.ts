/**
 * Work of which only a little may go on at the same time.
 *
 * @module
 */
import { onFirstAbort } from "../../../ports/waiting.ts";
import { hasCode, PortError } from "../../../ports/port_error.ts";

/** Somebody who waits for his turn. */
interface Waiting {
  begin(): void;
  refuse(reason: unknown): void;
}

/** Lets work in, a little at a time. */
export interface FewAtOnce {
  /**
   * Runs `work` when it is its turn, in the order of the calls.
   *
   * @throws The reason of `signal` if that aborts before.
   * @throws {PortError} `unavailable` when too many wait already, and when work
   * before it was not answered in time: it would wait for one deadline after
   * the other.
   */
  run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

/**
 * Creates it, with nothing going on.
 *
 * @param most How many may go on.
 * @param mostWaiting How many may wait.
 * @param what What they wait for, for the message to who may not.
 */
export function createFewAtOnce(
  most: number,
  mostWaiting: number,
  what: string,
): FewAtOnce {
  const waiting = new Set<Waiting>();
  let underWay = 0;

  function turn(signal: AbortSignal | undefined): Promise<void> | undefined {
    signal?.throwIfAborted();
    if (underWay < most) {
      underWay++;
      return undefined;
    }
    if (waiting.size >= mostWaiting) {
      throw refusal(
        `too many wait for that: current value is ${waiting.size}; try again`,
      );
    }
    return new Promise((resolve, reject) => {
      const one: Waiting = {
        begin() {
          release();
          resolve();
        },
        refuse(reason) {
          release();
          reject(reason);
        },
      };
      waiting.add(one);
      const release = onFirstAbort([signal], (reason) => {
        waiting.delete(one);
        reject(reason);
      });
    });
  }

  function refusal(why: string, cause?: unknown): PortError {
    return new PortError("unavailable", `Cannot ${what} as ${why}`, { cause });
  }

  function refuseWaiting(cause: unknown): void {
    const all = [...waiting];
    waiting.clear();
    const why = "those before were not answered in time: try again";
    for (const { refuse } of all) refuse(refusal(why, cause));
  }

  /** Hands the turn on, so that nobody who comes now is before who waits. */
  function leave(): void {
    const [next] = waiting;
    if (!next) return void underWay--;
    waiting.delete(next);
    next.begin();
  }

  return {
    async run(work, signal) {
      await turn(signal);
      try {
        return await work();
      } catch (error) {
        if (hasCode(error, "timeout")) refuseWaiting(error);
        throw error;
      } finally {
        leave();
      }
    },
  };
}
