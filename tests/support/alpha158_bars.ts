/**
 * Bars to compute Alpha158 features from, and ways to read the result.
 *
 * @module
 */
import { ok } from "./assert.ts";
import {
  ALPHA158_NAMES,
  computeAlpha158,
} from "../../domain/alpha158/alpha158.ts";
import type { Bars } from "../../domain/bars.ts";
import synaBars from "../golden/alpha158/SYNA.csv" with { type: "text" };
import synbBars from "../golden/alpha158/SYNB.csv" with { type: "text" };
import syncBars from "../golden/alpha158/SYNC.csv" with { type: "text" };
import syndBars from "../golden/alpha158/SYND.csv" with { type: "text" };
import syneBars from "../golden/alpha158/SYNE.csv" with { type: "text" };
import syntBars from "../golden/alpha158/SYNT.csv" with { type: "text" };
import syna from "../golden/alpha158/SYNA.json" with { type: "json" };
import synb from "../golden/alpha158/SYNB.json" with { type: "json" };
import sync from "../golden/alpha158/SYNC.json" with { type: "json" };
import synd from "../golden/alpha158/SYND.json" with { type: "json" };
import syne from "../golden/alpha158/SYNE.json" with { type: "json" };
import synt from "../golden/alpha158/SYNT.json" with { type: "json" };

/** Reference values of one series. */
export interface Alpha158Reference {
  /** Names the series. */
  symbol: string;
  /** The features, in order. */
  names: string[];
  /** Some rows of the series; `null` is NaN. */
  rows: {
    /** The row, counted from 0. */
    i: number;
    /** Values of qlib's own operators, in float64. */
    qlib: (number | null)[];
    /** Values of a direct evaluation in 80-bit floats. */
    direct80: (number | null)[];
  }[];
}

/** A synthetic series and its reference values. */
export interface Alpha158Golden {
  /** The whole series. */
  bars: Bars;
  /** What its features are. */
  reference: Alpha158Reference;
}

/**
 * All series with reference values. SYNA has a vwap; SYND has flat stretches,
 * days without volume and a missing open; SYNE has 45 rows.
 */
export const ALPHA158_GOLDEN = {
  SYNA: { bars: parseCsv(synaBars), reference: syna },
  SYNB: { bars: parseCsv(synbBars), reference: synb },
  SYNC: { bars: parseCsv(syncBars), reference: sync },
  SYND: { bars: parseCsv(syndBars), reference: synd },
  SYNE: { bars: parseCsv(syneBars), reference: syne },
  SYNT: { bars: parseCsv(syntBars), reference: synt },
} satisfies { [symbol: string]: Alpha158Golden };

/** The features of one row, by name. */
export function features(bars: Bars, row: number): (name: string) => number {
  const vector = computeAlpha158(bars, row);
  return (name) => {
    const slot = ALPHA158_NAMES.indexOf(name);
    ok(slot >= 0, `${name} is a feature`);
    return vector[slot]!;
  };
}

/** The names of the features that row `row` does not have. */
export function missing(bars: Bars, row: number): string[] {
  const vector = computeAlpha158(bars, row);
  return ALPHA158_NAMES.filter((_, slot) => Number.isNaN(vector[slot]!));
}

/** Bars of given columns; prices are the close, volume 1000, when not given. */
export function barsOf(
  columns:
    & { close: number[] }
    & {
      [column in "open" | "high" | "low" | "volume" | "vwap"]?: number[];
    },
): Bars {
  const { close, open = close, high = close, low = close, vwap } = columns;
  const volume = columns.volume ?? close.map(() => 1000);
  return {
    length: close.length,
    day: Int32Array.from(close, (_, row) => row),
    open: Float64Array.from(open),
    high: Float64Array.from(high),
    low: Float64Array.from(low),
    close: Float64Array.from(close),
    volume: Float64Array.from(volume),
    vwap: vwap && Float64Array.from(vwap),
  };
}

/** Bars of a file with a header line; an empty field is a missing value. */
function parseCsv(text: string): Bars {
  const [header, ...lines] = text.trim().split("\n");
  const names = header!.split(",");
  const rows = lines.map((line) => line.split(","));
  const column = (name: string) => {
    const at = names.indexOf(name);
    return Float64Array.from(rows, (row) => row[at] ? Number(row[at]) : NaN);
  };
  return {
    length: rows.length,
    day: Int32Array.from(rows, ([date]) => Date.parse(date!) / 86_400_000),
    open: column("open"),
    high: column("high"),
    low: column("low"),
    close: column("close"),
    volume: column("volume"),
    vwap: names.includes("vwap") ? column("vwap") : undefined,
  };
}
