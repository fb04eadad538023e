/**
 * Blocks of leased numbers on a memory fast server: the reference model of the
 * port.
 *
 * @module
 */
import { parseCheckpoint } from "../../domain/checkpoint.ts";
import type { SequenceName, SequenceRange } from "../../domain/sequence.ts";
import { admit } from "../../ports/arguments.ts";
import { PortError } from "../../ports/port_error.ts";
import type {
  BlockScope,
  NoNumbers,
  SequenceAsk,
  SequenceBlocks,
} from "../../ports/sequence_blocks.ts";
import type { MemoryFastServer } from "./fast_server.ts";

/** Permits of one series that are remembered. */
const MAX_PERMITS = 32;

/** What stands beside the counter of a series; it is replaced, never changed. */
interface HeldBlock extends SequenceName, BlockScope {
  /** The last number given out of it. */
  readonly last: number;
  /** The last number in it. */
  readonly limit: number;
  /** What lets a block be put in its place. */
  readonly permits: readonly string[];
}

let permitsMade = 0;

/** Opens blocks over `server`; closing them leaves the server as it is. */
export function openMemorySequenceBlocks(
  server: MemoryFastServer,
): SequenceBlocks {
  let closed = false;

  function enter(): void {
    admit("sequence blocks", closed, undefined);
    if (server.role === "master") return;
    throw new PortError(
      "unavailable",
      `Cannot use the server as it is ${server.role}`,
    );
  }

  function isMeant({ history, generation }: BlockScope): boolean {
    const at = parseCheckpoint(server.data.mark ?? "");
    return history === server.history && at !== undefined && at !== "newer" &&
      at.generation === generation;
  }

  /** What stands there, by any hand. */
  function held(name: string): Partial<HeldBlock> {
    return server.data.blocks.get(name) ?? {};
  }

  function take(
    scope: BlockScope,
    { series, least, most }: SequenceAsk,
  ): SequenceRange | NoNumbers {
    const { blocks, counters } = server.data;
    const name = nameOf(series);
    const at = counters.get(name);
    const block = held(name);
    const { last = Infinity, limit = 0, permits = [] } = block;
    const isOurs = block.history === scope.history &&
      block.generation === scope.generation;
    const left = isOurs && at !== undefined && at >= last ? limit - at : 0;
    if (left >= least) {
      const to = at! + Math.min(left, most);
      counters.set(name, to);
      blocks.set(name, { ...series, ...block, last: to } as HeldBlock);
      return { first: at! + 1, last: to };
    }
    const permit = `permit ${++permitsMade}`;
    const kept = [...permits, permit].slice(-MAX_PERMITS);
    blocks.set(name, { ...series, ...block, permits: kept } as HeldBlock);
    return { floor: Math.max(at ?? 0, limit), permit };
  }

  return {
    async next(scope, asks) {
      enter();
      return isMeant(scope) ? asks.map((ask) => take(scope, ask)) : "fenced";
    },

    async install(scope, series, permit, { first, last: limit }) {
      enter();
      if (!isMeant(scope)) return "fenced";
      const name = nameOf(series);
      const { blocks, counters } = server.data;
      if (!held(name).permits?.includes(permit)) return false;
      if ((counters.get(name) ?? 0) >= first) return false;
      const last = first - 1;
      const block = { ...series, ...scope, last, limit, permits: [] };
      blocks.set(name, block satisfies HeldBlock);
      counters.set(name, last);
      return true;
    },

    async floor(series) {
      enter();
      const name = nameOf(series);
      const { limit = 0 } = held(name);
      return Math.max(server.data.counters.get(name) ?? 0, limit);
    },

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}

function nameOf({ user, day }: SequenceName): string {
  return `${user} ${day}`;
}
