/**
 * A run: clients at work while faults happen, and what the judge says to it.
 *
 * @module
 */
import { sleep } from "../../scripts/server_process.ts";
import type { Versioned } from "../support/history.ts";
import { judge, type Violation } from "../support/linearizable.ts";
import { connectPsql } from "../support/postgres_world.ts";
import { type Account, createClients, keyOf, USERS } from "./clients.ts";
import type { Launch } from "./instance.ts";
import { createModes, type Modes } from "./modes.ts";
import { feelInstance, feelRedis } from "./pulse.ts";
import { personFaults } from "./machine_faults.ts";
import { type Course, LANES, RECOVERY_MS, runFaults } from "./schedule.ts";
import { openWorld, type Programs, type World } from "./world.ts";

/** How long clients work before the first fault where nothing else is said. */
const CALM_MS = 4000;

/** Switches of mode that a busy machine may lead to meanwhile. */
export const MAX_CALM_SWITCHES = 6;

/** What a run is to be like. */
export interface RunOptions {
  readonly seed: number;
  /** How long new faults come. */
  readonly seconds: number;
  /** What starts the service; the real one unless given. */
  readonly launch?: Launch;
  /** How long clients work before the first fault, in milliseconds. */
  readonly calmMs?: number;
}

/** What came of a run. */
export interface Outcome {
  readonly seed: number;
  readonly seconds: number;
  readonly account: Account;
  readonly course: Course;
  readonly modes: Pick<Modes, "switches" | "seconds">;
  /** For how long Redis answered nobody in time, in milliseconds. */
  readonly lateMs: number;
  /** How often the mode changed while nothing happened. */
  readonly calmSwitches: number;
  readonly violations: readonly Violation[];
  /** How long it took to be normal in the end; `undefined` if it was not. */
  readonly recoveryMs: number | undefined;
  /** Why it was not. */
  readonly reasons: readonly string[];
  /** What the instances have logged. */
  readonly logs: ReadonlyMap<string, readonly string[]>;
}

/** Runs it in a world of its own. */
export async function run(
  programs: Programs,
  { seed, seconds, launch, calmMs = CALM_MS }: RunOptions,
): Promise<Outcome> {
  await using world = await openWorld(programs, launch ? { launch } : {});
  const { instances } = world;
  // One after the other, as both would make the tables.
  for (const instance of instances) await instance.start();
  const modes = createModes(instances);
  const clients = createClients(world, seed, modes.of);
  await clients.prepare();
  await modes.untilNormal(RECOVERY_MS);

  const began = performance.now();
  const stop = new AbortController();
  let lateMs = 0;
  const work = Promise.all([
    clients.run(stop.signal),
    modes.run(stop.signal),
    feelRedis(world, stop.signal).then((ms) => lateMs = ms),
    ...instances.map((one) => feelInstance(world, one, stop.signal)),
  ]);
  let course: Course;
  let recoveryMs: number | undefined;
  let calmSwitches = 0;
  try {
    await sleep(calmMs);
    for (const count of modes.switches.values()) calmSwitches += count;
    course = await runFaults(seed, seconds, { world, modes }, {
      ...LANES,
      machines: { ...LANES.machines, ...personFaults(clients.history) },
    });
    recoveryMs = await modes.untilNormal(RECOVERY_MS);
  } finally {
    stop.abort();
    await work;
  }
  const reasons = await modes.reasons();
  for (const { name, isAlive } of instances) {
    if (!isAlive) reasons.push(`${name} has ended by itself`);
  }
  await clients.readAll();
  const final = await stored(world);
  return {
    seed,
    seconds: (performance.now() - began) / 1000,
    account: clients,
    course,
    modes,
    lateMs,
    calmSwitches,
    violations: [
      ...judge(clients.history.operations, final),
      ...lateReads(clients, final),
    ],
    recoveryMs,
    reasons,
    logs: new Map(instances.map(({ name, log }) => [name, [...log]])),
  };
}

/** Whether nothing went wrong that may not. */
export function isClean(outcome: Outcome): boolean {
  const { violations, account, recoveryMs, calmSwitches } = outcome;
  return violations.length === 0 && account.forbidden.length === 0 &&
    account.unverified.length === 0 && recoveryMs !== undefined &&
    calmSwitches <= MAX_CALM_SWITCHES;
}

/** What Postgres holds in the end. */
async function stored({ postgres }: World): Promise<Map<string, Versioned>> {
  await using psql = connectPsql(postgres.url);
  const final = new Map<string, Versioned>();
  for (const user of USERS) {
    const [row] = await psql`
      SELECT value, version FROM settings WHERE key = ${keyOf(user)}`;
    final.set(user, {
      value: JSON.parse(row!["value"]).custom?.value,
      version: Number(row!["version"]),
    });
  }
  return final;
}

/** Holds the reads after everything to what is stored, changed by hand too. */
function lateReads(
  { history }: Account,
  final: ReadonlyMap<string, Versioned>,
): Violation[] {
  return history.operations.flatMap((operation) => {
    const { client, key, kind, outcome } = operation;
    if (!client.startsWith("last") || kind !== "read") return [];
    const version = outcome === "ok" ? operation.version : undefined;
    const newest = final.get(key)?.version;
    if (version === newest) return [];
    const message =
      `${client} read ${key} at version ${version} in the end, not ${newest}`;
    return [{ rule: "kept", key, message } as const];
  });
}
