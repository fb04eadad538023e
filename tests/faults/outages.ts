/**
 * When which instance may fail which requests: the promise has few excuses.
 *
 * @module
 */

/** What an instance is without. */
export type Loss =
  /** Its process is killed or paused: everything may fail. */
  | "process"
  /** It cannot reach Postgres: writes may fail, reads go on from Redis. */
  | "postgres"
  /** Its connections to Postgres were lost, which is there: writes may fail. */
  | "connections"
  /** It cannot rely on Redis: that alone excuses nothing. */
  | "redis"
  /** It had no answers of Redis in time, on a machine too busy for that: nor does that. */
  | "answers";

/** Keeps account of outages. */
export interface Outages {
  /**
   * Notes that `instance` is without something from now on.
   *
   * @returns What ends it.
   */
  begin(instance: string, loss: Loss): () => void;

  /** Notes that `instance` was without something between these times. */
  note(instance: string, loss: Loss, from: number, to: number): void;

  /** Notes that `instance` has a new process, which has seen nothing yet. */
  began(instance: string): void;

  /**
   * What excuses what went wrong between these times, if anything. That
   * Postgres is away is no excuse for a read, as Redis answers in its place,
   * unless that was lost as well or the process has not had the time to know
   * whose it is.
   */
  excuse(
    instance: string,
    kind: "read" | "write",
    start: number,
    end: number,
  ): string | undefined;

  /** Whether it had an excuse. */
  excuses(...what: Parameters<Outages["excuse"]>): boolean;

  /** Whether `instance` was without one of `losses` between these times. */
  lacks(
    instance: string,
    losses: readonly Loss[],
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
  // Within this there is a connection again.
  redis: 1500,
  answers: 500,
};

/** Creates an account on the clock `monotonic`. */
export function createOutages(monotonic: () => number): Outages {
  const outages: Outage[] = [];
  const starts: { readonly instance: string; readonly at: number }[] = [];

  function during(
    instance: string,
    loss: Loss,
    start: number,
    end: number,
  ): Outage[] {
    return outages.filter((outage) =>
      outage.instance === instance && outage.loss === loss &&
      outage.from <= end && start <= outage.to + GRACE_MS[loss]
    );
  }

  function lacks(
    instance: string,
    losses: readonly Loss[],
    start: number,
    end: number,
  ): boolean {
    return losses.some((loss) => during(instance, loss, start, end).length > 0);
  }

  /** Whether a process that began then cannot know whose values Redis has. */
  const isNew = ({ instance, from, to }: Outage) =>
    starts.some((one) =>
      one.instance === instance && from - GRACE_MS.process < one.at &&
      one.at <= to + GRACE_MS.postgres
    );

  function excuse(
    instance: string,
    kind: "read" | "write",
    start: number,
    end: number,
  ): string | undefined {
    const has = (loss: Loss) => lacks(instance, [loss], start, end);
    if (has("process")) return "process";
    if (kind === "write") {
      return has("postgres")
        ? "postgres"
        : has("connections")
        ? "connections"
        : undefined;
    }
    const lost = during(instance, "postgres", start, end);
    if (lost.some(isNew)) return "postgres in a new process";
    if (lost.length === 0) return undefined;
    return has("redis")
      ? "postgres and redis"
      : has("answers")
      ? "postgres and answers of redis"
      : undefined;
  }

  return {
    begin(instance, loss) {
      const outage = { instance, loss, from: monotonic(), to: Infinity };
      outages.push(outage);
      return () => outage.to = monotonic();
    },
    note: (instance, loss, from, to) =>
      void outages.push({ instance, loss, from, to }),
    began: (instance) => void starts.push({ instance, at: monotonic() }),
    excuse,
    excuses: (...what) => excuse(...what) !== undefined,
    lacks,
  };
}
