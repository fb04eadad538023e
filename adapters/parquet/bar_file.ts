/**
 * The bars of one file, decoded as far as they have been asked for.
 *
 * @module
 */
import { type Bars, sliceBars } from "../../domain/bars.ts";
import type { ByteSource } from "./byte_source.ts";
import type { BarLayout } from "./layout.ts";
import { checkOrder, readBars } from "./read_bars.ts";

/** The row groups decoded so far: one run without gaps. */
interface Decoded {
  readonly from: number;
  readonly to: number;
  readonly bars: Bars;
}

/** What a file says to a question; `missing` are row groups to decode first. */
export type Answer<T> =
  | { readonly found: T }
  | { readonly missing: readonly [from: number, to: number] };

/** No bar is of the day asked for; `before` is the nearest one before it. */
export interface NoBar {
  /** The day of the last bar before, if there is one. */
  readonly before: number | undefined;
}

/** The first and the last day of a file. */
export type DayRange = readonly [first: number, last: number];

/** The bars of one file; its content never changes. */
export interface BarFile {
  /** Number of bars. */
  readonly rows: number;
  /** Bytes of memory that it takes now. */
  readonly bytes: number;

  /** The bar of `day` (the last one when absent) and those before it, `rows` at most. */
  window(day: number | undefined, rows: number): Answer<Bars | NoBar>;

  /** How far the bars reach. */
  range(): Answer<DayRange>;

  /**
   * Decodes the row groups from `from` to `to`, and those between them and the
   * ones decoded before. One call at a time.
   *
   * @throws {Damage} When they are no bars; what was decoded before stays.
   */
  decode(source: ByteSource, from: number, to: number): Promise<void>;
}

const OVERHEAD_BYTES = 1024;
const OVERHEAD_BYTES_A_CHUNK = 128;

/** Creates a file of which nothing is decoded yet. */
export function createBarFile(layout: BarLayout): BarFile {
  const { groups, days, rows } = layout;
  const overhead = OVERHEAD_BYTES +
    groups.length * layout.columns.length * OVERHEAD_BYTES_A_CHUNK;
  let decoded: Decoded | undefined;

  /** The run of decoded groups, if it has all from `from` to `to`. */
  function having(from: number, to: number): Decoded | undefined {
    const has = decoded && decoded.from <= from && to <= decoded.to;
    return has ? decoded : undefined;
  }

  /** The row group in which `day` must be, or which come before it. */
  function groupOf(day: number): Answer<number> {
    if (days) {
      return { found: days.findLastIndex(([first]) => first <= day) };
    }
    const last = groups.length;
    const tail = having(last - 1, last);
    if (tail === undefined) return { missing: [last - 1, last] };
    if (tail.bars.day[0]! > day) {
      // Twice as much each time, so that a long file is not pieced together.
      const next = Math.max(0, tail.from - (last - tail.from));
      return tail.from === 0 ? { found: -1 } : { missing: [next, tail.from] };
    }
    const row = groups[tail.from]!.firstRow + lastUpTo(tail.bars.day, day);
    return { found: groupOfRow(row) };
  }

  function groupOfRow(row: number): number {
    return groups.findLastIndex((group) => group.firstRow <= row);
  }

  /** The rows from `start` to `end` of the whole file. */
  function slice(start: number, end: number): Answer<Bars> {
    const [from, to] = [groupOfRow(start), groupOfRow(end - 1) + 1];
    const run = having(from, to);
    if (run === undefined) return { missing: [from, to] };
    const skipped = groups[run.from]!.firstRow;
    return { found: sliceBars(run.bars, start - skipped, end - skipped) };
  }

  return {
    rows,

    get bytes() {
      return overhead + (decoded ? bytesOf(decoded.bars) : 0);
    },

    window(day, count) {
      if (day === undefined) return slice(Math.max(0, rows - count), rows);
      const group = groupOf(day);
      if ("missing" in group) return group;
      if (group.found < 0) return { found: { before: undefined } };
      const run = having(group.found, group.found + 1);
      if (run === undefined) return { missing: [group.found, group.found + 1] };
      const at = lastUpTo(run.bars.day, day);
      if (run.bars.day[at] !== day) {
        return { found: { before: run.bars.day[at] } };
      }
      const end = groups[run.from]!.firstRow + at + 1;
      return slice(Math.max(0, end - count), end);
    },

    range() {
      const last = groups.length;
      const all = having(0, last);
      if (all) return { found: [all.bars.day[0]!, all.bars.day.at(-1)!] };
      if (last === 1 || days === undefined) return { missing: [0, last] };
      return { found: [days[0]![0], days[last - 1]![1]] };
    },

    async decode(source, from, to) {
      const parts: Bars[] = [];
      if (decoded === undefined) {
        parts.push(await readBars(source, layout, from, to));
      } else {
        if (from < decoded.from) {
          parts.push(await readBars(source, layout, from, decoded.from));
        }
        parts.push(decoded.bars);
        if (to > decoded.to) {
          parts.push(await readBars(source, layout, decoded.to, to));
        }
      }
      const start = Math.min(from, decoded?.from ?? from);
      const end = Math.max(to, decoded?.to ?? to);
      const bars = join(parts, groups[start]!.firstRow);
      decoded = { from: start, to: end, bars };
    },
  };
}

/** The place of the last of `days` that is not after `day`; -1 when all are. */
function lastUpTo(days: Int32Array, day: number): number {
  let [low, high] = [0, days.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (days[middle]! <= day) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Puts runs of bars behind one another, of which the first begins at `row`. */
function join(parts: readonly Bars[], row: number): Bars {
  const [only, second] = parts;
  if (only && !second) return only;
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const day = new Int32Array(length);
  const column = () => new Float64Array(length);
  const bars = {
    length,
    day,
    open: column(),
    high: column(),
    low: column(),
    close: column(),
    volume: column(),
    vwap: only?.vwap && column(),
  };
  let at = 0;
  for (const part of parts) {
    if (at > 0) checkOrder(day[at - 1]!, part.day[0]!, row + at);
    day.set(part.day, at);
    bars.open.set(part.open, at);
    bars.high.set(part.high, at);
    bars.low.set(part.low, at);
    bars.close.set(part.close, at);
    bars.volume.set(part.volume, at);
    bars.vwap?.set(part.vwap!, at);
    at += part.length;
  }
  return bars;
}

function bytesOf(bars: Bars): number {
  const columns = bars.vwap ? 6 : 5;
  return bars.day.byteLength + columns * bars.open.byteLength;
}
