/**
 * Counts who listens to any abort at all.
 *
 * @module
 */

/** How many listen; it counts until it is disposed. */
export interface ListenerCount extends Disposable {
  /** Listeners added since it began and not removed. */
  readonly count: number;
}

/** Counts the listeners of every signal that does not count them itself. */
export function countSignalListeners(): ListenerCount {
  const { prototype } = AbortSignal;
  const { addEventListener, removeEventListener } = EventTarget.prototype;
  const listeners = new Map<AbortSignal, Set<unknown>>();
  const of = (signal: AbortSignal) =>
    listeners.getOrInsertComputed(signal, () => new Set());
  prototype.addEventListener = function (
    this: AbortSignal,
    ...args: Parameters<typeof addEventListener>
  ) {
    of(this).add(args[1]);
    addEventListener.apply(this, args);
  };
  prototype.removeEventListener = function (
    this: AbortSignal,
    ...args: Parameters<typeof removeEventListener>
  ) {
    of(this).delete(args[1]);
    removeEventListener.apply(this, args);
  };
  return {
    get count() {
      return [...listeners.values()].reduce((sum, { size }) => sum + size, 0);
    },
    [Symbol.dispose]() {
      Reflect.deleteProperty(prototype, "addEventListener");
      Reflect.deleteProperty(prototype, "removeEventListener");
    },
  };
}
