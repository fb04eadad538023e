/**
 * How a ledger goes by its row of a series; here once, so that all do alike.
 *
 * @module
 */
import { EPOCH_MARGIN } from "./sequence_ledger.ts";

/** What a ledger keeps of a series. */
export interface SeriesRow {
  /** The highest number given away. */
  readonly leasedTo: number;
  /** The history in which a block may be out; `undefined` when none is. */
  readonly leasedIn: string | undefined;
  /** Position of the last `sequence.fenced`; 0 when there has been none. */
  readonly fencedPosition: number;
  /** The epoch in which it was last compared with the fast layer. */
  readonly epoch: string | undefined;
}

/** The row of a series of which nothing is known. */
export const NEW_SERIES: SeriesRow = {
  leasedTo: 0,
  leasedIn: undefined,
  fencedPosition: 0,
  epoch: undefined,
};

/**
 * The number above which to go on; `undefined` when the series has to be
 * compared with the fast layer first.
 */
export function startOf(
  row: SeriesRow,
  log: { readonly epoch: string; readonly hasChanged: boolean },
  floor: number | undefined,
): number | undefined {
  const start = Math.max(row.leasedTo, floor ?? 0);
  if (row.epoch === log.epoch) return start;
  if (floor === undefined) return undefined;
  return log.hasChanged && start > 0 ? start + EPOCH_MARGIN : start;
}

/**
 * Whether a block may be out that must not be used any more.
 *
 * @param history Where the next block is going to be; `undefined` when there
 * is none.
 */
export function mustFence(
  { leasedIn }: SeriesRow,
  history: string | undefined,
): boolean {
  return leasedIn !== undefined && leasedIn !== history;
}
