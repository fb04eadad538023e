/**
 * Callers that ask for numbers over HTTP, and what they were given.
 *
 * @module
 */
import { sleep } from "../../scripts/server_process.ts";
import { askJson } from "../faults/http.ts";
import type { World } from "../faults/world.ts";
import { type Chance, createChance } from "../simulation/chance.ts";
import type { Issued } from "./judge.ts";
import { DAYS, USERS } from "./number_faults.ts";

/** A request that brought no numbers; they may have been issued. */
export interface Failure {
  readonly caller: string;
  readonly instance: string;
  readonly count: number;
  readonly start: number;
  readonly end: number;
  /** The status of the answer, or `no answer`. */
  readonly kind: string;
  readonly message: string;
  /** Whether an outage excuses it. */
  readonly isAllowed: boolean;
}

/** Callers at work. */
export interface Callers {
  readonly issued: readonly Issued[];
  readonly failures: readonly Failure[];
  /** How many numbers were issued. */
  readonly numbers: number;
  /** Works until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** Half of them ask one instance, the others the other one. */
export const CALLERS = 8;

/** Pauses between the requests of one caller. */
const THINK_MS = [0, 12] as const;

/** The same after one that failed. */
const RETRY_MS = [10, 80] as const;

/**
 * Creates the callers of `world`.
 *
 * @param processOf Names the process that an instance runs, if it does.
 */
export function createCallers(
  { instances, outages }: World,
  seed: number,
  processOf: (instance: string) => string,
): Callers {
  const issued: Issued[] = [];
  const failures: Failure[] = [];
  let numbers = 0;

  /** Whether it brought numbers. */
  async function call(n: number, chance: Chance): Promise<boolean> {
    const { name: instance, url } = instances[n % instances.length]!;
    const caller = `caller${n}`;
    const [user, day] = [chance.pick(USERS), chance.pick(DAYS)];
    const count = countOf(chance);
    const process = processOf(instance);
    const began = performance.now();
    const said = await askJson(
      `${url}/api/orders/sequence`,
      "POST",
      { day, count },
      { "X-User-Id": user },
    ).catch((error) => ({ http: "no answer", detail: String(error) }));
    const ended = performance.now();
    if (said.http !== 200) {
      const isExcusable = ["no answer", 503, 504].includes(said.http);
      failures.push({
        caller,
        instance,
        count,
        start: began,
        end: ended,
        kind: `${said.http}`,
        message: `${said.detail}`,
        isAllowed: isExcusable &&
          outages.excuses(instance, "write", began, ended),
      });
      return false;
    }
    issued.push({
      series: `${said.user_id} ${said.day}`,
      count,
      first: said.first,
      last: said.last,
      caller,
      instance,
      process: processOf(instance) === process ? process : undefined,
      began,
      ended,
    });
    numbers += count;
    return true;
  }

  async function work(n: number, signal: AbortSignal): Promise<void> {
    const chance = createChance(seed, `caller${n}`);
    while (!signal.aborted) {
      const [low, high] = await call(n, chance) ? THINK_MS : RETRY_MS;
      await sleep(chance.between(low, high));
    }
  }

  return {
    issued,
    failures,
    get numbers() {
      return numbers;
    },
    async run(signal) {
      await Promise.all(
        Array.from({ length: CALLERS }, (_, n) => work(n, signal)),
      );
    },
  };
}

/** Mostly a few, at times more than a block has. */
function countOf(chance: Chance): number {
  const most = chance.weighted({ 1: 50, 10: 35, 100: 15 });
  return 1 + chance.below(Number(most));
}
