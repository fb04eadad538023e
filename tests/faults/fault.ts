/**
 * What a fault is: something that happens to a world, and its end.
 *
 * @module
 */
import { sleep } from "../../scripts/server_process.ts";
import type { Chance } from "../simulation/chance.ts";
import type { Instance } from "./instance.ts";
import type { Loss } from "./outages.ts";
import type { World } from "./world.ts";

/** To what faults happen; at any time there is one of each at most. */
export type Lane = "redis" | "network" | "machines";

/** What a fault may use. */
export interface Scene {
  readonly world: World;
  /** Decides all that is left to chance, the same for the same seed. */
  readonly chance: Chance;
}

/** Lets it happen and resolves once it is healed. */
export type Fault = (scene: Scene) => Promise<void>;

/** The faults of one lane, by their names. */
export type Faults = Readonly<Record<string, Fault>>;

/** Waits a random time. */
export function pause(
  chance: Chance,
  low: number,
  high: number,
): Promise<void> {
  return sleep(chance.between(low, high));
}

/** One of the instances. */
export function oneOf({ world, chance }: Scene): Instance {
  return chance.pick(world.instances);
}

/** Notes that no instance has what `loss` says; the result ends it. */
export function beginAll(
  { instances, outages }: World,
  loss: Loss,
): () => void {
  const ends = instances.map(({ name }) => outages.begin(name, loss));
  return () => ends.forEach((end) => end());
}
