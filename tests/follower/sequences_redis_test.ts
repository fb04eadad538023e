/**
 * Numbers over Postgres and a real Redis: several instances, and a server that
 * is lost in every way.
 *
 * @module
 */
import { openRedisFastLayer } from "../../adapters/redis/fast_layer.ts";
import { openRedisSequenceBlocks } from "../../adapters/redis/sequence_blocks.ts";
import { openPostgresEventBus } from "../../adapters/postgres/event_bus.ts";
import { openPostgresRecordStore } from "../../adapters/postgres/record_store.ts";
import { openPostgresSequenceLedger } from "../../adapters/postgres/sequence_ledger.ts";
import { createSystemClock } from "../../adapters/system/clock.ts";
import { parseSequenceDay } from "../../domain/sequence.ts";
import { parseUserId } from "../../domain/user_id.ts";
import type { SequencePort } from "../../ports/sequence_port.ts";
import { openFollower } from "../../src/follower/follower.ts";
import { openFollowedSequences } from "../../src/follower/sequences.ts";
import { testSequencePort } from "../contracts/sequence_port.ts";
import { equal, ok } from "../support/assert.ts";
import {
  makeSchema,
  openDatabase,
  type Schema,
} from "../support/postgres_world.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";
import {
  canStartRedis,
  openConnection,
  type RedisServer,
  startRedis,
} from "../support/redis_world.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { requireService } from "../support/services.ts";

const DAY = parseSequenceDay("20260105");
const USERS = ["ann", "bob"].map(parseUserId);

/** One instance. */
interface Instance extends AsyncDisposable {
  readonly sequence: SequencePort;
  /** Resolves once its gate is open. */
  opened(): Promise<void>;
  close(): void;
}

function openInstance(
  { url }: Schema,
  redis: RedisServer,
  seed: number,
): Instance {
  const stack = new AsyncDisposableStack();
  const clock = createSystemClock();
  const db = stack.use(openDatabase(url, { seed }));
  const connection = stack.use(openConnection({ url: redis.url }));
  const follower = stack.use(openFollower({
    record: stack.use(openPostgresRecordStore(db)),
    bus: stack.use(openPostgresEventBus(db)),
    fast: stack.use(openRedisFastLayer(connection)),
    clock,
    entropy: createSeededEntropy(seed),
    telemetry: createRecordingTelemetry(),
    label: `instance ${seed}`,
  }));
  const { sequence } = openFollowedSequences({
    ledger: stack.use(openPostgresSequenceLedger(db)),
    blocks: stack.use(openRedisSequenceBlocks(connection)),
    gate: follower.gate,
    clock,
    telemetry: createRecordingTelemetry(),
  });
  return {
    sequence,
    close: () => follower.gate.close("the test says so"),
    opened: () =>
      new Promise((resolve) => {
        if (follower.gate.open) return resolve();
        const stop = follower.listen(() => {
          if (!follower.gate.open) return;
          stop();
          resolve();
        });
      }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const url = await requireService(import.meta.url, "postgres");
if (url && await canStartRedis(import.meta.url)) {
  let server: RedisServer | undefined;
  Deno.test.beforeAll(async () => void (server = await startRedis()));
  Deno.test.afterAll(async () => await server?.[Symbol.asyncDispose]());

  testSequencePort("postgres and redis", async () => {
    await using stack = new AsyncDisposableStack();
    await server!.cli("FLUSHALL");
    const schema = stack.use(await makeSchema(url));
    const instance = stack.use(openInstance(schema, server!, 1));
    await instance.opened();
    const opened = stack.move();
    return {
      sequence: instance.sequence,
      [Symbol.asyncDispose]: () => opened.disposeAsync(),
    };
  });

  Deno.test("postgres and redis: instances issue no number twice while the server is lost again and again", async () => {
    const { cli } = server!;
    await cli("FLUSHALL");
    await using schema = await makeSchema(url);
    await using stack = new AsyncDisposableStack();
    const instances = [1, 2, 3].map((seed) =>
      stack.use(openInstance(schema, server!, seed))
    );
    await Promise.all(instances.map((one) => one.opened()));
    const chance = createSeededEntropy(5);
    const seen = new Set<string>();
    let issued = 0;
    let isOver = false;

    async function trade({ sequence }: Instance, i: number): Promise<void> {
      const user = USERS[i % 2]!;
      let before = 0;
      while (!isOver) {
        const count = 1 + Math.floor(chance.fraction() * 3);
        const { first, last } = await sequence.next(user, DAY, count);
        ok(first > before, `${user} ${before}, then ${first}`);
        before = last;
        for (let n = first; n <= last; n++, issued++) seen.add(`${user} ${n}`);
      }
    }

    const LOSSES: (() => Promise<unknown>)[] = [
      () => cli("FLUSHALL"),
      () => cli("DEL", "hf:checkpoint"),
      () => cli("DEL", `user:ann:sequence:${DAY}`),
      () => cli("DEL", `hf:block:ann:${DAY}`),
      () => cli("SET", `user:bob:sequence:${DAY}`, "0"),
      async () => instances[0]!.close(),
      async () => {
        await cli("REPLICAOF", "127.0.0.1", "1");
        await cli("REPLICAOF", "NO", "ONE");
      },
      () => cli("SCRIPT", "FLUSH"),
    ];
    const traders = Array.from(
      { length: 12 },
      (_, i) => trade(instances[i % 3]!, i),
    );
    for (const lose of [...LOSSES, ...LOSSES]) {
      const target = issued + 200;
      await Promise.race([
        ...traders,
        (async () => {
          while (issued < target) {
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
        })(),
      ]);
      await lose();
    }
    isOver = true;
    await Promise.all(traders);
    equal(seen.size, issued);
    await Promise.all(instances.map((one) => one.opened()));
    // On a busy machine the next numbers may come from the database yet.
    let last = { number: 0, counter: -1 };
    for (let i = 0; i < 50 && last.number !== last.counter; i++) {
      const { first } = await instances[1]!.sequence.next(USERS[0]!, DAY);
      ok(!seen.has(`ann ${first}`));
      const counter = await cli("GET", `user:ann:sequence:${DAY}`);
      last = { number: first, counter: Number(counter) };
    }
    equal(last.counter, last.number);
  });
}
