/**
 * Deadlines of many calls by one timer.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";
import { DeadlineExceeded } from "./errors.ts";

/** Calls are looked at so often while there are any. */
const SWEEP_MS = 5;

/** A sweep so much too late shows that this process stood still. */
const STALL_MS = 20;

/** So many stalls one after the other are waited out. */
const MAX_SPARED = 3;

/** Ends waits that take too long. */
export interface Deadlines {
  /**
   * What `pending` becomes, or `DeadlineExceeded` if that takes until `dueAt`
   * on the monotonic clock. What it becomes later is ignored.
   */
  watch<T>(pending: Promise<T>, dueAt: number): Promise<T>;

  /** Stops the timer; waits are not ended any more. */
  stop(): void;
}

interface Wait {
  readonly dueAt: number;
  readonly reject: (error: unknown) => void;
}

/** Creates deadlines that go by `clock`. */
export function createDeadlines(clock: Clock): Deadlines {
  const waits = new Set<Wait>();
  const stopped = new AbortController();
  let isSweeping = false;

  /**
   * After a stall of this process answers may be there, not read yet: they
   * get their chance to be before waits are ended.
   */
  async function sweep(): Promise<void> {
    let spared = 0;
    while (waits.size > 0) {
      const pauseMs: number = spared > 0 ? STALL_MS : SWEEP_MS;
      const expected = clock.monotonic() + pauseMs;
      await clock.sleep(pauseMs, stopped.signal);
      const now = clock.monotonic();
      const hasStalled = now > expected + STALL_MS;
      spared = hasStalled && spared < MAX_SPARED ? spared + 1 : 0;
      if (spared === 0) end(now + SWEEP_MS / 2);
    }
    isSweeping = false;
  }

  function end(now: number): void {
    for (const wait of waits) {
      if (wait.dueAt > now) continue;
      waits.delete(wait);
      wait.reject(new DeadlineExceeded());
    }
  }

  return {
    watch(pending, dueAt) {
      return new Promise((resolve, reject) => {
        const wait = { dueAt, reject };
        waits.add(wait);
        pending.then((value) => {
          waits.delete(wait);
          resolve(value);
        }, (error) => {
          waits.delete(wait);
          reject(error);
        });
        if (isSweeping) return;
        isSweeping = true;
        sweep().catch(() => {});
      });
    },
    stop: () => stopped.abort(),
  };
}
