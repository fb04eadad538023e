/**
 * A fleet that issues numbers while everything goes wrong, driven by a seed,
 * and a judge of what it issued.
 *
 * @module
 */
import type { MemoryLog } from "../../adapters/memory/log.ts";
import { openMemorySequenceBlocks } from "../../adapters/memory/sequence_blocks.ts";
import {
  type MemorySeries,
  openMemorySequenceLedger,
} from "../../adapters/memory/sequence_ledger.ts";
import { evictions } from "../../adapters/memory/fast_data.ts";
import type { MemoryFastServer } from "../../adapters/memory/fast_layer.ts";
import { parseSequenceDay, type SequenceRange } from "../../domain/sequence.ts";
import { parseUserId } from "../../domain/user_id.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Entropy } from "../../ports/entropy.ts";
import { PortError } from "../../ports/port_error.ts";
import type { SequenceBlocks } from "../../ports/sequence_blocks.ts";
import type {
  IssuedRange,
  SequenceLedger,
} from "../../ports/sequence_ledger.ts";
import type { SequencePort } from "../../ports/sequence_port.ts";
import { openFollowedSequences } from "../../src/follower/sequences.ts";
import { createFollowerWorld, type Instance } from "./follower_world.ts";
import { createSeededEntropy } from "./seeded_entropy.ts";

/** A rule that is not kept, to see that it is needed. */
export type Sabotage =
  | "history"
  | "generation"
  | "permit"
  | "counter"
  | "block (a bare INCR)"
  | "fence event"
  | "fence followed";

/** Numbers that one call has brought. */
interface Issued extends SequenceRange {
  readonly instance: number;
  readonly series: string;
  /** Moments of one clock that counts events. */
  readonly began: number;
  readonly ended: number;
}

const INSTANCES = 3;
const STEPS = 250;
const DEADLINE_MS = 50;

const SERIES = ["ann", "bob"].map((user) => ({
  user: parseUserId(user),
  day: parseSequenceDay("20260105"),
}));

/** Runs a fleet; what is wrong with the numbers it issued, and how many there are. */
export async function runSequenceFleet(
  seed: number,
  sabotage?: Sabotage,
): Promise<{ readonly faults: string[]; readonly issued: number }> {
  const world = createFollowerWorld();
  const { clock, server, log } = world;
  const chance = createSeededEntropy(seed);
  const rows: MemorySeries = new Map();
  const faulty = { now: true };
  const instances: { instance: Instance; faces: SequencePort[] }[] = [];
  const issued: Issued[] = [];
  const calls: Promise<void>[] = [];
  let snapshot = server.snapshot();
  let moment = 0;
  keepBlocksAtReset(server);

  await using stack = new AsyncDisposableStack();
  for (let i = 0; i < INSTANCES; i++) {
    const instance = await world.startOpen(`instance ${i}`);
    stack.use(instance);
    const ledger = sabotagedLedger(log, rows, sabotage);
    const blocks = sabotagedBlocks(
      openMemorySequenceBlocks(server),
      server,
      sabotage,
    );
    const sequences = openFollowedSequences({
      ledger: throughFaultyLink(
        ledger,
        ["lease", "issue"],
        world.clock,
        () => faulty.now ? chance.fraction() * 4 : 1,
        chance,
      ),
      blocks: throughFaultyLink(
        blocks,
        ["next", "install", "floor"],
        clock,
        () => faulty.now ? chance.fraction() : 1,
        chance,
      ),
      gate: instance.follower.gate,
      clock,
      telemetry: world.telemetry,
    });
    const faces = [sequences.sequence, sequences.databaseSequence];
    instances.push({ instance, faces });
  }

  function call(): void {
    const i = pick(chance, INSTANCES);
    const series = SERIES[pick(chance, SERIES.length)]!;
    const face = instances[i]!.faces[chance.fraction() < 0.97 ? 0 : 1]!;
    const count = 1 + pick(chance, 3);
    const began = ++moment;
    const run = async () => {
      const range = await face.next(series.user, series.day, count);
      const ended = ++moment;
      issued.push({ ...range, instance: i, series: series.user, began, ended });
    };
    calls.push(
      run().catch((error) => {
        if (!(error instanceof PortError)) throw error;
      }),
    );
  }

  function disturb(): void {
    const roll = chance.fraction();
    const { gate } = instances[pick(chance, INSTANCES)]!.instance.follower;
    if (roll < 0.4) gate.close("the test says so");
    else if (roll < 0.5) server.flush();
    else if (roll < 0.6) server.restore(snapshot);
    else if (roll < 0.7) snapshot = server.snapshot();
    else if (roll < 0.75) log.renewEpoch();
    else if (roll < 0.9) {
      const held = evictions(server.data);
      for (let n = pick(chance, 4); n > 0; n--) {
        held[pick(chance, held.length)]?.evict();
      }
    } else {for (const name of server.data.counters.keys()) {
        if (chance.fraction() < 0.5) server.data.counters.set(name, 0);
      }}
  }

  for (let step = 0; step < STEPS; step++) {
    for (let n = pick(chance, 4); n > 0; n--) call();
    if (chance.fraction() < 0.12) disturb();
    for (let turn = pick(chance, 30); turn > 0; turn--) await Promise.resolve();
    if (chance.fraction() < 0.6) await clock.advance(pick(chance, 25));
  }
  faulty.now = false;
  await world.within(Promise.all(calls), 60_000);
  return { faults: judge(issued), issued: issued.length };
}

function pick(chance: Entropy, count: number): number {
  return Math.floor(chance.fraction() * count);
}

/** What is wrong: numbers that came twice, and those that fell on one instance. */
function judge(issued: readonly Issued[]): string[] {
  const faults: string[] = [];
  const seen = new Set<string>();
  for (const { series, first, last } of issued) {
    for (let number = first; number <= last; number++) {
      const name = `${series} ${number}`;
      if (seen.has(name)) faults.push(`repeated: ${name}`);
      seen.add(name);
    }
  }
  for (const a of issued) {
    for (const b of issued) {
      const isSame = a.series === b.series && a.instance === b.instance;
      if (isSame && a.ended < b.began && b.first <= a.last) {
        faults.push(`fell: ${a.series} ${a.last}, then ${b.first}`);
      }
    }
  }
  return faults;
}

/** A port whose calls come late, twice or never, and whose answers get lost. */
function throughFaultyLink<Port extends object>(
  port: Port,
  methods: readonly (keyof Port)[],
  clock: Clock,
  roll: () => number,
  chance: Entropy,
): Port {
  async function late(): Promise<never> {
    await clock.sleep(DEADLINE_MS);
    throw new PortError("timeout", "Cannot tell as the test says so");
  }
  const later = async (run: () => Promise<unknown>) => {
    await clock.sleep(chance.fraction() * 300);
    await run().catch(() => {});
  };
  async function send(run: () => Promise<unknown>): Promise<unknown> {
    const luck = roll();
    if (luck < 0.02) return await late();
    if (luck < 0.06) {
      void later(run);
      return await late();
    }
    if (luck < 0.1) {
      await run().catch(() => {});
      return await late();
    }
    if (luck < 0.2) {
      void later(run);
      return await run();
    }
    if (luck < 0.4) await clock.sleep(chance.fraction() * DEADLINE_MS);
    return await run();
  }
  return new Proxy(port, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== "function") return method;
      if (!methods.includes(name as keyof Port)) return method;
      return (...args: unknown[]) =>
        send(async () => await method.apply(target, args));
    },
  });
}

/** Redis does not look for blocks when it begins anew: they are void as they are. */
function keepBlocksAtReset(server: MemoryFastServer): void {
  const { reset } = server.call;
  Object.assign(server.call, {
    reset(...args: Parameters<typeof reset>) {
      const held = [...server.data.blocks];
      const result = reset(...args);
      for (const [name, block] of held) server.data.blocks.set(name, block);
      return result;
    },
  });
}

/** The ledger, without what is sabotaged. */
function sabotagedLedger(
  log: MemoryLog,
  rows: MemorySeries,
  sabotage: Sabotage | undefined,
): SequenceLedger {
  if (sabotage === "fence event") {
    const silent: MemoryLog = {
      ...log,
      append: (events) =>
        events.map(({ id }) => ({ id, position: 0, duplicate: false })),
    };
    return openMemorySequenceLedger(silent, rows);
  }
  const ledger = openMemorySequenceLedger(log, rows);
  if (sabotage !== "fence followed") return ledger;
  return {
    ...ledger,
    async issue(...args) {
      const issued = await ledger.issue(...args);
      if (issued === "unadopted") return issued;
      const fence = { ...issued.fence, position: 0 };
      return { ...issued, fence } satisfies IssuedRange;
    },
  };
}

/** The blocks, without what is sabotaged. */
function sabotagedBlocks(
  blocks: SequenceBlocks,
  server: MemoryFastServer,
  sabotage: Sabotage | undefined,
): SequenceBlocks {
  const { next, install } = blocks;
  /** Makes what is held look as if it were what is asked for. */
  function forge(more: Record<string, unknown>): void {
    for (const [name, held] of server.data.blocks) {
      server.data.blocks.set(name, { ...held, ...more });
    }
  }
  switch (sabotage) {
    case "history": {
      const here = () => ({ history: server.history });
      return {
        ...blocks,
        next: (
          scope,
          asks,
        ) => (forge(here()), next({ ...scope, ...here() }, asks)),
        install: (scope, ...rest) => install({ ...scope, ...here() }, ...rest),
      };
    }
    case "generation": {
      const here = () => {
        const generation = server.data.mark?.split(":")[2];
        return generation === undefined ? {} : { generation };
      };
      return {
        ...blocks,
        next: (
          scope,
          asks,
        ) => (forge(here()), next({ ...scope, ...here() }, asks)),
        install: (scope, ...rest) => install({ ...scope, ...here() }, ...rest),
      };
    }
    case "permit":
      return {
        ...blocks,
        install(scope, series, permit, block) {
          const name = `${series.user} ${series.day}`;
          const held = server.data.blocks.get(name) ?? series;
          const forged = { ...held, permits: [permit] };
          server.data.blocks.set(name, forged);
          return install(scope, series, permit, block);
        },
      };
    case "counter":
      return {
        ...blocks,
        next: (scope, asks) => (forge({ last: -1 }), next(scope, asks)),
      };
    case "block (a bare INCR)":
      return {
        ...blocks,
        next: async (_scope, asks) =>
          asks.map(({ series: { user, day }, most }) => {
            const { counters } = server.data;
            const at = counters.get(`${user} ${day}`) ?? 0;
            counters.set(`${user} ${day}`, at + most);
            return { first: at + 1, last: at + most };
          }),
      };
    default:
      return blocks;
  }
}
