/**
 * Reading of bars from row groups.
 *
 * @module
 */
import type { Bars } from "../../domain/bars.ts";
import { dateOfEpochDay } from "../../domain/trading_date.ts";
import type { ByteSource } from "./byte_source.ts";
import { readColumnChunk } from "./column_chunk.ts";
import { damaged } from "./damage.ts";
import { loadDecompress } from "./decompress.ts";
import type {
  BarColumn,
  BarColumnName,
  BarLayout,
  Chunk,
  RowGroup,
} from "./layout.ts";

/** The days that can be written with four digits a year. */
const [FIRST_DAY, LAST_DAY] = [-719_528, 2_932_896];

/**
 * Reads the bars of the row groups from `from` up to, not including, `to`.
 *
 * Only the bytes of the columns of bars are read, one run at a time.
 *
 * @throws {Damage} When they are not bars of strictly ascending days.
 */
export async function readBars(
  source: ByteSource,
  layout: BarLayout,
  from: number,
  to: number,
): Promise<Bars> {
  const groups = layout.groups.slice(from, to);
  const first = groups[0]!.firstRow;
  const length = groups.reduce((sum, group) => sum + group.rows, 0);
  const columns = new Map(
    layout.columns.map(({ name }) => [name, new Float64Array(length)]),
  );
  for (const group of groups) {
    const runs = await readRuns(source, group.chunks);
    for (const [i, column] of layout.columns.entries()) {
      const chunk = group.chunks[i]!;
      const values = await readColumn(runs, group, chunk, column);
      columns.get(column.name)!.set(values, group.firstRow - first);
    }
  }
  const column = (name: BarColumnName) => columns.get(name)!;
  return {
    length,
    day: readDays(column("day"), first),
    open: column("open"),
    high: column("high"),
    low: column("low"),
    close: column("close"),
    volume: column("volume"),
    vwap: columns.get("vwap"),
  };
}

/** A run of bytes of the file. */
interface Run {
  readonly start: number;
  readonly end: number;
  readonly bytes: Uint8Array;
}

/** Reads the bytes of `chunks`; those that touch are read together. */
async function readRuns(
  source: ByteSource,
  chunks: readonly Chunk[],
): Promise<Run[]> {
  const spans: { start: number; end: number }[] = [];
  for (const { start, end } of chunks.toSorted((a, b) => a.start - b.start)) {
    const last = spans.at(-1);
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else spans.push({ start, end });
  }
  const runs: Run[] = [];
  for (const { start, end } of spans) {
    runs.push({ start, end, bytes: await source.read(start, end) });
  }
  return runs;
}

async function readColumn(
  runs: readonly Run[],
  group: RowGroup,
  chunk: Chunk,
  column: BarColumn,
): Promise<Float64Array> {
  const run = runs.find(({ start, end }) =>
    start <= chunk.start && chunk.end <= end
  )!;
  const bytes = run.bytes.subarray(
    chunk.start - run.start,
    chunk.end - run.start,
  );
  return readColumnChunk(bytes, group.rows, {
    type: column.type,
    isOptional: column.isOptional,
    decompress: await loadDecompress(chunk.codec),
  });
}

function readDays(values: Float64Array, firstRow: number): Int32Array {
  values.forEach((day, i) => {
    if (Number.isNaN(day)) damaged(`row ${firstRow + i} has no date`);
    if (!(day >= FIRST_DAY && day <= LAST_DAY)) {
      damaged(`row ${firstRow + i} has a date outside the calendar`);
    }
    if (i > 0) checkOrder(values[i - 1]!, day, firstRow + i);
  });
  return Int32Array.from(values);
}

/**
 * Checks that the bar of `row` comes after the one before it.
 *
 * @throws {Damage} When it does not.
 */
export function checkOrder(before: number, day: number, row: number): void {
  if (before < day) return;
  const date = dateOfEpochDay(day);
  if (before === day) {
    damaged(
      `rows ${row - 1} and ${row} are of the same day ${date}: ` +
        `only daily bars are supported, not intraday ones`,
    );
  }
  damaged(
    `its rows are not in ascending order of date: row ${row} of ${date} ` +
      `comes after ${dateOfEpochDay(before)}`,
  );
}
