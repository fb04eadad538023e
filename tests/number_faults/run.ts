/**
 * A run: callers at work while faults happen, and what the judge says to it.
 *
 * @module
 */
import { sleep } from "../../scripts/server_process.ts";
import type { Faults } from "../faults/fault.ts";
import type { Launch } from "../faults/instance.ts";
import { createModes, type Modes } from "../faults/modes.ts";
import { type Course, RECOVERY_MS, runFaults } from "../faults/schedule.ts";
import { until } from "../faults/settle.ts";
import { openWorld, type Programs, type World } from "../faults/world.ts";
import { createChance } from "../simulation/chance.ts";
import { connectPsql } from "../support/postgres_world.ts";
import { startService } from "../support/service_process.ts";
import { type Callers, createCallers } from "./callers.ts";
import { judgeNumbers, type Verdict } from "./judge.ts";
import { NASTIEST, NUMBER_LANES } from "./number_faults.ts";

/** What lets faults happen, and resolves when all of them are healed. */
export type Plan = (scene: {
  readonly world: World;
  readonly modes: Modes;
  readonly callers: Callers;
}) => Promise<Course>;

/** What a run is to be like. */
export interface NumbersOptions {
  readonly seed: number;
  readonly plan: Plan;
  /** What starts the service; the real one unless given. */
  readonly launch?: Launch;
  /** Whether the service keeps a ledger, which numbers are held to. */
  readonly hasLedger?: boolean;
}

/** What came of a run. */
export interface Numbers {
  readonly seed: number;
  readonly seconds: number;
  /** When it began, in monotonic milliseconds. */
  readonly began: number;
  readonly callers: Pick<Callers, "issued" | "failures">;
  readonly verdict: Verdict;
  /** Numbers of requests that failed. */
  readonly lost: number;
  /** How often a block was abandoned by the log's account. */
  readonly fences: number;
  readonly course: Course;
  readonly modes: Pick<Modes, "switches" | "seconds">;
  /** How long it took to be normal in the end; `undefined` if it was not. */
  readonly recoveryMs: number | undefined;
  /** Why it was not. */
  readonly reasons: readonly string[];
  /** What the instances have logged. */
  readonly logs: ReadonlyMap<string, readonly string[]>;
}

/** What is issued through each of the nastiest faults, at least. */
export const THROUGH_EACH = 2000;

/** How long callers work before the first fault, and after the last. */
const CALM_MS = 1000;

/** For how long further faults come where there are too few numbers yet. */
const FURTHER_S = 10;

/** How much longer than wanted a run may take until there are enough. */
const LIMIT_S = 600;

/** How long the numbers may take that are waited for. */
const PATIENCE_MS = 20_000;

/**
 * The nastiest faults in turn, then all of them at random, until `seconds` have
 * passed and `least` numbers were issued.
 */
export function longPlan(seed: number, seconds: number, least: number): Plan {
  return async (scene) => {
    const began = performance.now();
    const parts = [await planOfEach(seed, NASTIEST, THROUGH_EACH)(scene)];
    for (;;) {
      const left = seconds - (performance.now() - began) / 1000;
      if (left <= 0 && scene.callers.numbers >= least) break;
      if (left < -LIMIT_S) throw new Error("Cannot get enough numbers in time");
      const length = left > 0 ? left : FURTHER_S;
      const own = seed + 1_000_000 * parts.length;
      parts.push(await runFaults(own, length, scene, NUMBER_LANES));
    }
    return {
      happenings: parts.flatMap(({ happenings }) => happenings),
      recoveries: parts.flatMap(({ recoveries }) => recoveries),
    };
  };
}

/** Each of `faults` in turn, with at least `numbers` issued through each. */
export function planOfEach(
  seed: number,
  faults: Faults,
  numbers: number,
): Plan {
  return async ({ world, callers }) => {
    const happenings: Course["happenings"][number][] = [];
    for (const [kind, fault] of Object.entries(faults)) {
      const least = callers.numbers + numbers;
      const from = performance.now();
      await fault({ world, chance: createChance(seed, kind) });
      await until(
        PATIENCE_MS,
        async () => callers.numbers,
        (seen) => seen >= least,
      );
      happenings.push({ kind, from, to: performance.now() });
    }
    return { happenings, recoveries: [] };
  };
}

/** Runs it in a world of its own. */
export async function runNumbers(
  programs: Programs,
  { seed, plan, launch = startService, hasLedger = true }: NumbersOptions,
): Promise<Numbers> {
  const starts = new Map<string, number>();
  await using world = await openWorld(programs, {
    launch(env) {
      const name = env["INSTANCE_ID"]!;
      starts.set(name, (starts.get(name) ?? 0) + 1);
      return launch(env);
    },
  });
  const { instances } = world;
  // One after the other, as both would make the tables.
  for (const instance of instances) await instance.start();
  const modes = createModes(instances);
  await modes.untilNormal(RECOVERY_MS);
  const callers = createCallers(
    world,
    seed,
    (name) => `${name} ${starts.get(name)}`,
  );

  const began = performance.now();
  const stop = new AbortController();
  const work = Promise.all([callers.run(stop.signal), modes.run(stop.signal)]);
  let course: Course;
  let recoveryMs: number | undefined;
  try {
    await sleep(CALM_MS);
    course = await plan({ world, modes, callers });
    recoveryMs = await modes.untilNormal(RECOVERY_MS);
    await sleep(CALM_MS);
  } finally {
    stop.abort();
    await work;
  }
  const seconds = (performance.now() - began) / 1000;
  const reasons = recoveryMs === undefined ? await modes.reasons() : [];
  let lost = 0;
  for (const { count } of callers.failures) lost += count;
  const ledger = hasLedger ? await readLedger(world) : undefined;
  return {
    seed,
    seconds,
    began,
    callers,
    verdict: judgeNumbers(callers.issued, { lost, given: ledger?.given }),
    lost,
    fences: ledger?.fences ?? 0,
    course,
    modes,
    recoveryMs,
    reasons,
    logs: new Map(instances.map(({ name, log }) => [name, [...log]])),
  };
}

/** Whether nothing went wrong that may not. */
export function areSound({ verdict, callers, recoveryMs }: Numbers): boolean {
  return verdict.violations.length === 0 && recoveryMs !== undefined &&
    callers.failures.every(({ isAllowed }) => isAllowed);
}

/** Up to where the database has given numbers away, and how often it fenced. */
async function readLedger(
  { postgres }: World,
): Promise<{ given: Map<string, number>; fences: number }> {
  await using psql = connectPsql(postgres.url);
  const rows = await psql`SELECT user_id, day, leased_to FROM sequence`;
  const given = new Map(rows.map((row) => [
    `${row["user_id"]} ${row["day"]}`,
    Number(row["leased_to"]),
  ]));
  const [row] = await psql`
    SELECT count(*) FROM event_log WHERE type = 'sequence.fenced'`;
  return { given, fences: Number(row!["count"]) };
}
