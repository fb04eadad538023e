/**
 * The world of a schedule: a database, two servers, and the instances.
 *
 * @module
 */
import type { FastServerData } from "../../adapters/memory/fast_data.ts";
import { createMemoryFastServer } from "../../adapters/memory/fast_server.ts";
import { createMemoryLog } from "../../adapters/memory/log.ts";
import { createMemoryLeases } from "../../adapters/memory/record_store.ts";
import { type SettingsKey, settingsKey } from "../../domain/settings.ts";
import { parseUserId } from "../../domain/user_id.ts";
import { type Chance, createChance } from "./chance.ts";
import type { FastHost } from "./fast_link.ts";
import { createHistory, type History } from "./history.ts";
import { createInstanceClock } from "./instance_clock.ts";
import type { Instance } from "./instance.ts";
import type { RecordHost } from "./record_link.ts";
import { createTimeline, type Timeline } from "./timeline.ts";

/** Snapshots of a server that a crash may bring back. */
const MAX_SNAPSHOTS = 6;

/** A server with what it held before. */
export interface FastPlace extends FastHost {
  /** Oldest first. */
  readonly snapshots: FastServerData[];
}

/** Everything that a schedule is about. */
export interface World {
  readonly seed: number;
  readonly timeline: Timeline;
  readonly history: History;
  readonly database: RecordHost;
  readonly servers: readonly [FastPlace, FastPlace];
  /** Those that run, in the order of their starts. */
  readonly instances: Instance[];
  readonly keys: readonly SettingsKey[];
  /** A value that has not been used. */
  newValue(): string;
  /** A stream of chance for one use. */
  chance(use: string): Chance;
  /** Writes a line of the story, if anybody reads it. */
  trace(text: () => string): void;
}

/** Creates a world in which nobody lives yet. */
export function createWorld(
  seed: number,
  story?: (line: string) => void,
): World {
  const timeline = createTimeline();
  const chance = (use: string) => createChance(seed, use);
  const shape = chance("world");
  const clock = createInstanceClock(timeline, undefined, 1, chance("clock"));
  const history = createHistory(() => timeline.now);
  const trace = (text: () => string) =>
    story?.(`${timeline.now.toFixed(2).padStart(9)}  ${text()}`);
  const user = parseUserId("1");
  const documents = ["settings:all", "mode:ultra", "mode:scalp", "mode:swing"];
  let value = 0;

  function place(name: string): FastPlace {
    const entropy = chance(`server ${name}`).entropy;
    return {
      name,
      isRunning: true,
      server: createMemoryFastServer({ clock, entropy, streamEntries: 50 }),
      snapshots: [],
    };
  }

  const database: RecordHost = {
    log: createMemoryLog({
      clock,
      entropy: chance("log").entropy,
      capacity: shape.pick([25, 100, 10_000]),
    }),
    documents: new Map(),
    leases: createMemoryLeases(),
    isRunning: true,
    onCommit: history.commit,
  };
  return {
    seed,
    timeline,
    history,
    database,
    servers: [place("A"), place("B")],
    instances: [],
    keys: documents.slice(0, 2 + shape.below(3))
      .map((name) => settingsKey(user, name as "settings:all")),
    newValue: () => String(++value),
    chance,
    trace,
  };
}

/** Keeps what `place` holds, for a crash to bring back. */
export function keepSnapshot(place: FastPlace): void {
  place.snapshots.push(place.server.snapshot());
  if (place.snapshots.length > MAX_SNAPSHOTS) place.snapshots.shift();
}
