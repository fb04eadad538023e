/**
 * Only as much of a file is read as the bars that are asked for need.
 *
 * @module
 */
import { createBarFile } from "../../adapters/parquet/bar_file.ts";
import { readLayout } from "../../adapters/parquet/layout.ts";
import type { Bars } from "../../domain/bars.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";
import {
  createCountingSource,
  type FileShape,
  someBars,
  writeParquet,
} from "../support/parquet_files.ts";

/** A file of 40 row groups of 50 bars. */
const LONG = someBars(2000, { vwap: false });
const ROWS = 50;

async function openLong(shape: FileShape = {}) {
  const bytes = writeParquet(LONG, { rowGroupSize: ROWS, ...shape });
  const source = createCountingSource(bytes);
  const file = createBarFile(await readLayout(source));
  const footer = source.bytesRead;
  return {
    file,
    size: bytes.length,
    /** Bytes read of the bars themselves. */
    read: () => source.bytesRead - footer,
    async window(day: number | undefined, rows: number) {
      for (;;) {
        const answer = file.window(day, rows);
        if ("found" in answer) return answer.found;
        await file.decode(source, ...answer.missing);
      }
    },
    async range() {
      for (;;) {
        const answer = file.range();
        if ("found" in answer) return answer.found;
        await file.decode(source, ...answer.missing);
      }
    },
  };
}

const slice = (start: number, end: number) => LONG.close.subarray(start, end);

Deno.test("parquet: only the end of a long file is read for the newest bars", async () => {
  for (const statistics of [true, false]) {
    const { file, window, read, size } = await openLong({ statistics });
    const group = size / 40;
    const found = await window(undefined, 61) as Bars;
    deepEqual(found.close, slice(1939, 2000));
    ok(read() < 2.2 * group, `${read()} of ${size} bytes`);
    const once = read();
    await window(undefined, 100);
    await window(LONG.day[1990], 90);
    equal(read(), once);
    await window(undefined, 101);
    ok(read() > once && read() < 3.3 * group);
    ok(file.bytes > 150 * 44 && file.bytes < 150 * 44 + 50_000);
  }
});

Deno.test("parquet: only columns of bars are read", async () => {
  const noise = Array.from({ length: 2000 }, (_, i) => Math.sin(i * i));
  const columns = {
    close: null,
    noise: { type: "DOUBLE", values: noise },
    Close: {
      type: "DOUBLE",
      values: [...LONG.close],
    },
  } as const;
  const without = await openLong();
  const shape = { columns, pageSize: 1e6 };
  const noisy = await openLong(shape);
  deepEqual(
    (await noisy.window(undefined, 61) as Bars).close,
    (await without.window(undefined, 61) as Bars).close,
  );
  ok(noisy.read() <= without.read() + 100);
});

Deno.test("parquet: an old date is found by what the file says of its row groups", async () => {
  const { window, read, size } = await openLong();
  const found = await window(LONG.day[420], 61) as Bars;
  deepEqual(found.close, slice(360, 421));
  ok(read() < 2.5 * size / 40, `${read()} of ${size} bytes`);
  deepEqual((await window(LONG.day[399], 10) as Bars).close, slice(390, 400));
  deepEqual((await window(LONG.day[0], 10) as Bars).close, slice(0, 1));
  deepEqual((await window(undefined, 2000) as Bars).close, LONG.close);
});

Deno.test("parquet: a date is found where the file says nothing of its row groups", async () => {
  for (const row of [1999, 1950, 1949, 1234, 50, 49, 0]) {
    const { window, read, size } = await openLong({ statistics: false });
    const found = await window(LONG.day[row], 61) as Bars;
    deepEqual(found.close, slice(Math.max(0, row - 60), row + 1));
    if (row > 1940) ok(read() < 4.5 * size / 40, `${read()} of ${size} bytes`);
  }
});

Deno.test("parquet: the nearest bar before a missing date is found", async () => {
  const days = LONG.day.map((day, i) => day + 3 * Math.floor(i / ROWS));
  const columns = {
    date: { type: "INT32", converted_type: "DATE", values: [...days] },
  } as const;
  for (const statistics of [true, false]) {
    const { window } = await openLong({ columns, statistics });
    deepEqual(await window(days[49]! + 1, 61), { before: days[49] });
    deepEqual(await window(days[50]! - 1, 61), { before: days[49] });
    deepEqual(await window(days[0]! - 1, 61), { before: undefined });
    deepEqual(await window(days[1999]! + 9, 61), { before: days[1999] });
  }
});

Deno.test("parquet: the range of a long file is told without its bars", async () => {
  const { range, read } = await openLong();
  deepEqual(await range(), [19_000, 20_999]);
  equal(read(), 0);
  const silent = await openLong({ statistics: false });
  deepEqual(await silent.range(), [19_000, 20_999]);
});

Deno.test("parquet: text that is cut short in what the file says is not relied on", async () => {
  const values = Array.from(
    LONG.day,
    (day) =>
      `${new Date(day * 864e5).toISOString().slice(0, 10)}T16:00:00+00:00`,
  );
  const date = { type: "BYTE_ARRAY", converted_type: "UTF8", values } as const;
  const { window, range } = await openLong({ columns: { date } });
  deepEqual((await window(LONG.day[500], 3) as Bars).close, slice(498, 501));
  deepEqual(await range(), [19_000, 20_999]);
});
