/**
 * A feature store in Redis, shared by every instance that believes the server.
 *
 * A vector lies under `features:{symbol}:{date}` as the plain JSON that other
 * tools read; beside it lies a stamp with the generation under which it was
 * computed (see `FEATURE_GENERATIONS`). A vector counts only while that is its
 * generation still, so that forgetting any number of vectors is one step. The
 * generations of all keys that a read named are its fill token.
 *
 * @module
 */
import type {
  FeatureKey,
  FeatureScope,
  FeatureVector,
} from "../../domain/feature.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Entropy } from "../../ports/entropy.ts";
import type { FeatureStore, FillToken } from "../../ports/feature_store.ts";
import { type Belief, createBelievedCalls } from "./believed_calls.ts";
import type { RedisConnection } from "./connection.ts";
import { believe, formatStamp } from "./feature_stamp.ts";
import { FEATURE_GENERATIONS, SCRATCH } from "./keys.ts";
import { PATIENT } from "./patience.ts";
import { createFencedScript } from "./script.ts";
import count from "./scripts/feature_count.lua" with { type: "text" };
import fill from "./scripts/feature_fill.lua" with { type: "text" };
import read from "./scripts/feature_read.lua" with { type: "text" };
import voidScope from "./scripts/feature_void.lua" with { type: "text" };

const READ = createFencedScript("feature_read", read);
const FILL = createFencedScript("feature_fill", fill);
const VOID = createFencedScript("feature_void", voidScope);
const COUNT = createFencedScript("feature_count", count);

/** The vectors that were filled, by the time at which each is to be forgotten. */
const NAMES = "hf:feature:names";

/** Vectors that one script reads or fills: more make others wait for long. */
const MAX_BATCH = 64;

/** Longer vectors are not kept. */
const MAX_VECTOR_CHARS = 16 * 1024;

/** What a store is opened with. */
export interface RedisFeatureOptions extends Belief {
  /** The clock that vectors expire by. */
  readonly clock: Clock;
  /** Draws generations. */
  readonly entropy: Entropy;
}

type Texts = (string | null)[];

/**
 * Opens a store over `connection`; closing it leaves the connection open.
 *
 * Calls fail with `unavailable` while no server is believed. A fill keeps only
 * vectors whose keys the read named that gave its token.
 */
export function openRedisFeatureStore(
  connection: RedisConnection,
  options: RedisFeatureOptions,
): FeatureStore {
  const { clock, entropy } = options;
  const calls = createBelievedCalls("feature store", connection, options);
  const { enter, run } = calls;

  const draw = () => entropy.bytes(16).toHex();

  async function readBatch(
    history: string,
    keys: readonly FeatureKey[],
  ): Promise<{ vectors: (FeatureVector | undefined)[]; lines: string[] }> {
    const fields = [...new Set(["*", ...keys.flatMap(generationFields)])];
    // Vectors are large and do not go through Lua. Nor need both answers be of
    // one moment: a stamp that tells the generation of now is proof enough.
    const [values, texts] = await Promise.all([
      run(READ, [FEATURE_GENERATIONS], [history, ...fields]),
      connection.send(["MGET", ...keys.flatMap(placesOf)], { strikes: false }),
    ]) as [Texts, Texts];
    const held = new Map(fields.map((field, i) => [field, values[i] ?? null]));
    const all = held.get("*") ?? null;
    const now = clock.now();
    const lines: string[] = [];
    const vectors = keys.map((key, i) => {
      if (all === null) return undefined;
      const by = generationFields(key).map((field) => held.get(field) ?? "");
      const generation = [all, ...by].join("|");
      lines.push(`${nameOf(key)} ${generation}`);
      const [json, stamp] = [texts[2 * i]!, texts[2 * i + 1]!];
      return believe(key, json, stamp, { generation, now });
    });
    return { vectors, lines };
  }

  async function fillBatch(
    history: string,
    fills: readonly Fill[],
  ): Promise<number> {
    const now = Math.floor(clock.now());
    const args = fills.flatMap(({ vector, generation, ttlMs }) => {
      const { symbol, date, json } = vector;
      const expiresAt = now + ttlMs;
      const stamp = formatStamp(vector, generation, expiresAt);
      return [
        symbol,
        date,
        generation,
        `${ttlMs}`,
        `${expiresAt}`,
        json,
        stamp,
      ];
    });
    return await run(
      FILL,
      [
        FEATURE_GENERATIONS,
        NAMES,
        ...fills.flatMap(({ vector }) => placesOf(vector)),
      ],
      [history, draw(), `${now}`, ...args],
    ) as number;
  }

  return {
    async read(keys, signal) {
      const history = enter(signal);
      const batches = await Promise.all(
        batchesOf(keys).map((batch) => readBatch(history, batch)),
      );
      const lines = batches.flatMap((batch) => batch.lines);
      return {
        vectors: batches.flatMap((batch) => batch.vectors),
        token: [history, ...lines].join("\n") as FillToken,
      };
    },

    async fill(token, vectors, ttlS, signal) {
      const history = enter(signal);
      const [of, ...lines] = token.split("\n");
      if (of !== history) return 0;
      const generations = new Map(lines.map(splitLine));
      const fills = vectors.flatMap((vector, i): Fill[] => {
        const generation = generations.get(nameOf(vector));
        const isKept = generation !== undefined &&
          vector.json.length <= MAX_VECTOR_CHARS;
        const ttlMs = Math.ceil(ttlS[i]! * 1000);
        return isKept ? [{ vector, generation, ttlMs }] : [];
      });
      // Without generations there is nothing to keep, but they can begin.
      const batches = lines.length === 0 ? [[]] : batchesOf(fills);
      const kept = await Promise.all(
        batches.map((batch) => fillBatch(history, batch)),
      );
      return kept.reduce((sum, one) => sum + one, 0);
    },

    async invalidate(scope, signal) {
      const history = enter(signal);
      const { symbol = "", date = "" } = scope;
      const keys = [FEATURE_GENERATIONS, NAMES, SCRATCH, ...placesOf(scope)];
      await run(VOID, keys, [history, draw(), symbol, date], PATIENT);
    },

    async size(signal) {
      const history = enter(signal);
      return await run(COUNT, [NAMES], [history, `${clock.now()}`]) as number;
    },

    async [Symbol.asyncDispose]() {
      calls.close();
    },
  };
}

/** A vector to be kept. */
interface Fill {
  readonly vector: FeatureVector;
  /** The one under which it was computed. */
  readonly generation: string;
  readonly ttlMs: number;
}

/** Where a vector lies, and its stamp. */
function placesOf(key: FeatureScope): [vector: string, stamp: string] {
  const name = nameOf(key);
  return [`features:${name}`, `hf:feature:${name}`];
}

function nameOf({ symbol, date }: FeatureScope): string {
  return `${symbol ?? ""}:${date ?? ""}`;
}

/** What is raised when the vector is made void, except all together. */
function generationFields(key: FeatureKey): string[] {
  return [key.symbol, `@${key.date}`, nameOf(key)];
}

function splitLine(line: string): [name: string, generation: string] {
  const cut = line.indexOf(" ");
  return [line.slice(0, cut), line.slice(cut + 1)];
}

function batchesOf<T>(items: readonly T[]): (readonly T[])[] {
  const count = Math.ceil(items.length / MAX_BATCH);
  return Array.from(
    { length: count },
    (_, i) => items.slice(i * MAX_BATCH, (i + 1) * MAX_BATCH),
  );
}
