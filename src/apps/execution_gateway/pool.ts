/**
 * Work that is asked for at any time and done some at a time, no two pieces of
 * one name at once.
 *
 * @module
 */

/** Does work. */
export interface Pool {
  /**
   * Has `work`, which does not fail, done as soon as there is room for it. Of
   * those of one name that have not begun, the last is done. It is dropped when
   * too much waits, or the pool has ended.
   */
  add(name: string, work: () => Promise<void>): void;

  /** Begins nothing any more, and waits for what is under way. */
  end(): Promise<void>;
}

/**
 * Creates a pool.
 *
 * @param atOnce Pieces of work that are under way at most.
 * @param maxWaiting Pieces of work that wait at most.
 */
export function createPool(atOnce: number, maxWaiting: number): Pool {
  const waiting = new Map<string, () => Promise<void>>();
  const underWay = new Map<string, Promise<void>>();
  let hasEnded = false;

  function begin(): void {
    for (const [name, work] of waiting) {
      if (underWay.size >= atOnce) return;
      if (underWay.has(name)) continue;
      waiting.delete(name);
      underWay.set(name, go(name, work));
    }
  }

  async function go(name: string, work: () => Promise<void>): Promise<void> {
    // Not at once, so that whoever tells of something has finished with it.
    await Promise.resolve();
    try {
      await work();
    } finally {
      underWay.delete(name);
      begin();
    }
  }

  return {
    add(name, work) {
      if (hasEnded) return;
      if (waiting.size >= maxWaiting && !waiting.has(name)) return;
      waiting.set(name, work);
      begin();
    },

    async end() {
      hasEnded = true;
      waiting.clear();
      await Promise.allSettled(underWay.values());
    },
  };
}
