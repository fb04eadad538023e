/**
 * One schedule: everything that follows from one seed.
 *
 * @module
 */
import { storeFirst } from "./absence.ts";
import type { Chance } from "./chance.ts";
import { type FaultName, FAULTS } from "./faults.ts";
import { type FaultTarget, heal, startAnother } from "./fleet.ts";
import { tell } from "./history.ts";
import { judge } from "./judge.ts";
import { type ProfileName, PROFILES } from "./profiles.ts";
import { EPOCH_MS } from "./instance_clock.ts";
import { BAD_WIRES } from "./wire.ts";
import { createWorld, keepSnapshot, type World } from "./world.ts";

/** After all faults are healed, everything is well again within this time. */
const RECOVERY_MS = 5000;

/** Operations that began before may take as long as the database's deadline and waiting for leases together. */
const PATIENCE_MS = 20_000;

/** How many of the schedules each mix gets. */
const SHARES: Readonly<Record<ProfileName, number>> = {
  everything: 2,
  failover: 1,
  eviction: 1,
  rewind: 1,
  lease: 2,
  crash: 1,
  network: 1,
  flapping: 2,
  database: 1,
};

/** Mixes that are hardest while somebody writes who has no fast layer. */
const LONELY: ReadonlySet<ProfileName> = new Set([
  "lease",
  "flapping",
  "database",
]);

/** What came of a schedule. */
export interface ScheduleResult {
  readonly seed: number;
  readonly profile: ProfileName;
  /** What was broken, one sentence each. */
  readonly violations: readonly string[];
  /** How many operations there were. */
  readonly operations: number;
  /** How many faults there were. */
  readonly faults: number;
  /** How many things happened. */
  readonly events: number;
  /** Reads answered by the fast layer. */
  readonly fastReads: number;
  /** The same for the same schedule. */
  readonly digest: string;
}

/** Runs the schedule of `seed`; `story` hears what happens. */
export async function runSchedule(
  seed: number,
  story?: (line: string) => void,
): Promise<ScheduleResult> {
  const world = createWorld(seed, story);
  const chance = world.chance("faults");
  const profile = chance.weighted(SHARES);
  // A gate that opens while little is written may find nothing to catch up with.
  const isFlapping = profile === "flapping";
  const target: FaultTarget = {
    world,
    chance,
    load: {
      readers: 2,
      writers: 1 + chance.below(2),
      pauseMs: chance.pick(isFlapping ? [60, 120] : [12, 30, 60, 120]),
      pinned: chance.pick([0, 0.1, 0.3]),
      writes: chance.pick(isFlapping ? [0.2, 0.4] : [0.1, 0.4, 0.8]),
      gone: chance.pick([0, 0.03]),
    },
    lengthMs: chance.pick([150, 400, 900]),
    isHealed: false,
    starts: 0,
    lonely: undefined,
    isQuiet: isFlapping,
  };
  world.trace(() => `seed ${seed}: ${profile} ${JSON.stringify(target.load)}`);
  await storeFirst(target);
  const isLonely = chance.happens(LONELY.has(profile) ? 0.7 : 0.25);
  const count = isLonely && chance.happens(0.6) ? 2 : 2 + chance.below(2);
  world.servers[1].server.become("replica");
  for (let i = 0; i < count; i++) startAnother(target, world.servers[0]);
  if (isLonely) isolate(target);
  keepSnapshots(target);
  makeNoise(target);

  const violations: string[] = [];
  await world.timeline.runUntil(chance.between(100, 800));
  const faults = await breakThings(target, profile, chance);
  heal(target);
  await recover(target, violations);
  violations.push(...judge(world.history, world.database.documents));
  return resultOf(world, profile, faults, violations);
}

/** An instance without a fast layer: what it writes reaches others only by leases and the log. */
function isolate(target: FaultTarget): void {
  const { instances, trace } = target.world;
  const { actor, fastWire } = target.lonely = instances[0]!;
  fastWire.quality = BAD_WIRES.cut;
  trace(() => `CUT fast wire of ${actor.name}, for good`);
  if (target.chance.happens(0.4)) return;
  // Whoever writes finds out that it does not follow; others go on believing.
  target.load = { ...target.load, writes: 0 };
  for (const instance of instances.slice(1)) instance.load = target.load;
}

/** Events of others; where they are large, the log is followed in many steps. */
function makeNoise(target: FaultTarget): void {
  const { chance, timeline, database: { log } } = target.world;
  const draw = chance("noise");
  const gapMs = draw.pick(target.isQuiet ? [Infinity] : [Infinity, 40, 150]);
  const json = `{"noise":"${"x".repeat(draw.pick([1, 60_000, 150_000]))}"}`;
  const meta = { timestamp: new Date(EPOCH_MS).toISOString() };
  function next(): void {
    timeline.after(draw.around(gapMs), undefined, () => {
      if (target.isHealed) return;
      const count = 1 + draw.below(3);
      log.append(
        Array.from({ length: count }, () => ({
          id: log.newId(),
          channel: "signals.generated",
          json,
          meta,
        })),
      );
      next();
    });
  }
  next();
}

function keepSnapshots(target: FaultTarget): void {
  const { world, chance } = target;
  world.timeline.after(chance.around(150), undefined, () => {
    if (target.isHealed) return;
    world.servers.forEach(keepSnapshot);
    keepSnapshots(target);
  });
}

async function breakThings(
  target: FaultTarget,
  profile: ProfileName,
  chance: Chance,
): Promise<number> {
  const { timeline } = target.world;
  const { count, gapMs } = paceOf(profile, chance);
  for (let i = 0; i < count; i++) {
    const name: FaultName = chance.weighted(PROFILES[profile]);
    FAULTS[name](target);
    await timeline.runUntil(timeline.now + chance.around(gapMs));
  }
  return count;
}

/** How many faults there are, and how close together. */
function paceOf(
  profile: ProfileName,
  chance: Chance,
): { count: number; gapMs: number } {
  // What takes a lease's time needs some time.
  if (profile === "lease") return { count: 3 + chance.below(4), gapMs: 1200 };
  if (profile === "flapping") {
    return { count: 4 + chance.below(5), gapMs: 600 };
  }
  return { count: 4 + chance.below(12), gapMs: chance.pick([60, 200, 500]) };
}

/** All is well again in time: modes, reads, and every operation has ended. */
async function recover(
  target: FaultTarget,
  violations: string[],
): Promise<void> {
  const { world } = target;
  const { timeline, instances, history, keys } = world;
  const healedAt = Math.max(
    timeline.now,
    ...instances.map(({ actor }) => actor.pausedUntil),
  );
  await timeline.runUntil(healedAt + 500);
  for (const instance of instances) {
    instance.load = {
      ...instance.load,
      pauseMs: 400,
      writes: 0.1,
      pinned: 0,
      gone: 0,
    };
  }
  await timeline.runUntil(healedAt + RECOVERY_MS - 500);
  for (const instance of instances) {
    instance.load = { ...instance.load, pauseMs: Infinity };
  }
  // Whoever took a token and died keeps others from filling; a change voids it.
  void instances[0]!.write("healer", keys);
  for (let left = 400; left >= 0; left -= 100) {
    await timeline.runUntil(healedAt + RECOVERY_MS - left);
    // Who has a document near does not fill it for the others.
    for (const instance of instances) void instance.read("healer", keys);
  }
  const before = history.operations.length;
  for (const { actor, follower } of instances) {
    const { mode, fault } = follower.state();
    if (mode === "normal") continue;
    violations.push(`${actor.name} is ${mode} long after: ${fault}`);
  }
  for (const instance of instances) {
    void instance.read("healer", keys);
  }
  await timeline.runUntil(timeline.now + 100);
  for (const operation of history.operations.slice(before)) {
    if (!operation.client.endsWith("healer")) continue;
    if (operation.answer?.source === "redis") continue;
    violations.push(`Not from the fast layer: ${tell(operation)}`);
  }
  await ending(target, violations);
}

async function ending(
  { world }: FaultTarget,
  violations: string[],
): Promise<void> {
  const { timeline, history } = world;
  const alive = (client: string) =>
    world.instances.some(({ actor }) => client.startsWith(`${actor.name}/`)) ||
    client.endsWith("/stop");
  const pending = () =>
    history.operations.filter(({ outcome, client }) =>
      outcome === "pending" && alive(client)
    );
  const giveUpAt = timeline.now + PATIENCE_MS;
  while (pending().length > 0 && timeline.now < giveUpAt) {
    await timeline.runUntil(timeline.now + 500);
  }
  for (const operation of pending()) {
    violations.push(`It does not end: ${tell(operation)}`);
  }
}

function resultOf(
  world: World,
  profile: ProfileName,
  faults: number,
  violations: readonly string[],
): ScheduleResult {
  const { history, timeline, seed } = world;
  const { operations } = history;
  let digest = timeline.count;
  for (const { start, end, endMs = 0, versions, answer } of operations) {
    const seen = answer?.documents.map((document) => document?.version ?? 0);
    for (const part of [start, end, endMs * 1000, ...versions, ...seen ?? []]) {
      digest = Math.imul(digest ^ part, 0x01000193);
    }
  }
  return {
    seed,
    profile,
    violations,
    operations: operations.length,
    faults,
    events: timeline.count,
    fastReads:
      operations.filter(({ answer }) => answer?.source === "redis").length,
    digest: (digest >>> 0).toString(16),
  };
}
