/**
 * When which instance may fail which requests: the promise has few excuses.
 *
 * @module
 */

/** What an instance is without. */
export type Loss =
  /** Its process is killed or paused: everything may fail. */
  | "process"
  /** It cannot reach Postgres: everything may fail. */
  | "postgres"
  /** Its connections to Postgres were lost, which is there: writes may fail. */
  | "connections";

/** Keeps account of outages. */
export interface Outages {
  /**
   * Notes that `instance` is without something from now on.
   *
   * @returns What ends it.
   */
  begin(instance: string, loss: Loss): () => void;
  /** Whether what went wrong between these times had an excuse. */
  excuses(
    instance: string,
    kind: "read" | "write",
    start: number,
    end: number,
  ): boolean;
}

interface Outage {
  readonly instance: string;
  readonly loss: Loss;
  readonly from: number;
  to: number;
}

/** How long after its end an outage excuses what begins. */
const GRACE_MS: Readonly<Record<Loss, number>> = {
  process: 1000,
  // An attempt to connect that began before its end may take so long.
  postgres: 3500,
  connections: 1000,
};

/** Creates an account on the clock `monotonic`. */
export function createOutages(monotonic: () => number): Outages {
  const outages: Outage[] = [];
  return {
    begin(instance, loss) {
      const outage = { instance, loss, from: monotonic(), to: Infinity };
      outages.push(outage);
      return () => outage.to = monotonic();
    },
    excuses: (instance, kind, start, end) =>
      outages.some((outage) =>
        outage.instance === instance && outage.from <= end &&
        start <= outage.to + GRACE_MS[outage.loss] &&
        (kind === "write" || outage.loss !== "connections")
      ),
  };
}
