/**
 * Publishers, three subscribers and two groups at work while something
 * happens, and what the judge says to their histories.
 *
 * @module
 */
import { parseCheckpoint } from "../../domain/checkpoint.ts";
import { sleep } from "../../scripts/server_process.ts";
import type { Instance } from "../faults/instance.ts";
import { askJson } from "../faults/http.ts";
import { createModes } from "../faults/modes.ts";
import { openWorld, type Programs, type World } from "../faults/world.ts";
import type { Launch } from "../faults/instance.ts";
import { createChance } from "../simulation/chance.ts";
import { connectPsql } from "../support/postgres_world.ts";
import { RedisError } from "../support/resp.ts";
import { createMembers, type Members } from "./members.ts";
import {
  type HeldStream,
  judgeGroup,
  judgeLog,
  judgeStream,
  judgeSubscription,
  type Log,
  type Publication,
  type Row,
  type Violation,
} from "./model.ts";
import {
  CHANNELS,
  createPublishers,
  EFFECTS,
  type Publishers,
} from "./publishers.ts";
import {
  createPageSubscriber,
  createSocketSubscriber,
  createSseSubscriber,
  type Subscriber,
} from "./subscribers.ts";

/** How a run is observed. */
export interface Observation {
  readonly seed: number;
  /** Publishers of each instance, and the pauses of one. */
  readonly publishers?: number;
  readonly pauseMs?: readonly [number, number];
  /** Whether groups read too. */
  readonly withGroups?: boolean;
  /** How long everybody may take in the end to get everything. */
  readonly settleMs?: number;
}

/** What faults may use, and must tell of. */
export interface Scene {
  readonly world: World;
  /** Where the log ended before. */
  readonly after: number;
  readonly publishers: Publishers;
  readonly subscribers: readonly Subscriber[];
  /** Lets one more reader of everything begin where the others began. */
  join(name: string): void;
  /** Positions that were taken out of the stream by hand. */
  readonly torn: Set<number>;
  /** Ids of events that the database was made to lose. */
  readonly forgotten: Set<string>;
}

/** What came of it. */
export interface Observed {
  readonly publications: readonly Publication[];
  readonly subscribers: readonly Subscriber[];
  /** Those who came later. */
  readonly joined: readonly Subscriber[];
  readonly groups: readonly Members[];
  readonly rows: readonly Row[];
  readonly violations: readonly Violation[];
}

/** How soon both instances have to be in mode normal. */
const NORMAL_MS = 10_000;

const LOOK_MS = 50;

/** How often the stream is looked at, and how much of its end. */
const WATCH_MS = 50;
const WATCHED = 100;

/** Opens a world with both instances started, and Redis in use. */
export async function openEventWorld(
  programs: Programs,
  options: { readonly launch?: Launch } = {},
): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const world = stack.use(await openWorld(programs, options));
  // One after the other, as both would make the tables.
  for (const instance of world.instances) await instance.start();
  await untilNormal(world);
  const held = stack.move();
  return Object.assign(world, {
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  });
}

/** Waits until both instances use Redis. */
export async function untilNormal({ instances }: World): Promise<number> {
  const modes = createModes(instances);
  const tookMs = await modes.untilNormal(NORMAL_MS);
  if (tookMs !== undefined) return tookMs;
  throw new Error(`Not normal: ${(await modes.reasons()).join("; ")}`);
}

/** Lets everybody work on `world` until `happen` is over and all is delivered, and judges. */
export async function observe(
  world: World,
  observation: Observation,
  happen: (scene: Scene) => Promise<void>,
): Promise<Observed> {
  const { seed, withGroups = true, settleMs = 10_000 } = observation;
  const { publishers: each = 1, pauseMs = [5, 30] } = observation;
  const { instances } = world;
  const others = instances.toReversed();
  const { head: after } = await askJson(`${instances[0].url}/api/v1/events`);
  const chance = (use: string) => createChance(seed, use);
  const publishers = createPublishers(
    instances,
    chance("publishers"),
    each,
    pauseMs,
  );
  const subscribers = [
    createSseSubscriber(instances, after, CHANNELS.slice(0, 1)),
    createSocketSubscriber(others, after, CHANNELS),
    createPageSubscriber(instances, after),
  ];
  const groups = withGroups
    ? [
      createMembers(`audit-${after}`, instances, CHANNELS, chance("audit")),
      createMembers(
        `desk-${after}`,
        others,
        CHANNELS.slice(1),
        chance("desk"),
        EFFECTS,
      ),
    ]
    : [];
  for (const group of groups) await group.create();
  const torn = new Set<number>();
  const forgotten = new Set<string>();

  const publishing = new AbortController();
  const following = new AbortController();
  const joined: Subscriber[] = [];
  const late: Promise<void>[] = [];
  const scene: Scene = {
    world,
    after,
    publishers,
    subscribers,
    torn,
    forgotten,
    join(name) {
      const one = createPageSubscriber(instances, after, name);
      joined.push(one);
      late.push(one.run(following.signal));
    },
  };
  const published = publishers.run(publishing.signal);
  const seenInStream = new Map<string, Violation>();
  const followed = Promise.all([
    ...[...subscribers, ...groups].map((one) => one.run(following.signal)),
    watchStream(world, torn, following.signal, seenInStream),
  ]);
  const failed = Promise.all([published, followed]);
  failed.catch(() => {});
  try {
    await Promise.race([happen(scene), followed]);
    publishing.abort();
    await published;
    const all = [...subscribers, ...joined];
    await settled(settleMs, scene, all, groups);
  } finally {
    publishing.abort();
    following.abort();
    await failed;
    await Promise.all(late);
  }
  const log = await readLog(world, after);
  const { rows } = log;
  const stream = await readStream(world, after);
  const { publications } = publishers;
  const told = publications.filter(({ id }) => !forgotten.has(id));
  return {
    publications,
    subscribers,
    joined,
    groups,
    rows,
    violations: [
      ...judgeLog(rows, told),
      ...[...subscribers, ...joined].flatMap((one) =>
        judgeSubscription(one, publications, forgotten)
      ),
      ...groups.flatMap((one) => judgeGroup(one, rows)),
      ...judgeStream(stream, log, torn),
      ...seenInStream.values(),
    ],
  };
}

/** Waits until everybody has everything, and not for ever: the judge tells who has not. */
async function settled(
  limitMs: number,
  { publishers, forgotten }: Scene,
  subscribers: readonly Subscriber[],
  groups: readonly Members[],
): Promise<void> {
  const deadline = performance.now() + limitMs;
  const due = publishers.publications.filter(({ outcome, id }) =>
    outcome === "acknowledged" && !forgotten.has(id)
  );
  const isDone = async () => {
    for (const { channels, deliveries } of subscribers) {
      const seen = new Set(deliveries.map(({ id }) => id));
      const isMissing = due.some(({ id, channel }) =>
        !seen.has(id) && (channels?.includes(channel) ?? true)
      );
      if (isMissing) return false;
    }
    for (const group of groups) if (!await group.isDone()) return false;
    return true;
  };
  while (performance.now() < deadline && !await isDone()) await sleep(LOOK_MS);
}

/** Looks at the end of the stream again and again: it never has a hole. */
async function watchStream(
  world: World,
  torn: ReadonlySet<number>,
  signal: AbortSignal,
  found: Map<string, Violation>,
): Promise<void> {
  let after = 0;
  while (!signal.aborted) {
    await sleep(WATCH_MS);
    // It may be down.
    const stream = await readStream(world, after).catch(() => undefined);
    if (!stream) continue;
    after = Math.max(0, (stream.checkpoint?.position ?? 0) - WATCHED);
    for (const violation of judgeStream(stream, undefined, torn)) {
      found.set(violation.message, violation);
    }
  }
}

/** The log above `after`, as Postgres holds it. */
export async function readLog(
  { postgres }: World,
  after: number,
): Promise<Log> {
  await using psql = connectPsql(postgres.url);
  const rows = await psql`
    SELECT pos, id, type, key, data FROM event_log
    WHERE pos > ${after} ORDER BY pos`;
  const [head] = await psql`SELECT epoch FROM log_head`;
  return {
    epoch: head!["epoch"],
    rows: rows.map(({ pos, id, type, key, data }) => ({
      position: Number(pos),
      id,
      channel: type,
      key: key ?? undefined,
      cause: type === EFFECTS ? JSON.parse(data).cause : undefined,
    })),
  };
}

/** What the Redis of the world holds above `after`, as one script sees it. */
export async function readStream(
  { redis }: World,
  after: number,
): Promise<HeldStream> {
  const script = "return {redis.call('GET', KEYS[1]) or '', " +
    "redis.call('XREVRANGE', KEYS[2], '+', ARGV[1])}";
  const keys = ["hf:checkpoint", "hf:log"];
  try {
    const reply = await redis.command("EVAL", script, 2, ...keys, after + 1);
    const [mark, entries] = reply as [string, [string, string[]][]];
    const checkpoint = parseCheckpoint(mark);
    return {
      checkpoint: checkpoint === "newer" ? undefined : checkpoint,
      entries: entries.toReversed().map(([id, fields]) => ({
        position: Number(id.split("-")[0]),
        id: fields[fields.indexOf("id") + 1]!,
      })),
    };
  } catch (error) {
    if (!(error instanceof RedisError)) throw error;
    return { checkpoint: undefined, entries: [] };
  }
}

/** How long after its acknowledgement an event was delivered, in milliseconds. */
export interface Latency {
  readonly subscriber: string;
  readonly ms: number;
  readonly from: number;
  readonly to: number;
  /** Who delivered it. */
  readonly instance: Instance["name"];
}

/** The latencies of all first deliveries. */
export function latenciesOf(
  { publications, subscribers }: Pick<
    Observed,
    "publications" | "subscribers"
  >,
): Latency[] {
  const at = new Map(publications.map((one) => [one.id, one.at]));
  return subscribers.flatMap(({ name: subscriber, deliveries }) => {
    const first = new Map(
      deliveries.toReversed().map((one) => [one.id, one]),
    );
    return [...first.values()].flatMap(({ id, at: to, instance }) => {
      const from = at.get(id);
      if (from === undefined) return [];
      return [{ subscriber, ms: Math.max(0, to - from), from, to, instance }];
    });
  });
}
