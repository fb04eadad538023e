/**
 * Clients that read and write settings over HTTP, and what they were told.
 *
 * @module
 */
import { parseCheckpoint } from "../../domain/checkpoint.ts";
import type { UserId } from "../../domain/user_id.ts";
import { type SettingsKey, settingsKey } from "../../domain/settings.ts";
import { sleep, within } from "../../scripts/server_process.ts";
import { type Chance, createChance } from "../simulation/chance.ts";
import { userSettings } from "../support/default_documents.ts";
import { createHistory, type History } from "../support/history.ts";
import { ask, Refused } from "./http.ts";
import type { World } from "./world.ts";

/** A request without the answer that it was to have. */
export interface Failure {
  readonly client: string;
  readonly instance: string;
  readonly kind: "read" | "write";
  /** Whose settings. */
  readonly user: string;
  readonly start: number;
  readonly end: number;
  readonly message: string;
  /** Whether Redis had what was asked for, before and after. */
  readonly isHeld: boolean;
}

/** The longest time between two answers to the same client. */
export interface Gaps {
  /** Whatever happened meanwhile. */
  any: number;
  /** Where the client's instance had no outage meanwhile. */
  unexcused: number;
}

/** What clients have seen. */
export interface Account {
  readonly history: History;
  readonly gaps: Readonly<Record<"read" | "write", Readonly<Gaps>>>;
  /** Failures with an excuse, by what it is. */
  readonly allowed: ReadonlyMap<string, readonly Failure[]>;
  /** Failures without one. */
  readonly forbidden: readonly Failure[];
  /** Unverified answers without an excuse. */
  readonly unverified: readonly Failure[];
  /** Milliseconds of answers: reads by where they came from, writes by mode. */
  readonly latencies: ReadonlyMap<string, readonly number[]>;
}

/** Clients at work. */
export interface Clients extends Account {
  /** Lets every user have settings. */
  prepare(): Promise<void>;
  /** Works until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** Reads every user's settings once through each instance. */
  readAll(): Promise<void>;
}

/** The users, whose settings are the registers of the history. */
export const USERS = Array.from({ length: 20 }, (_, i) => `user${i}`);

/** This one's settings do not fit into a script of Redis. */
const LARGE = USERS[0]!;
const LARGE_CHARS = 70_000;

const READERS = 16;
const WRITERS = 8;

/** How long after a write without an answer its change may reach Redis. */
const FOLLOW_MS = 500;

/** Pauses between the requests of one client. */
const THINK_MS = [5, 55] as const;

/** Under which key the settings of `user` are stored. */
export function keyOf(user: string): SettingsKey {
  return settingsKey(user as UserId, "settings:all");
}

/** The document that says `value`. */
export function documentOf(user: string, value: string): string {
  const padding = user === LARGE ? "x".repeat(LARGE_CHARS) : "";
  return JSON.stringify(userSettings({ value, padding }));
}

/**
 * Creates the clients of `world`.
 *
 * @param modeOf In which mode an instance is, as it was seen last.
 */
export function createClients(
  world: World,
  seed: number,
  modeOf: (instance: string) => string,
): Clients {
  const { instances, outages } = world;
  const now = () => performance.now();
  const history = createHistory(now, (error) =>
    // Nobody knows what became of a write without an answer, or with this one.
    error instanceof Refused && error.status !== 504 ? "failed" : "unknown");
  const failures: Failure[] = [];
  const latencies = new Map<string, number[]>();
  const gaps = {
    read: { any: 0, unexcused: 0 },
    write: { any: 0, unexcused: 0 },
  };
  const unverified: Failure[] = [];
  const answered = new Map<string, number>();
  let written = 0;

  const instanceOf = (number: number) => instances[number % 2]!;

  function measure(what: string, ms: number): void {
    latencies.getOrInsertComputed(what, () => []).push(ms);
  }

  async function read(number: number, client: string, user: string) {
    const { url } = instanceOf(number);
    let etag: string | undefined;
    await history.read(client, user, async () => {
      const start = now();
      const { headers, document } = await ask(url, "GET", user);
      const verified = headers.get("x-holdfast-verified") !== "false";
      const source = headers.get("x-holdfast-source") ?? "nothing";
      measure(verified ? source : "unverified", now() - start);
      if (!verified) {
        // Said where the database cannot be asked, and nowhere else.
        const { name } = instanceOf(number);
        const end = now();
        if (!outages.lacks(name, ["process", "postgres"], start, end)) {
          unverified.push({
            client,
            instance: name,
            kind: "read",
            user,
            start,
            end,
            message: "Unverified: although Postgres was there",
            isHeld: true,
          });
        }
      }
      if (document === undefined) {
        return { value: undefined, version: 0, verified };
      }
      etag = headers.get("etag")!;
      return {
        value: valueOf(user, document),
        version: versionOf(etag),
        verified,
      };
    });
    return etag;
  }

  async function write(
    number: number,
    client: string,
    user: string,
    etag?: string,
  ): Promise<void> {
    const { url, name } = instanceOf(number);
    const value = `${client}-${++written}`;
    await history.write(client, user, value, async () => {
      const start = now();
      const mode = modeOf(name);
      const body = documentOf(user, value);
      const { headers } = await ask(url, "PUT", user, body, etag);
      measure(`write, ${mode}`, now() - start);
      return versionOf(headers.get("etag")!);
    });
  }

  /** What is to blame, if anything; known for certain once all is noted. */
  function excuseOf(failure: Failure): string | undefined {
    const { instance, kind, start, end, message } = failure;
    if (/^Refused: (?!503|504)/.test(message)) return undefined;
    const excuse = outages.excuse(instance, kind, start, end);
    if (excuse !== undefined || kind === "write") return excuse;
    if (failure.isHeld && !wasLetGo(failure)) return undefined;
    return outages.lacks(instance, ["postgres"], start, end)
      ? "postgres and the key in redis"
      : undefined;
  }

  /**
   * Whether what was asked for had to leave Redis meanwhile: what is too large
   * for a script is let go with every change, and is filled in again later.
   */
  function wasLetGo({ user, start, end }: Failure): boolean {
    return user === LARGE && history.operations.some((one) => {
      if (one.kind !== "write" || one.key !== user) return false;
      const until = one.end + (one.outcome === "unknown" ? FOLLOW_MS : 0);
      return one.outcome !== "failed" && one.start <= end && start <= until;
    });
  }

  /** Whether Redis has settings of `user`, where an instance may have to rely on that. */
  async function wasHeld(instance: string, user: string): Promise<boolean> {
    if (!outages.lacks(instance, ["postgres"], now(), now())) return true;
    return await within(LOOK_MS, holds(world, user)) ?? true;
  }

  /** Does something, and takes down how it failed. */
  async function attempt(
    kind: "read" | "write",
    number: number,
    client: string,
    user: string,
    work: () => Promise<unknown>,
  ): Promise<boolean> {
    const start = now();
    const { name } = instanceOf(number);
    const before = kind === "read" && await wasHeld(name, user);
    try {
      await work();
      noteAnswer(kind, name, client);
      return true;
    } catch (error) {
      if (error instanceof Refused && error.status === 412) {
        // Somebody else was faster.
        noteAnswer(kind, name, client);
        return true;
      }
      const end = now();
      const message = String(error);
      const isHeld = before && await holds(world, user);
      failures.push({
        ...{ client, instance: name, kind, user, start, end, message },
        isHeld,
      });
      return false;
    }
  }

  function noteAnswer(
    kind: "read" | "write",
    instance: string,
    client: string,
  ): void {
    const end = now();
    const last = answered.get(client) ?? end;
    answered.set(client, end);
    gaps[kind].any = Math.max(gaps[kind].any, end - last);
    if (outages.excuses(instance, kind, last, end)) return;
    gaps[kind].unexcused = Math.max(gaps[kind].unexcused, end - last);
  }

  async function work(
    signal: AbortSignal,
    chance: Chance,
    step: (user: string) => Promise<boolean>,
  ): Promise<void> {
    await sleep(chance.between(...THINK_MS));
    while (!signal.aborted) {
      const did = await step(chance.pick(USERS));
      await sleep(chance.between(...THINK_MS) * (did ? 1 : 4));
    }
  }

  function runReader(number: number, signal: AbortSignal): Promise<void> {
    const client = `reader${number}`;
    return work(
      signal,
      createChance(seed, client),
      (user) =>
        attempt("read", number, client, user, () => read(number, client, user)),
    );
  }

  function runWriter(number: number, signal: AbortSignal): Promise<void> {
    const client = `writer${number}`;
    const chance = createChance(seed, client);
    return work(signal, chance, async (user) => {
      let etag: string | undefined;
      if (chance.happens(0.15)) {
        const seen = async () => etag = await read(number, client, user);
        if (!await attempt("read", number, client, user, seen)) return false;
      }
      return await attempt(
        "write",
        number,
        client,
        user,
        () => write(number, client, user, etag),
      );
    });
  }

  return {
    history,
    gaps,
    get allowed() {
      const excused = failures.filter((one) => excuseOf(one) !== undefined);
      return Map.groupBy(excused, (one) => excuseOf(one)!);
    },
    get forbidden() {
      return failures.filter((one) => excuseOf(one) === undefined);
    },
    unverified,
    latencies,
    async prepare() {
      for (const user of USERS) await write(0, "first", user);
    },
    async run(signal) {
      const all: Promise<void>[] = [];
      for (let i = 0; i < READERS; i++) all.push(runReader(i, signal));
      for (let i = 0; i < WRITERS; i++) all.push(runWriter(i, signal));
      await Promise.all(all);
    },
    async readAll() {
      for (const user of USERS) {
        for (const number of instances.keys()) {
          const client = `last${number}`;
          await attempt(
            "read",
            number,
            client,
            user,
            () => read(number, client, user),
          );
        }
      }
    },
  };
}

/** How long is waited for a look at Redis before a request. */
const LOOK_MS = 50;

/** The checkpoint, and the beginning of a value. */
const LOOK = `return {
  redis.call("GET", KEYS[1]), redis.call("GETRANGE", KEYS[2], 0, 99)
}`;

/** Whether Redis has settings of `user` that it may answer with. */
async function holds({ redis }: World, user: string): Promise<boolean> {
  const key = keyOf(user);
  const looked = redis.command("EVAL", LOOK, 2, "hf:checkpoint", key)
    .catch(() => undefined) as Promise<[string, string] | undefined>;
  const [mark, value] = await within(500, looked) ?? [];
  const at = parseCheckpoint(mark ?? "");
  const head = /^\{"version":(\d+),"gen":"([^"]+)",/.exec(value ?? "");
  return typeof at === "object" && head?.[2] === at.generation &&
    Number(head[1]) <= at.position;
}

function versionOf(etag: string): number {
  const version = /^"(\d+)"$/.exec(etag)?.[1];
  if (version === undefined) throw new Error(`no version in ETag ${etag}`);
  return Number(version);
}

function valueOf(user: string, document: string): string {
  const value = JSON.parse(document).custom?.value;
  return documentOf(user, value) === document ? value : `${value}, damaged`;
}
