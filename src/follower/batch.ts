/**
 * Many callers, one round trip.
 *
 * A call may share only a round trip that has not been sent when it began: an
 * older answer might be older than what it has to see.
 *
 * @module
 */

/** Gathers what is asked until it can be sent. */
export interface Batch<Ask> {
  /** Adds `ask` to the next round trip. */
  add(ask: Ask): void;

  /** Takes out everything that waits. */
  takeAll(): Ask[];
}

/**
 * Creates a batch. What comes in during one turn goes together; while `lanes`
 * round trips are under way, what comes in waits for the first to end.
 *
 * @param send Sends one round trip and answers those who asked; it never rejects.
 * @param limit What one round trip may weigh, unless one ask alone weighs more.
 */
export function createBatch<Ask>(
  send: (asks: readonly Ask[]) => Promise<void>,
  weigh: (ask: Ask) => number,
  limit: number,
  lanes: number,
): Batch<Ask> {
  const waiting: Ask[] = [];
  let underWay = 0;

  async function sendAll(): Promise<void> {
    underWay++;
    // Whoever asks in this same turn goes along.
    await Promise.resolve();
    while (waiting.length > 0) await send(takeSome());
    underWay--;
  }

  function takeSome(): Ask[] {
    let weight = 0;
    let count = 0;
    while (count < waiting.length && (count === 0 || weight < limit)) {
      weight += weigh(waiting[count++]!);
    }
    return waiting.splice(0, count);
  }

  return {
    add(ask) {
      waiting.push(ask);
      if (waiting.length === 1 && underWay < lanes) void sendAll();
    },
    takeAll: () => waiting.splice(0),
  };
}
