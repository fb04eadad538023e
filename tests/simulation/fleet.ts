/**
 * The instances of a schedule: they start, move, and are healed.
 *
 * @module
 */
import type { Chance } from "./chance.ts";
import type { Instance, Load } from "./instance.ts";
import { startInstance } from "./start_instance.ts";
import { GOOD } from "./wire.ts";
import { type FastPlace, keepSnapshot, type World } from "./world.ts";

/** What faults act on. */
export interface FaultTarget {
  readonly world: World;
  readonly chance: Chance;
  /** What clients of a new instance do. */
  load: Load;
  /** How long a fault lasts on average. */
  readonly lengthMs: number;
  /** Whether faults may still begin, or last. */
  isHealed: boolean;
  /** Starts so far. */
  starts: number;
  /** Whether nobody else writes to the log. */
  readonly isQuiet: boolean;
  /** The instance that has no fast layer, if there is such a one. */
  lonely: Instance | undefined;
}

/** Ends what does not end by itself: one master, to which everybody goes. */
export function heal(target: FaultTarget): void {
  const { world, chance } = target;
  target.isHealed = true;
  world.trace(() => "HEALED");
  world.database.isRunning = true;
  const masters = world.servers.filter(({ server }) =>
    server.role === "master"
  );
  const master = chance.pick(masters.length > 0 ? masters : world.servers);
  for (const place of world.servers) {
    place.isRunning = true;
    place.server.isFull = false;
    place.server.become(place === master ? "master" : "replica");
  }
  for (const instance of world.instances) {
    instance.fastWire.quality = GOOD;
    instance.recordWire.quality = GOOD;
    // What has been lost is not waited for.
    instance.recordWire.break();
    if (instance.fast.host !== master) move(world, instance, master);
  }
  while (world.instances.length < 2) startAnother(target, master);
}

/** Starts one more instance at `place`. */
export function startAnother(target: FaultTarget, place: FastPlace): void {
  const name = `i${++target.starts}`;
  target.world.trace(() => `START of ${name} at ${place.name}`);
  target.world.instances.push(
    startInstance(target.world, name, place, target.load),
  );
}

/** Moves an instance to `place`, which others may not have left. */
export function move(world: World, instance: Instance, place: FastPlace): void {
  world.trace(() => `MOVE ${instance.actor.name} to ${place.name}`);
  keepSnapshot(place);
  instance.fast.moveTo(place);
}
