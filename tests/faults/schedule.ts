/**
 * Which faults happen when, all of it decided by a seed.
 *
 * @module
 */
import { sleep } from "../../scripts/server_process.ts";
import { type Chance, createChance } from "../simulation/chance.ts";
import type { Fault, Faults, Lane } from "./fault.ts";
import { MACHINE_FAULTS } from "./machine_faults.ts";
import type { Modes } from "./modes.ts";
import { NETWORK_FAULTS } from "./network_faults.ts";
import { REDIS_FAULTS } from "./redis_faults.ts";
import type { World } from "./world.ts";

/** One fault as it happened. */
export interface Happening {
  readonly kind: string;
  /** When it began and was healed, in monotonic milliseconds. */
  readonly from: number;
  readonly to: number;
}

/** What has happened. */
export interface Course {
  readonly happenings: readonly Happening[];
  /** How long it took to be in mode normal again, where that was waited for. */
  readonly recoveries: readonly (number | undefined)[];
}

/** The faults of every lane. */
export type Lanes = Readonly<Record<Lane, Faults>>;

/** What happens to servers, networks and processes. */
export const LANES: Lanes = {
  redis: REDIS_FAULTS,
  network: NETWORK_FAULTS,
  machines: MACHINE_FAULTS,
};

/** How soon everything has to be normal again. */
export const RECOVERY_MS = 5000;

/** Draws each fault of a lane once before any comes again. */
function createBag(faults: Faults, chance: Chance): () => [string, Fault] {
  let left: [string, Fault][] = [];
  return () => {
    if (left.length === 0) left = Object.entries(faults);
    return left.splice(chance.below(left.length), 1)[0]!;
  };
}

/** Lets faults happen for `seconds`, and resolves when all of them are healed. */
export async function runFaults(
  seed: number,
  seconds: number,
  scene: { world: World; modes: Modes },
  lanes: Lanes = LANES,
): Promise<Course> {
  const chance = createChance(seed, "schedule");
  const bags = Object.values(lanes)
    .map((faults) => createBag(faults, chance));
  const happenings: Happening[] = [];
  const recoveries: (number | undefined)[] = [];
  const until = performance.now() + 1000 * seconds;

  async function happen([kind, fault]: [string, Fault], own: Chance) {
    await sleep(own.between(0, 600));
    const from = performance.now();
    const happening = { kind, from, to: Infinity };
    happenings.push(happening);
    try {
      await fault({ ...scene, chance: own });
    } catch (error) {
      throw new Error(`Cannot go on after "${kind}"`, { cause: error });
    }
    happening.to = performance.now();
  }

  for (let round = 0; performance.now() < until; round++) {
    const drawn = [...bags];
    drawn.splice(chance.below(drawn.length), 1);
    if (chance.happens(0.3)) drawn.splice(chance.below(drawn.length), 1);
    const ended = await Promise.allSettled(
      drawn.map((draw, i) =>
        happen(draw(), createChance(seed, `${round} ${i}`))
      ),
    );
    for (const one of ended) if (one.status === "rejected") throw one.reason;
    if (chance.happens(0.3)) {
      recoveries.push(await scene.modes.untilNormal(RECOVERY_MS));
    }
    await sleep(chance.between(200, 1500));
  }
  return { happenings, recoveries };
}
