/**
 * The sequence blocks port: blocks of leased numbers on a fast layer, which
 * gives them out one by one and may lose them.
 *
 * `tests/contracts/sequence_blocks.ts` is the definition of this port. Every
 * call is one atomic step on the server and fails within its deadline, with
 * the codes of the fast layer. After a failure it may still run, which does no
 * harm: numbers are skipped.
 *
 * @module
 */
import type { SequenceName, SequenceRange } from "../domain/sequence.ts";
import type { Fenced } from "./fast_layer.ts";

/** Of which data on which server a block is. */
export interface BlockScope {
  /** Names the server's data and their past. */
  readonly history: string;
  /** The generation of its checkpoint. */
  readonly generation: string;
}

/** How many numbers of a series are wanted. */
export interface SequenceAsk {
  /** Which series. */
  readonly series: SequenceName;
  /** Fewer are of no use. */
  readonly least: number;
  /** More are not taken. */
  readonly most: number;
}

/** There are not as many numbers left. */
export interface NoNumbers {
  /** The highest number of the series that the server knows of. */
  readonly floor: number;
  /** Lets one block be installed, once, until another one is or the series is fenced. */
  readonly permit: string;
}

/**
 * Gives out the numbers of a block in order, never one twice as long as every
 * number was leased once. Nothing but `install` begins a block. One that has
 * another scope is not used, nor one whose counter is gone or was set back by
 * somebody; a counter that others have moved on is gone on from.
 *
 * Where the history or the generation is another the answer is `fenced`, and
 * nothing is done; a server that is no master is `unavailable`.
 */
export interface SequenceBlocks extends AsyncDisposable {
  /** Takes the next numbers of each series, or a permit; answers come in the order asked. */
  next(
    scope: BlockScope,
    asks: readonly SequenceAsk[],
  ): Promise<readonly (SequenceRange | NoNumbers)[] | Fenced>;

  /**
   * Puts a block in the place of the one that is there.
   *
   * @param permit Given by `next` before the block was leased.
   * @returns Whether it was put there; not when the permit is used up or void,
   * nor when the counter has gone beyond the block's beginning.
   */
  install(
    scope: BlockScope,
    series: SequenceName,
    permit: string,
    block: SequenceRange,
  ): Promise<boolean | Fenced>;

  /**
   * The highest number of the series that the server knows of, 0 when there is
   * none; any master answers, whatever its history.
   */
  floor(series: SequenceName): Promise<number>;

  /** Releases every resource. Safe to call twice. */
  [Symbol.asyncDispose](): Promise<void>;
}
