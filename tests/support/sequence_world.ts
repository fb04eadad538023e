/**
 * Blocks of numbers over servers that tests may do things to.
 *
 * @module
 */
import {
  createMemoryFastServer,
  openMemoryFastLayer,
} from "../../adapters/memory/fast_layer.ts";
import { openMemorySequenceBlocks } from "../../adapters/memory/sequence_blocks.ts";
import { openRedisFastLayer } from "../../adapters/redis/fast_layer.ts";
import { openRedisSequenceBlocks } from "../../adapters/redis/sequence_blocks.ts";
import { type Checkpoint, parseCheckpoint } from "../../domain/checkpoint.ts";
import type { SequenceName } from "../../domain/sequence.ts";
import type { FastLayer } from "../../ports/fast_layer.ts";
import { START, step } from "../contracts/fast_layer_subject.ts";
import type {
  BlockServerHooks,
  SequenceBlocksSubject,
} from "../contracts/sequence_blocks.ts";
import { equal } from "./assert.ts";
import { createFakeClock } from "./fake_clock.ts";
import { subject } from "./memory_world.ts";
import { openConnection, type RedisServer, until } from "./redis_world.ts";
import { createSeededEntropy } from "./seeded_entropy.ts";

/** Blocks over a memory server. */
export async function openMemoryBlocksSubject(): Promise<
  SequenceBlocksSubject
> {
  const clock = createFakeClock();
  const server = createMemoryFastServer({
    clock,
    entropy: createSeededEntropy(),
  });
  const layer = openMemoryFastLayer(server);
  const blocks = openMemorySequenceBlocks(server);
  const nameOf = ({ user, day }: SequenceName) => `${user} ${day}`;
  await begin(layer);
  const hooks: BlockServerHooks = {
    ...hooksOf(layer),
    newHistory: async () => server.restore(server.snapshot()),
    flush: async () => server.flush(),
    async evict(what, series) {
      const { counters, blocks } = server.data;
      (what === "counter" ? counters : blocks).delete(nameOf(series));
    },
    async count(series, to) {
      server.data.counters.set(nameOf(series), to);
    },
    counter: async (series) => server.data.counters.get(nameOf(series)),
    demote: async () => server.become("replica"),
  };
  return subject({ blocks, server: hooks }, blocks, layer);
}

/** Blocks over an empty database of `server`. */
export async function openRedisBlocksSubject(
  server: RedisServer,
): Promise<SequenceBlocksSubject> {
  const { cli } = server;
  await using stack = new AsyncDisposableStack();
  await cli("REPLICAOF", "NO", "ONE");
  await cli("FLUSHALL");
  const connection = stack.use(openConnection({ url: server.url }));
  await until(connection, () => connection.isUp);
  const layer = stack.use(openRedisFastLayer(connection));
  const blocks = stack.use(openRedisSequenceBlocks(connection));
  await begin(layer);
  const opened = stack.move();
  return {
    blocks,
    server: {
      ...hooksOf(layer),
      async newHistory() {
        await cli("REPLICAOF", "127.0.0.1", "1");
        await cli("REPLICAOF", "NO", "ONE");
        await until(connection, () => connection.isUp);
      },
      flush: () => cli("FLUSHALL"),
      evict: (what, series) =>
        cli("DEL", what === "counter" ? counterOf(series) : blockOf(series)),
      count: (series, to) => cli("SET", counterOf(series), String(to)),
      async counter(series) {
        const text: string | null = await cli("GET", counterOf(series));
        return text === null ? undefined : Number(text);
      },
      demote: () => cli("REPLICAOF", "127.0.0.1", "1"),
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** The counter of a series in Redis. */
export function counterOf({ user, day }: SequenceName): string {
  return `user:${user}:sequence:${day}`;
}

/** The block of a series in Redis. */
export function blockOf({ user, day }: SequenceName): string {
  return `hf:block:${user}:${day}`;
}

async function begin(layer: FastLayer): Promise<void> {
  const { history, mark } = await layer.inspect();
  const result = await layer.reset(history, mark, START);
  equal(result !== "fenced" && result.applied, true);
}

function hooksOf(
  layer: FastLayer,
): Pick<BlockServerHooks, "scope" | "newGeneration" | "fence"> {
  let generations = 0;
  return {
    async scope() {
      const { history, mark } = await layer.inspect();
      const { generation } = parseCheckpoint(mark!) as Checkpoint;
      return { history, generation };
    },
    async newGeneration() {
      const { history, mark } = await layer.inspect();
      const generation = `b${++generations}`;
      await layer.reset(history, mark, { ...START, generation });
    },
    async fence(series) {
      const { history, mark } = await layer.inspect();
      const from = parseCheckpoint(mark!) as Checkpoint;
      const more = { fenced: [series] };
      const taken = step(history, from, from.position + 1, [], more);
      const result = await layer.drain(taken);
      equal(result !== "fenced" && result.applied, true);
    },
  };
}
