/**
 * Waiting, the same for every adapter: for the log to grow, and no longer than
 * somebody wants an answer.
 *
 * @module
 */

/** Tells when the log has grown. */
export interface PositionBell {
  /** Position of the newest event, or above it where nobody knows. */
  position(): number;

  /** Calls `listener` with the position after appends until the result is called. */
  listen(listener: (position: number) => void): () => void;
}

/**
 * Resolves once `bell` shows a position above `after`; leaves no listener
 * behind, however it ends.
 *
 * @throws The reason of the first of `stops` that has aborted or does so.
 */
export function waitForPosition(
  bell: PositionBell,
  after: number,
  stops: readonly (AbortSignal | undefined)[],
): Promise<void> {
  return new Promise((resolve, reject) => {
    for (const signal of stops) signal?.throwIfAborted();
    const deafen = bell.listen(check);
    const release = onFirstAbort(stops, (reason) => {
      deafen();
      reject(reason);
    });
    check(bell.position());

    function check(position: number): void {
      if (position <= after) return;
      deafen();
      release();
      resolve();
    }
  });
}

/**
 * Calls `listener` with the reason of the first of `signals` to abort from now
 * on, unless the result has been called.
 *
 * For signals that outlive many waits: what `AbortSignal.any` makes of them
 * stays tied to them for as long as they live.
 */
export function onFirstAbort(
  signals: readonly (AbortSignal | undefined)[],
  listener: (reason: unknown) => void,
): () => void {
  for (const signal of signals) signal?.addEventListener("abort", onAbort);

  function release(): void {
    for (const signal of signals) signal?.removeEventListener("abort", onAbort);
  }
  function onAbort(event: Event): void {
    release();
    listener((event.target as AbortSignal).reason);
  }
  return release;
}

/** `promise`, or the reason of `signal` if that aborts first. */
export function abortable<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", stop));
  });
}
