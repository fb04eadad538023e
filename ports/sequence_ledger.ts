/**
 * The sequence ledger port: the database of record, as those see it who lease
 * numbers to a fast layer.
 *
 * `tests/contracts/sequence_ledger.ts` is the definition of this port.
 *
 * @module
 */
import type { SequenceName, SequenceRange } from "../domain/sequence.ts";

/** Where a leased block is to be kept. */
export interface BlockPlace {
  /** Names the fast layer's data and their past. */
  readonly history: string;
  /** The highest number of the series that the fast layer knows of; 0 when none. */
  readonly floor: number;
}

/** A place in the log. */
export interface Fence {
  /** The epoch of the log. */
  readonly epoch: string;
  /** The position of an entry, or 0. */
  readonly position: number;
}

/** Numbers issued by the database itself. */
export interface IssuedRange extends SequenceRange {
  /**
   * Whoever has followed the log up to here has let go of every block leased
   * before: the last `sequence.fenced` of the series.
   */
  readonly fence: Fence;
}

/** Nobody has compared the series with the fast layer in this epoch of the log. */
export type Unadopted = "unadopted";

/** Above what a fast layer knows of, the first numbers of a new epoch begin: others may have been lost with the old one. */
export const EPOCH_MARGIN = 1000;

/**
 * Gives numbers away, durably, each at most once: those of one series rise
 * from call to call, whatever the call, and are above `floor` where one is
 * given. Where the epoch of the log has changed since the last call for a
 * series that has numbers, `EPOCH_MARGIN` of them are skipped. Callers own
 * retries: a call that failed may have used its numbers up.
 */
export interface SequenceLedger extends AsyncDisposable {
  /**
   * Leases a block of `size` numbers. Where a block may be out in another
   * history, `sequence.fenced` is appended in the same transaction.
   *
   * @param size From 1 to `MAX_SEQUENCE_COUNT`.
   * @throws {PortError} `invalid` when `size` is outside its range.
   */
  lease(
    series: SequenceName,
    size: number,
    place: BlockPlace,
    signal?: AbortSignal,
  ): Promise<SequenceRange>;

  /**
   * Issues `count` numbers that no block has. Where a block may be out,
   * `sequence.fenced` is appended in the same transaction.
   *
   * @param count From 1 to `MAX_SEQUENCE_COUNT`.
   * @param floor The highest number of the series that the fast layer knows of,
   * 0 when there is none to ask; without it, a series that is to be compared
   * first is left as it is.
   * @throws {PortError} `invalid` when `count` is outside its range.
   */
  issue(
    series: SequenceName,
    count: number,
    floor?: number,
    signal?: AbortSignal,
  ): Promise<IssuedRange | Unadopted>;

  /** Releases every resource. Safe to call twice. */
  [Symbol.asyncDispose](): Promise<void>;
}
