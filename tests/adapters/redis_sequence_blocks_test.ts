/**
 * Blocks of numbers in Redis obey the contract of their port, and show what
 * other tools expect.
 *
 * @module
 */
import { parseSequenceDay } from "../../domain/sequence.ts";
import { parseUserId } from "../../domain/user_id.ts";
import type { SequenceBlocksSubject } from "../contracts/sequence_blocks.ts";
import { testSequenceBlocks } from "../contracts/sequence_blocks.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";
import {
  canStartRedis,
  type RedisServer,
  startRedis,
} from "../support/redis_world.ts";
import {
  blockOf,
  counterOf,
  openRedisBlocksSubject,
} from "../support/sequence_world.ts";

const SERIES = {
  user: parseUserId("42"),
  day: parseSequenceDay("20260105"),
};
const COUNTER = counterOf(SERIES);
const BLOCK = blockOf(SERIES);
const ASKS = [{ series: SERIES, least: 1, most: 1 }];

/** What comes of an ask for one number. */
async function ask({ blocks, server }: SequenceBlocksSubject) {
  const answers = await blocks.next(await server.scope(), ASKS);
  ok(answers !== "fenced");
  return answers[0]!;
}

async function install(
  subject: SequenceBlocksSubject,
  first: number,
  last: number,
): Promise<unknown> {
  const { blocks, server } = subject;
  const answer = await ask(subject);
  ok("permit" in answer);
  const scope = await server.scope();
  return await blocks.install(scope, SERIES, answer.permit, { first, last });
}

if (await canStartRedis(import.meta.url)) {
  let server: RedisServer | undefined;
  Deno.test.beforeAll(async () => void (server = await startRedis()));
  Deno.test.afterAll(async () => await server?.[Symbol.asyncDispose]());
  const open = () => openRedisBlocksSubject(server!);

  testSequenceBlocks("redis", open);

  Deno.test("redis blocks: the counter is a plain number that goes after 48 hours, as the block does", async () => {
    await using subject = await open();
    const { cli } = server!;
    equal(await install(subject, 1, 8), true);
    deepEqual(await ask(subject), { first: 1, last: 1 });
    equal(await cli("GET", "user:42:sequence:20260105"), "1");
    for (const key of [COUNTER, BLOCK]) {
      const left: number = await cli("TTL", key);
      ok(left > 47 * 3600 && left <= 48 * 3600);
    }
    equal(await cli("INCR", COUNTER), 2);
    deepEqual(await ask(subject), { first: 3, last: 3 });
    deepEqual(await cli("HKEYS", BLOCK), ["history", "gen", "last", "limit"]);
    equal(await cli("HGET", BLOCK, "limit"), "8");
  });

  Deno.test("redis blocks: what others have put there is not believed", async () => {
    await using subject = await open();
    const { cli } = server!;
    const foreign = ["", "-1", "1e3", "5 ", "1234567890123", "many"];
    for (const text of foreign) {
      await cli("SET", COUNTER, text);
      const answer = await ask(subject);
      ok("floor" in answer);
      equal(answer.floor, 0);
      equal(await subject.blocks.floor(SERIES), 0);
    }
    equal(await install(subject, 1, 8), true);
    deepEqual(await ask(subject), { first: 1, last: 1 });

    await cli("DEL", COUNTER, BLOCK);
    await cli("RPUSH", COUNTER, "a");
    await cli("RPUSH", BLOCK, "a");
    equal(await subject.blocks.floor(SERIES), 0);
    equal(await install(subject, 9, 16), true);
    deepEqual(await ask(subject), { first: 9, last: 9 });

    for (const field of ["history", "gen", "last", "limit"]) {
      await cli("HSET", BLOCK, field, "something else", "asked", "no number");
      ok("permit" in await ask(subject));
      equal(await install(subject, 17, 24), true);
      await cli("DEL", COUNTER);
    }
  });

  Deno.test("redis blocks: 32 permits are good at a time, the one after them voids the others", async () => {
    await using subject = await open();
    const { blocks, server } = subject;
    const permits: string[] = [];
    async function askFor(count: number): Promise<void> {
      for (let i = 0; i < count; i++) {
        const answer = await ask(subject);
        ok("permit" in answer);
        permits.push(answer.permit);
      }
    }
    const put = async (permit: string, first: number) =>
      await blocks.install(await server.scope(), SERIES, permit, {
        first,
        last: first,
      });
    await askFor(32);
    equal(await put(permits[0]!, 1), true);
    deepEqual(await ask(subject), { first: 1, last: 1 });
    permits.length = 0;
    await askFor(33);
    equal(await put(permits[31]!, 2), false);
    // What was leased before is known all the same.
    equal(await blocks.floor(SERIES), 1);
    equal(await put(permits[32]!, 2), true);
  });

  Deno.test("redis blocks: a server without memory goes on giving numbers out", async () => {
    await using subject = await open();
    const { cli } = server!;
    equal(await install(subject, 1, 2), true);
    await cli("CONFIG", "SET", "maxmemory", "1");
    try {
      deepEqual(await ask(subject), { first: 1, last: 1 });
      deepEqual(await ask(subject), { first: 2, last: 2 });
      equal(await install(subject, 3, 4), true);
      deepEqual(await ask(subject), { first: 3, last: 3 });
    } finally {
      await cli("CONFIG", "SET", "maxmemory", "0");
    }
  });
}
