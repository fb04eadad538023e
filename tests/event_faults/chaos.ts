/**
 * A run of random faults under publishers, subscribers and groups, and what
 * the judge says to it.
 *
 * @module
 */
import { sleep } from "../../scripts/server_process.ts";
import type { Faults } from "../faults/fault.ts";
import { createModes } from "../faults/modes.ts";
import { type Course, LANES, runFaults } from "../faults/schedule.ts";
import { countBy, list, machine } from "../faults/summary.ts";
import type { Outages } from "../faults/outages.ts";
import type { Programs } from "../faults/world.ts";
import { createChance } from "../simulation/chance.ts";
import { tearOut } from "./cases.ts";
import {
  latenciesOf,
  type Latency,
  observe,
  type Observed,
  openEventWorld,
  type Scene,
  untilNormal,
} from "./observe.ts";

/** What a run is to be like. */
export interface ChaosOptions {
  readonly seed: number;
  /** How long new faults come. */
  readonly seconds: number;
}

/** What came of a run. */
export interface Chaos extends ChaosOptions {
  readonly observed: Observed;
  readonly course: Course;
  readonly outages: Outages;
  /** What the instances have logged. */
  readonly logs: ReadonlyMap<string, readonly string[]>;
}

/** How long everybody works before the first fault, and after the last. */
const CALM_MS = 1000;

/** How long everybody may take to get everything in the end. */
const SETTLE_MS = 30_000;

/** Runs it in a world of its own. */
export async function runChaos(
  programs: Programs,
  { seed, seconds }: ChaosOptions,
): Promise<Chaos> {
  await using world = await openEventWorld(programs);
  const { instances, outages } = world;
  const modes = createModes(instances);
  let course: Course = { happenings: [], recoveries: [] };
  const began = performance.now();
  const options = { seed, settleMs: SETTLE_MS, pauseMs: [10, 50] } as const;
  const observed = await observe(world, options, async (scene) => {
    await sleep(CALM_MS);
    const lanes = {
      ...LANES,
      redis: { ...LANES.redis, ...streamFaults(scene, seed) },
    };
    course = await runFaults(seed, seconds, { world, modes }, lanes);
    await untilNormal(world);
    await sleep(CALM_MS);
    scene.join("from the beginning");
  });
  return {
    seed,
    seconds: (performance.now() - began) / 1000,
    observed,
    course,
    outages,
    logs: new Map(instances.map(({ name, log }) => [name, [...log]])),
  };
}

/** What only readers of events notice. */
function streamFaults(scene: Scene, seed: number): Faults {
  let readers = 0;
  const join = () => scene.join(`late reader ${++readers}`);
  const chance = createChance(seed, "stream");
  return {
    async "entries taken out of the stream"() {
      await tearOut(scene);
      join();
    },
    async "stream trimmed"({ world: { redis } }) {
      await redis.command("XTRIM", "hf:log", "MAXLEN", chance.below(20));
      join();
    },
  };
}

/** Whether nothing was lost, repeated or out of order, and everybody was at work. */
export function isWhole(chaos: Pick<Chaos, "observed" | "course">): boolean {
  return chaos.observed.violations.length === 0 && idleOf(chaos).length === 0;
}

/** What there was nothing of: where nobody works, nothing goes wrong either. */
function idleOf({ observed, course }: Pick<Chaos, "observed" | "course">) {
  const { publications, subscribers, joined, groups } = observed;
  const told = publications.filter(({ outcome }) => outcome === "acknowledged");
  const counts: (readonly [what: string, count: number])[] = [
    ["faults", course.happenings.length],
    ["acknowledged events", told.length],
    ["readers who came later", joined.length],
    ...[...subscribers, ...joined].map(({ name, deliveries }) =>
      [`deliveries to ${name}`, deliveries.length] as const
    ),
    ...groups.map(({ name, counts: { acks } }) =>
      [`acks of ${name}`, acks] as const
    ),
  ];
  return counts.flatMap(([what, count]) => count === 0 ? [what] : []);
}

/** The summary of a run. */
export function summaryOfChaos(chaos: Chaos): string {
  const { seed, seconds, observed, course, outages } = chaos;
  const { publications, subscribers, joined, groups, violations } = observed;
  const count = (rule: string) =>
    violations.filter((one) => one.rule === rule).length;
  const latencies = latenciesOf(observed);
  // Whoever waits at one that stands still goes to the other one late.
  const calm = latencies.filter(({ from, to }) =>
    !chaos.logs.keys().some((name) =>
      outages.lacks(name, ["process", "postgres"], from, to)
    )
  );
  return [
    `Chaos of events: seed ${seed}, ${seconds.toFixed(1)} s on ${machine()}`,
    `faults: ${course.happenings.length}, ${
      list(countBy(course.happenings.map(({ kind }) => kind)))
    }`,
    `published: ${list(countBy(publications.map(({ outcome }) => outcome)))}`,
    ...subscribers.map(({ name, deliveries, attempts, gaps }) =>
      `subscriber ${name}: ${deliveries.length} events by ${
        list(countBy(deliveries.map(({ instance }) => instance)))
      }; ${attempts} connections or pages, ${gaps} gaps`
    ),
    `readers who came later: ${joined.length}, ${
      joined.reduce((sum, { deliveries }) => sum + deliveries.length, 0)
    } events`,
    ...groups.map(({ name, handlings, counts, effects }) =>
      `group ${name}: ${handlings.length} deliveries, ${
        list(new Map(Object.entries(counts)))
      }${effects ? `, an effect each` : ""}`
    ),
    `delivery after the acknowledgement: ${spread(latencies)}`,
    `of those without an outage of Postgres or the service: ${
      spread(calm)
    }; the worst ${aroundWorst(calm, course)}`,
    `lost ${count("lost")}, repeated ${count("repeated")}, out of order ${
      count("out of order")
    }, other violations ${
      violations.length - count("lost") - count("repeated") -
      count("out of order")
    }`,
  ].join("\n");
}

function spread(latencies: readonly Latency[]): string {
  const sorted = latencies.map(({ ms }) => ms).sort((a, b) => a - b);
  const at = (part: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]
      ?.toFixed(1) ?? "?";
  return `${sorted.length}, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, worst ${
    at(1)
  } ms`;
}

/** What happened while the latest delivery was waited for. */
function aroundWorst(
  latencies: readonly Latency[],
  { happenings }: Course,
): string {
  const [worst] = latencies.toSorted((a, b) => b.ms - a.ms);
  if (!worst) return "is none";
  const { subscriber, instance, from, to } = worst;
  const kinds = happenings.filter((one) => one.from < to && one.to > from)
    .map(({ kind }) => kind);
  return `by ${instance} to ${subscriber} during: ${
    kinds.join(", ") || "nothing"
  }`;
}

/** Most violations that are told of one by one. */
const MAX_TOLD = 12;

/** What there is to know about everything that went wrong. */
export function findingsOfChaos(
  chaos: Pick<Chaos, "observed" | "course">,
): string {
  return [
    ...chaos.observed.violations.slice(0, MAX_TOLD)
      .map(({ rule, who, message }) =>
        `VIOLATION (${rule}): ${who} ${message}`
      ),
    ...idleOf(chaos).map((what) => `NOTHING SHOWN: no ${what}`),
  ].join("\n");
}
