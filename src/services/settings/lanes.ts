/**
 * Work that must be done one at a time for each of many names.
 *
 * @module
 */

/** Lanes by name; a lane that is empty is forgotten. */
export interface Lanes<Name> {
  /** Runs `work` when everything before it in the lane of `name` has ended. */
  run<T>(name: Name, work: () => Promise<T>): Promise<T>;
}

/** Creates lanes that are all empty. */
export function createLanes<Name>(): Lanes<Name> {
  const last = new Map<Name, Promise<unknown>>();
  return {
    async run(name, work) {
      const before = last.get(name) ?? Promise.resolve();
      const mine = before.then(work, work);
      last.set(name, mine);
      try {
        return await mine;
      } finally {
        if (last.get(name) === mine) last.delete(name);
      }
    },
  };
}
