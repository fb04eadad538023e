/**
 * What can go wrong.
 *
 * @module
 */
import { evictions } from "../../adapters/memory/fast_data.ts";
import { type FaultTarget, move, startAnother } from "./fleet.ts";
import type { Instance } from "./instance.ts";
import { BAD_WIRES, GOOD, type Wire } from "./wire.ts";
import type { FastPlace, World } from "./world.ts";

type Fault = (target: FaultTarget) => void;

/** Every fault by name; each acts at once, and what lasts ends by itself. */
export const FAULTS = {
  pause: onInstance(({ world, chance, lengthMs }, { actor }) => {
    if (actor.pausedUntil > world.timeline.now) return;
    const ms = chance.happens(0.7)
      ? 100 + chance.around(lengthMs)
      : chance.between(1500, 5000);
    actor.pausedUntil = world.timeline.now + Math.min(5000, ms);
    world.trace(() => `PAUSE ${actor.name} for ${ms.toFixed(0)} ms`);
  }),

  /** A machine that sleeps: its monotonic time stands still. */
  suspend: onInstance(({ world, chance }, { actor, clock }) => {
    const ms = chance.between(500, 5000);
    if (actor.pausedUntil > world.timeline.now) return;
    actor.pausedUntil = world.timeline.now + ms;
    clock.suspend(ms);
    const how = clock.sleeps ? "SUSPEND" : "PAUSE";
    world.trace(() => `${how} ${actor.name} for ${ms.toFixed(0)} ms`);
  }),

  wallJump: onInstance(({ world, chance }, { actor, clock }) => {
    const ms = chance.between(-1, 1) * chance.pick([50, 1000, 5000, 60_000]);
    clock.jumpWall(ms);
    world.trace(() => `WALL CLOCK of ${actor.name} jumps ${ms.toFixed(0)} ms`);
  }),

  crash: onInstance((target, instance) => {
    const { world, chance, lengthMs } = target;
    world.trace(() => `CRASH of ${instance.actor.name}`);
    instance.actor.isDead = true;
    remove(world, instance);
    startAfter(
      target,
      20 + chance.around(2 * lengthMs),
      instance.fast.host as FastPlace,
    );
  }),

  restart: onInstance((target, instance) => {
    const { world, chance } = target;
    world.trace(() => `STOP of ${instance.actor.name}`);
    remove(world, instance);
    instance.load = { ...instance.load, pauseMs: Infinity };
    const stopped = instance.follower[Symbol.asyncDispose]();
    void world.history.write(`${instance.actor.name}/stop`, [], async () => {
      await stopped;
      return [0];
    });
    startAfter(target, chance.around(100), instance.fast.host as FastPlace);
  }),

  rewind: onServer((target, place) => {
    const { world, chance } = target;
    const { server, snapshots } = place;
    const at = chance.below(snapshots.length + 1);
    world.trace(() => `REWIND of ${place.name}`);
    place.isRunning = false;
    for (const { fast } of on(world, place)) fast.moveTo(place);
    later(target, chance.happens(0.5) ? 0 : chance.around(150), () => {
      server.restore(snapshots[at] ?? server.snapshot());
      snapshots.length = 0;
      place.isRunning = true;
      world.trace(() => `${place.name} runs again at ${server.data.mark}`);
    });
  }),

  /** Other data under live connections, as of a server that followed another for a while. */
  swap: onServer(({ world, chance }, { name, server, snapshots }) => {
    if (snapshots.length === 0) return;
    server.restore(chance.pick(snapshots));
    world.trace(() => `SWAP of ${name} to ${server.data.mark}`);
  }),

  flush: onServer(({ world }, { name, server }) => {
    server.flush();
    world.trace(() => `FLUSH of ${name}`);
  }),

  evict: onServer(({ world, chance }, { name, server }) => {
    const items = evictions(server.data);
    if (items.length === 0) return;
    const item = chance.pick(items);
    item.evict();
    world.trace(() => `EVICT ${item.name} of ${name}`);
  }),

  /** Everybody sets it anew, one of them perhaps long after the others. */
  evictMark: onServer((target, place) => {
    const { world, chance, lengthMs } = target;
    evictMark(world, place);
    if (chance.happens(0.3)) return;
    const one = on(world, place).find(() => chance.happens(0.5));
    if (one?.fastWire.quality !== GOOD) return;
    one.fastWire.quality = { ...BAD_WIRES.slow, delayMs: 25 };
    later(target, chance.around(lengthMs), () => one.fastWire.quality = GOOD);
  }),

  /** The same where nobody has read meanwhile, and somebody reads slowly. */
  evictMarkAtCommits: onServer((target, place) => {
    const { world, chance, lengthMs } = target;
    loseAtCommits(target, place, 1 + chance.below(4));
    const one = on(world, place).find(() => chance.happens(0.5));
    if (one?.recordWire.quality !== GOOD) return;
    one.recordWire.quality = { ...GOOD, backMs: chance.between(20, 400) };
    later(target, chance.around(lengthMs), () => {
      one.recordWire.quality = GOOD;
    });
  }),

  full: onServer((target, { name, server }) => {
    server.isFull = true;
    target.world.trace(() => `FULL ${name}`);
    later(target, target.chance.around(target.lengthMs), () => {
      server.isFull = false;
    });
  }),

  loading: onServer((target, { name, server }) => {
    if (server.role !== "master") return;
    server.become("loading");
    target.world.trace(() => `LOADING ${name}`);
    later(target, target.chance.around(200), () => server.become("master"));
  }),

  /** The other server takes over, perhaps lagging; the old one may live on. */
  failover: onServer((target, old) => {
    const { world, chance, lengthMs } = target;
    const next = otherThan(world, old);
    next.server.restore(chance.pick([...old.snapshots, old.server.snapshot()]));
    next.server.become("master");
    next.snapshots.length = 0;
    world.trace(() => `FAILOVER to ${next.name} at ${next.server.data.mark}`);
    if (chance.happens(0.3)) {
      old.server.become("replica");
      world.trace(() => `${old.name} is a replica`);
    }
    for (const instance of on(world, old)) {
      if (chance.happens(0.1)) continue;
      later(
        target,
        chance.around(lengthMs / 2),
        () => move(world, instance, next),
      );
    }
  }),

  /** A master becomes a replica of the other one, under live connections. */
  follow: onServer((target, place) => {
    const { world, chance } = target;
    const other = otherThan(world, place);
    place.server.restore(other.server.snapshot());
    place.server.become("replica");
    world.trace(() => `${place.name} FOLLOWS ${other.name}`);
    later(target, chance.around(300), () => {
      if (chance.happens(0.5)) {
        place.server.restore(other.server.snapshot());
        place.server.become("master");
        world.trace(() =>
          `${place.name} is a master, at ${place.server.data.mark}`
        );
      }
      if (other.server.role !== "master") other.server.become("master");
    });
  }),

  move: onInstance(({ world }, instance) => {
    const next = otherThan(world, instance.fast.host);
    if (next.server.role !== "master") {
      next.server.restore(instance.fast.host.server.snapshot());
      next.server.become("master");
    }
    move(world, instance, next);
  }),

  disconnect: onInstance(disconnect),

  fastWire: onInstance((target, { actor, fastWire }) =>
    spoil(target, fastWire, `fast wire of ${actor.name}`)
  ),

  recordWire: onInstance((target, { actor, recordWire }) =>
    spoil(target, recordWire, `database wire of ${actor.name}`)
  ),

  /**
   * Long enough for a lease to run out, while clocks go wrong, and after its
   * last renewal was answered late.
   */
  leaseLoss: onHolder((target, { actor, clock, recordWire }) => {
    const { world, chance } = target;
    if (chance.happens(0.6)) {
      const ms = -chance.between(0, 8000);
      later(target, chance.around(500), () => {
        clock.jumpWall(ms);
        world.trace(() => `WALL CLOCK of ${actor.name} jumps ${ms.toFixed(0)}`);
      });
    }
    const isSlowFirst = chance.happens(0.5);
    if (isSlowFirst) recordWire.quality = { ...GOOD, backMs: 480 };
    later(target, isSlowFirst ? 600 : 0, () => {
      recordWire.quality = BAD_WIRES[chance.pick(["cut", "deaf"] as const)];
      world.trace(() => `CUT database wire of ${actor.name}`);
    });
    later(target, chance.between(2300, 4500), () => {
      recordWire.quality = GOOD;
      world.trace(() => `mended: database wire of ${actor.name}`);
    });
  }),

  /** Somebody hears late how the leases of others stood, who follow badly. */
  stuckWatcher: onInstance((target, anybody) => {
    const { world, chance } = target;
    const watcher = target.lonely ?? anybody;
    const stuck = { ...GOOD, backMs: chance.between(2300, 2900) };
    world.trace(() => `STUCK database wire of ${watcher.actor.name}`);
    later(target, chance.between(50, 300), () => {
      watcher.recordWire.quality = stuck;
    });
    later(target, 2500, () => watcher.recordWire.quality = GOOD);
    const others = world.instances.filter((other) => other !== watcher);
    for (const { recordWire } of others) {
      recordWire.quality = { ...GOOD, losesReads: true };
      later(target, 3500, () => recordWire.quality = GOOD);
    }
  }),

  /** The gate closes and opens while statements of the database come late. */
  lateClaims: onHolder((target, instance) => {
    const { world, chance, lengthMs } = target;
    const isLate = chance.happens(0.5);
    instance.recordWire.quality = isLate
      ? { ...BAD_WIRES.late, delayMs: 12 }
      : { ...GOOD, writesLaterMs: chance.between(100, 450) };
    world.trace(() => `LATE database wire of ${instance.actor.name}`);
    disconnect(target, instance);
    for (let i = 0; i < 3; i++) {
      later(target, chance.around(lengthMs), () => {
        disconnect(target, instance);
      });
    }
    later(target, 2 * lengthMs, () => instance.recordWire.quality = GOOD);
  }),

  outage: (target) => {
    const { world, chance, lengthMs } = target;
    world.database.isRunning = false;
    world.trace(() => "OUTAGE of the database");
    later(target, chance.around(2 * lengthMs), () => {
      world.database.isRunning = true;
      world.trace(() => "the database is back");
    });
  },

  /** Another database server takes over: a new epoch, and all leases are lost. */
  recordFailover: (target: FaultTarget): void => {
    const { world, chance } = target;
    const { database } = world;
    world.trace(() => "FAILOVER of the database");
    if (chance.happens(0.5)) FAULTS.move(target);
    database.isRunning = false;
    for (const { recordWire } of world.instances) recordWire.break();
    later(target, chance.around(100), () => {
      database.log.renewEpoch();
      database.leases.clear();
      database.isRunning = true;
      world.trace(() => `the database has epoch ${database.log.head().epoch}`);
    });
  },
} satisfies Record<string, Fault>;

/** The name of a fault. */
export type FaultName = keyof typeof FAULTS;

/** Does `act` then, or when all is healed already, not at all. */
function later(target: FaultTarget, ms: number, act: () => void): void {
  target.world.timeline.after(ms, undefined, () => {
    if (!target.isHealed) act();
  });
}

function onInstance(
  act: (target: FaultTarget, instance: Instance) => void,
): Fault {
  return (target) => {
    const { instances } = target.world;
    if (instances.length > 0) act(target, target.chance.pick(instances));
  };
}

/** Rather on one that may have a lease. */
function onHolder(
  act: (target: FaultTarget, instance: Instance) => void,
): Fault {
  const any = onInstance(act);
  return (target) => {
    const { lonely, chance, world } = target;
    const others = world.instances.filter((other) => other !== lonely);
    if (others.length === 0 || chance.happens(0.1)) any(target);
    else act(target, chance.pick(others));
  };
}

/** On a server that somebody uses, where there is one. */
function onServer(act: (target: FaultTarget, place: FastPlace) => void): Fault {
  return (target) => {
    const { world, chance } = target;
    const used = world.servers.filter((place) => on(world, place).length > 0);
    const place = chance.pick(used.length > 0 ? used : world.servers);
    if (place.isRunning) act(target, place);
  };
}

function on(world: World, place: FastPlace): Instance[] {
  return world.instances.filter(({ fast }) => fast.host === place);
}

function otherThan(world: World, place: unknown): FastPlace {
  return world.servers[world.servers[0] === place ? 1 : 0];
}

function evictMark(world: World, { name, server }: FastPlace): void {
  server.data.mark = undefined;
  world.trace(() => `EVICT checkpoint of ${name}`);
}

/** Loses the checkpoint right after commits, so that nobody reads meanwhile. */
function loseAtCommits(
  target: FaultTarget,
  place: FastPlace,
  count: number,
): void {
  const { database } = target.world;
  const { onCommit } = database;
  let left = count;
  database.onCommit = (changes, versions) => {
    onCommit(changes, versions);
    if (left-- > 0 && !target.isHealed) evictMark(target.world, place);
    else database.onCommit = onCommit;
  };
}

function disconnect({ world }: FaultTarget, { actor, fast }: Instance): void {
  world.trace(() => `DISCONNECT ${actor.name}`);
  fast.moveTo(fast.host);
}

function remove({ instances }: World, instance: Instance): void {
  instances.splice(instances.indexOf(instance), 1);
}

function spoil(target: FaultTarget, wire: Wire, what: string): void {
  const { world, chance, lengthMs } = target;
  const how = chance.pick(
    ["slow", "lossy", "late", "sluggish", "deaf", "cut"] as const,
  );
  wire.quality = BAD_WIRES[how];
  world.trace(() => `${how.toUpperCase()} ${what}`);
  later(target, chance.around(lengthMs), () => {
    wire.quality = GOOD;
    world.trace(() => `mended: ${what}`);
  });
}

function startAfter(target: FaultTarget, ms: number, place: FastPlace): void {
  later(target, ms, () => startAnother(target, place));
}
