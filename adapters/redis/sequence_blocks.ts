/**
 * Blocks of leased numbers in Redis.
 *
 * `user:{user}:sequence:{day}` is the last number that was given out, for
 * whoever reads it; `hf:block:{user}:{day}` tells up to where it may go on, and
 * what it was: a counter that others have set back or made anew is not used.
 *
 * @module
 */
import type { SequenceName, SequenceRange } from "../../domain/sequence.ts";
import { admit } from "../../ports/arguments.ts";
import type { Fenced } from "../../ports/fast_layer.ts";
import type { NoNumbers, SequenceBlocks } from "../../ports/sequence_blocks.ts";
import type { RedisConnection } from "./connection.ts";
import { CHECKPOINT, SCRATCH, sequenceBlock } from "./keys.ts";
import { createFencedScript, isHistory } from "./script.ts";
import floor from "./scripts/sequence_floor.lua" with { type: "text" };
import install from "./scripts/sequence_install.lua" with { type: "text" };
import next from "./scripts/sequence_next.lua" with { type: "text" };
import prelude from "./scripts/sequence.lua" with { type: "text" };

const NEXT = createFencedScript("sequence_next", `${prelude}\n${next}`);
const INSTALL = createFencedScript(
  "sequence_install",
  `${prelude}\n${install}`,
);
const FLOOR = createFencedScript("sequence_floor", `${prelude}\n${floor}`);

type Reply =
  | readonly [first: number, last: number]
  | readonly [zero: 0, floor: number, permit: string];

/** Opens the blocks over `connection`; closing them leaves the connection open. */
export function openRedisSequenceBlocks(
  connection: RedisConnection,
): SequenceBlocks {
  let closed = false;

  async function open<T>(work: () => Promise<T>): Promise<T> {
    admit("sequence blocks", closed, undefined);
    return await work();
  }

  return {
    next: ({ history, generation }, asks) =>
      open(async () => {
        if (!isHistory(history)) return "fenced";
        const replies = await connection.run({
          script: NEXT,
          keys: [
            CHECKPOINT,
            SCRATCH,
            ...asks.flatMap(({ series }) => keysOf(series)),
          ],
          args: [
            history,
            generation,
            ...asks.flatMap(({ least, most }) => [`${least}`, `${most}`]),
          ],
        }) as readonly Reply[] | Fenced;
        return replies === "fenced" ? replies : replies.map(toAnswer);
      }),

    install: ({ history, generation }, series, permit, { first, last }) =>
      open(async () => {
        if (!isHistory(history)) return "fenced";
        const reply = await connection.run({
          script: INSTALL,
          keys: [CHECKPOINT, ...keysOf(series)],
          args: [history, generation, permit, `${first}`, `${last}`],
        }) as 0 | 1 | Fenced;
        return reply === "fenced" ? reply : reply === 1;
      }),

    floor: (series) =>
      open(async () => {
        const keys = [CHECKPOINT, ...keysOf(series)];
        const call = { script: FLOOR, keys, args: [""] };
        return await connection.run(call) as number;
      }),

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}

function keysOf(series: SequenceName): [counter: string, block: string] {
  const { user, day } = series;
  return [`user:${user}:sequence:${day}`, sequenceBlock(series)];
}

function toAnswer(reply: Reply): SequenceRange | NoNumbers {
  if (reply.length === 2) return { first: reply[0], last: reply[1] };
  return { floor: reply[1], permit: reply[2] };
}
