/**
 * Callers in line for the numbers of one series: they are served in order, and
 * those who wait at the same time share one call.
 *
 * @module
 */
import {
  MAX_SEQUENCE_COUNT,
  type SequenceRange,
} from "../../domain/sequence.ts";

/**
 * Takes numbers: consecutive, at least `least` and at most `most` of them, and
 * above those of every call that had ended when it was called.
 */
export type Take = (least: number, most: number) => Promise<SequenceRange>;

/** A line of callers. */
export interface SequenceLine {
  /**
   * Waits for `count` consecutive numbers.
   *
   * @throws What the call throws that was to bring them; the reason of a
   * `signal` that aborts before they have come.
   */
  next(count: number, signal: AbortSignal | undefined): Promise<SequenceRange>;
}

interface Caller {
  readonly count: number;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (range: SequenceRange) => void;
  readonly reject: (reason: unknown) => void;
}

/** Creates an empty line that is served by `take`. */
export function createSequenceLine(take: Take): SequenceLine {
  const waiting: Caller[] = [];
  let isServed = false;

  async function serve(): Promise<void> {
    // Whoever asks in this same turn shares the call.
    await Promise.resolve();
    while (dropAborted() > 0) await serveSome();
    isServed = false;
  }

  function dropAborted(): number {
    const left = waiting.splice(0).filter(({ signal, reject }) => {
      if (signal?.aborted) reject(signal.reason);
      return !signal?.aborted;
    });
    return waiting.push(...left);
  }

  async function serveSome(): Promise<void> {
    const least = waiting[0]!.count;
    let most = 0;
    let callers = 0;
    for (const { count } of waiting) {
      if (most + count > MAX_SEQUENCE_COUNT) break;
      most += count;
      callers++;
    }
    try {
      giveOut(await take(least, most));
    } catch (error) {
      for (const { reject } of waiting.splice(0, callers)) reject(error);
    }
  }

  /** Those for whom there is not enough wait on. */
  function giveOut({ first, last }: SequenceRange): void {
    for (;;) {
      const caller = waiting[0];
      if (!caller || first + caller.count - 1 > last) return;
      waiting.shift();
      const { count, signal, resolve, reject } = caller;
      if (signal?.aborted) {
        reject(signal.reason);
        continue;
      }
      resolve({ first, last: first + count - 1 });
      first += count;
    }
  }

  return {
    next: (count, signal) =>
      new Promise((resolve, reject) => {
        waiting.push({ count, signal, resolve, reject });
        if (isServed) return;
        isServed = true;
        void serve();
      }),
  };
}
