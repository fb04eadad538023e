/**
 * Counts who listens to an abort.
 *
 * @module
 */

/** A controller whose listeners are counted. */
export interface CountedAbort {
  /** The signal to hand out. */
  readonly signal: AbortSignal;
  /** How many listen now. */
  readonly listeners: number;
  /** Aborts. */
  abort(): void;
}

/** Creates a controller that counts the listeners of its signal. */
export function createCountedAbort(): CountedAbort {
  const controller = new AbortController();
  const { signal } = controller;
  const listeners = new Set<unknown>();
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (
    ...[type, listener, options]: Parameters<typeof addEventListener>
  ) => {
    listeners.add(listener);
    addEventListener.call(signal, type, listener, options);
  };
  signal.removeEventListener = (
    ...[type, listener, options]: Parameters<typeof removeEventListener>
  ) => {
    listeners.delete(listener);
    removeEventListener.call(signal, type, listener, options);
  };
  return {
    signal,
    get listeners() {
      return listeners.size;
    },
    abort: () => controller.abort(),
  };
}
