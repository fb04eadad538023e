/**
 * Work that is done in turn where it has the same name.
 *
 * @module
 */

/** Does `work` when all work that was given before under `name` is done, well or not. */
export type Turns = <T>(name: string, work: () => Promise<T>) => Promise<T>;

/** Creates turns; a name without work left is forgotten. */
export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>();
  return async (name, work) => {
    const before = last.get(name);
    const mine = before ? before.then(work, work) : work();
    last.set(name, mine);
    try {
      return await mine;
    } finally {
      if (last.get(name) === mine) last.delete(name);
    }
  };
}
