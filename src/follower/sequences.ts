/**
 * Order sequence numbers over a database of record and a fast layer that
 * follows it.
 *
 * Every number is given away once by the database: one by one, or in blocks
 * that the fast layer gives out. A block is used only on the very data where it
 * was begun, so that it does not matter how the fast layer is lost.
 *
 * @module
 */
import { LRUCache } from "lru-cache";
import type { SequenceName, SequenceRange } from "../../domain/sequence.ts";
import { admit, checkSequenceCount } from "../../ports/arguments.ts";
import type { Clock } from "../../ports/clock.ts";
import { PortError } from "../../ports/port_error.ts";
import type { NoNumbers, SequenceBlocks } from "../../ports/sequence_blocks.ts";
import type { Fence, SequenceLedger } from "../../ports/sequence_ledger.ts";
import type { SequencePort } from "../../ports/sequence_port.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { createBlockCalls } from "./block_calls.ts";
import { type BlockSize, createBlockSize } from "./block_size.ts";
import type { Gate } from "./gate.ts";
import { createSequenceLine, type SequenceLine } from "./sequence_line.ts";
import type { Session } from "./session.ts";

/** Series that are remembered; for others it is as if they had just begun. */
const MAX_SERIES = 10_000;

/** Blocks that others may snatch away before the database is asked instead. */
const ATTEMPTS = 8;

/** How long the fast layer may take to be there at first, where it has to be asked. */
const GRACE_MS = 1000;

/** Between two attempts to ask it. */
const PAUSE_MS = 20;

/** What numbers come from. */
export interface SequenceParts {
  /** Gives them away. */
  readonly ledger: SequenceLedger;
  /** Gives blocks out. */
  readonly blocks: SequenceBlocks;
  /** Whether the fast layer is believed. */
  readonly gate: Pick<Gate, "open" | "isRecordAway" | "close">;
  /** Tells how fast blocks are used up. */
  readonly clock: Clock;
  /** Hears of blocks. */
  readonly telemetry: Pick<Telemetry, "count">;
}

/** The same numbers from two places; closing either leaves the parts open. */
export interface FollowedSequences {
  /** From the fast layer as far as it may be believed. */
  readonly sequence: SequencePort;
  /** From the database alone. */
  readonly databaseSequence: SequencePort;
}

/** What is known of a series. */
interface Series {
  readonly name: SequenceName;
  readonly key: string;
  readonly size: BlockSize;
  readonly fast: SequenceLine;
  readonly database: SequenceLine;
  /** What the fast layer must have followed before it is asked. */
  fence: Fence | undefined;
  /** The highest number that this instance has seen given out; 0 when none. */
  highest: number;
}

/** Opens both. */
export function openFollowedSequences(parts: SequenceParts): FollowedSequences {
  const { ledger, blocks, gate, clock, telemetry } = parts;
  const openedAt = clock.monotonic();
  const ask = createBlockCalls(blocks);
  let lastSession: Session | undefined;
  /** The newest fence of the series that are not remembered. */
  let forgotten: Fence | undefined;
  const known = new LRUCache<string, Series>({
    max: MAX_SERIES,
    dispose: ({ fence }) => forgotten = newer(forgotten, fence),
  });

  function seriesOf(name: SequenceName): Series {
    const key = `${name.user} ${name.day}`;
    let series = known.get(key);
    if (series) return series;
    series = {
      name,
      key,
      size: createBlockSize(clock),
      fast: createSequenceLine((least, most) => take(series!, least, most)),
      database: createSequenceLine((_, most) => issue(series!, most)),
      fence: forgotten,
      highest: 0,
    };
    known.set(key, series);
    return series;
  }

  async function take(
    series: Series,
    least: number,
    most: number,
  ): Promise<SequenceRange> {
    return await takeFromBlock(series, least, most) ??
      await issue(series, most);
  }

  /** `undefined` when the fast layer has none to be used. */
  async function takeFromBlock(
    series: Series,
    least: number,
    most: number,
  ): Promise<SequenceRange | undefined> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const session = believed(series);
      if (!session) return undefined;
      const { history, checkpoint: { generation } } = session;
      const answer = await ask({ history, generation }, {
        series: series.name,
        least,
        most,
      });
      // Where nobody knows whether it was done, numbers are skipped.
      if (!answer) return undefined;
      if (answer === "fenced") return disbelieve(session);
      if ("first" in answer) {
        series.size.took(answer.last - answer.first + 1);
        series.highest = answer.last;
        return answer;
      }
      if (!await refill(series, session, generation, answer, most)) {
        return undefined;
      }
    }
    return undefined;
  }

  /**
   * Whom to ask, if anybody. While only the database is away, blocks are used
   * up: nothing but their place makes them good.
   */
  function believed({ fence }: Series): Session | undefined {
    const { open } = gate;
    if (open) lastSession = open.session;
    const session = open || gate.isRecordAway ? lastSession : undefined;
    if (!session || !fence) return session;
    const { epoch, position } = session.checkpoint;
    // What was issued since would be above what a block has.
    return epoch === fence.epoch && position >= fence.position
      ? session
      : undefined;
  }

  function disbelieve(session: Session): undefined {
    gate.close("it is not the server that it was", session);
  }

  /** Leases a block; whether it makes sense to ask again. */
  async function refill(
    { name, size, highest }: Series,
    { history }: Session,
    generation: string,
    { floor, permit }: NoNumbers,
    wanted: number,
  ): Promise<boolean> {
    const count = Math.max(size.next(), wanted);
    const block = await ledger.lease(name, count, { history, floor });
    telemetry.count("holdfast_sequence_blocks_total");
    // Where nothing is known of the numbers below, nothing is said of them.
    const given = Math.max(floor, highest);
    if (given > 0) noteSkipped(block.first - given - 1);
    let isInstalled = false;
    try {
      const scope = { history, generation };
      // If another one was installed meanwhile, that does as well.
      isInstalled = await blocks.install(scope, name, permit, block) === true;
      return true;
    } catch (error) {
      if (!(error instanceof PortError)) throw error;
      return false;
    } finally {
      if (!isInstalled) noteSkipped(count);
    }
  }

  function noteSkipped(numbers: number): void {
    if (numbers <= 0) return;
    telemetry.count("holdfast_sequence_numbers_skipped_total", {}, numbers);
  }

  async function issue(
    series: Series,
    count: number,
  ): Promise<SequenceRange> {
    const { name } = series;
    let issued = await ledger.issue(name, count);
    if (issued === "unadopted") {
      issued = await ledger.issue(name, count, await floorOf(name));
    }
    const { first, last, fence } = issued as Exclude<typeof issued, string>;
    series.fence = newer(series.fence, fence);
    series.highest = last;
    // It may have been dropped from what is remembered meanwhile.
    if (known.peek(series.key) !== series) forgotten = newer(forgotten, fence);
    return { first, last };
  }

  /** What the fast layer knows of; 0 when there is none. */
  async function floorOf(name: SequenceName): Promise<number> {
    for (;;) {
      try {
        return await blocks.floor(name);
      } catch (error) {
        if (!(error instanceof PortError)) throw error;
        // It may be connecting still.
        if (clock.monotonic() >= openedAt + GRACE_MS) return 0;
      }
      await clock.sleep(PAUSE_MS);
    }
  }

  function openFace(from: "fast" | "database"): SequencePort {
    let closed = false;
    return {
      async next(user, day, count = 1, signal) {
        admit("sequence port", closed, signal);
        checkSequenceCount(count);
        return await seriesOf({ user, day })[from].next(count, signal);
      },
      async [Symbol.asyncDispose]() {
        closed = true;
      },
    };
  }

  return {
    sequence: openFace("fast"),
    databaseSequence: openFace("database"),
  };
}

/** The fence that comes after the other; of two epochs the one heard of last. */
function newer(
  known: Fence | undefined,
  heard: Fence | undefined,
): Fence | undefined {
  if (!heard || !known || known.epoch !== heard.epoch) return heard ?? known;
  return heard.position > known.position ? heard : known;
}
