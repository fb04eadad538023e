/**
 * Damaged files are refused without a hang, whatever is wrong with them.
 *
 * @module
 */
import fc from "fast-check";
import type { SchemaElement } from "hyparquet";
import { readColumnType } from "../../adapters/parquet/column_type.ts";
import type { Bars } from "../../domain/bars.ts";
import { equal, ok, rejects, throws } from "../support/assert.ts";
import {
  type ColumnShape,
  COMPRESSIONS,
  damage,
  decodeParquet,
  type FileShape,
  holedBars,
  someBars,
  writeParquet,
} from "../support/parquet_files.ts";

const roundTrip = (bars: Bars, shape?: FileShape) =>
  decodeParquet(writeParquet(bars, shape));

Deno.test("parquet: columns that are missing or of another kind are named", async () => {
  const text = { type: "BYTE_ARRAY", converted_type: "UTF8" } as const;
  const words = Array(5).fill("1");
  const five = [1, 2, 3, 4, 5];
  const cases: [Record<string, ColumnShape | null>, RegExp][] = [
    [{ open: null, volume: null }, /lacks the columns open, volume$/],
    [{ date: null }, /lacks the columns date or timestamp$/],
    [
      { date: { type: "INT32" } },
      /column date is of type INT32: a date, a timestamp or text is expected/,
    ],
    [{ date: { type: "INT64", values: five.map(BigInt) } }, /type INT64/],
    [{ date: { type: "DOUBLE" } }, /column date is of type DOUBLE/],
    [
      {
        Close: { ...text, name: "close2", values: words },
        close: {
          ...text,
          values: words,
        },
      },
      /column close is of type UTF8: a number is expected/,
    ],
    [
      { open: { type: "BOOLEAN", values: [true, true, true, true, true] } },
      /column open is of type BOOLEAN/,
    ],
    [
      { open: { type: "INT32", converted_type: "DATE", values: five } },
      /column open is of type DATE/,
    ],
    [
      {
        open: {
          type: "INT64",
          converted_type: "TIMESTAMP_MILLIS",
          values: five.map(BigInt),
        },
      },
      /column open is of type TIMESTAMP_MILLIS/,
    ],
    [
      { Open: { type: "DOUBLE", values: five } },
      /several columns named open/,
    ],
  ];
  for (const [columns, message] of cases) {
    await rejects(roundTrip(someBars(5), { columns }), damage(message));
  }
  const group: SchemaElement = { name: "date", num_children: 1 };
  throws(() => readColumnType(group, "date"), damage(/of type a group/));
  const scaled = {
    name: "x",
    type: "INT32",
    converted_type: "DECIMAL",
  } as const;
  throws(
    () => readColumnType({ ...scaled, scale: 99 }, "number"),
    damage(/scale of its column x/),
  );
  throws(
    () => readColumnType({ ...scaled, type: "DOUBLE" }, "number"),
    damage(/column x is of type DECIMAL/),
  );
});

Deno.test("parquet: rows that are no ascending days are refused", async () => {
  const withDays = (values: unknown[], shape: FileShape = {}) =>
    roundTrip(someBars(values.length), {
      ...shape,
      columns: { date: { type: "INT32", converted_type: "DATE", values } },
    });
  await rejects(
    withDays([19_000, 19_001, 19_001]),
    damage(/rows 1 and 2 are of the same day 2022-01-09: only daily bars/),
  );
  await rejects(
    withDays([19_000, 19_002, 19_001]),
    damage(
      /not in ascending order of date: row 2 of 2022-01-09 comes after 2022-01-10/,
    ),
  );
  await rejects(withDays([19_000, null]), damage(/row 1 has no date/));
  await rejects(withDays([19_000, 3_000_000]), damage(/outside the calendar/));
  const shape = { rowGroupSize: 2 };
  await rejects(withDays([1, 2, 3, 4, 4, 5], shape), damage(/rows 3 and 4/));
  await rejects(withDays([1, 2, 3, 5, 4, 6], shape), damage(/row 4 of/));
  await rejects(
    roundTrip(someBars(3), {
      columns: {
        date: {
          type: "INT64",
          converted_type: "TIMESTAMP_MILLIS",
          values: [0n, 60_000n, 120_000n],
        },
      },
    }),
    damage(/same day 1970-01-01: only daily bars are supported, not intraday/),
  );
});

Deno.test("parquet: a file without rows, and one with too many, is refused", async () => {
  await rejects(roundTrip(someBars(0)), damage(/has no rows/));
  const many = 400_001;
  const zeros = Array(many).fill(0);
  const constant = { type: "INT32", values: zeros } as const;
  const columns = Object.fromEntries(
    ["open", "high", "low", "close", "volume"].map((name) => [name, constant]),
  );
  await rejects(
    roundTrip(someBars(1, { vwap: false }), {
      rowGroupSize: many,
      columns: {
        ...columns,
        date: { ...constant, converted_type: "DATE" },
      },
    }),
    damage(/has 400001 rows, more than 400000: only daily bars/),
  );
});

Deno.test("parquet: what is no Parquet file is refused", async () => {
  const good = writeParquet(someBars(10));
  const text = (value: string) => new TextEncoder().encode(value);
  const cases: [Uint8Array, RegExp][] = [
    [new Uint8Array(0), /it is empty/],
    [text("PAR1"), /cut off or no Parquet file/],
    [text("date,open\n2024-01-01,5\n"), /no Parquet file/],
    [new Uint8Array(5000), /no Parquet file/],
    [text("\xff\xff\xff\x7fPAR1PAR1"), /length of its footer/],
    [text("PAR1\0\0\0\0PAR1"), /cut off/],
    [good.slice(0, -1), /no Parquet file/],
    [good.slice(1), /./],
    [good.slice(100), /./],
  ];
  for (const [bytes, message] of cases) {
    await rejects(decodeParquet(bytes), damage(message));
  }
});

/** What a damaged file may do: give bars, or be refused. */
async function survives(bytes: Uint8Array): Promise<Bars | undefined> {
  const started = performance.now();
  let bars: Bars | undefined;
  try {
    bars = await decodeParquet(bytes);
  } catch (error) {
    // Whatever is thrown is caught by the adapter and told as `corrupt`.
    ok(error instanceof Error);
  }
  ok(performance.now() - started < 2000, "a damaged file takes too long");
  if (bars === undefined) return undefined;
  ok(bars.length >= 1);
  for (const column of Object.values(bars)) {
    if (ArrayBuffer.isView(column)) {
      equal((column as Float64Array).length, bars.length);
    }
  }
  return bars;
}

Deno.test("parquet: a file with any byte changed is refused or gives bars", async () => {
  const bars = holedBars(12);
  for (const [codec, compress] of COMPRESSIONS) {
    const bytes = writeParquet(bars, { codec, ...(compress && { compress }) });
    const flips = codec === "SNAPPY" ? [0xff, 0x80, 1] : [0xff];
    for (let at = 0; at < bytes.length; at++) {
      for (const flip of flips) {
        await survives(bytes.with(at, bytes[at]! ^ flip));
      }
    }
  }
});

Deno.test("parquet: a file cut off anywhere is refused", async () => {
  const bytes = writeParquet(holedBars(12));
  for (let length = 0; length < bytes.length; length++) {
    equal(await survives(bytes.slice(0, length)), undefined);
    // Its end is whole, as with a copy that was resumed wrongly.
    await survives(bytes.slice(length));
  }
});

Deno.test("parquet: a file changed at random is refused or gives bars", async () => {
  const files = [
    writeParquet(holedBars(40), { rowGroupSize: 13 }),
    writeParquet(holedBars(40), {
      codec: "UNCOMPRESSED",
      columns: {
        date: {
          type: "BYTE_ARRAY",
          values: Array.from(
            { length: 40 },
            (_, i) => new TextEncoder().encode(`2024-01-${10 + i % 20}`),
          ),
          encoding: "DELTA_BYTE_ARRAY",
        },
        volume: {
          type: "INT64",
          values: Array.from({ length: 40 }, (_, i) => BigInt(i * i)),
          encoding: "DELTA_BINARY_PACKED",
        },
      },
    }),
  ];
  const change = fc.record({
    at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    put: fc.uint8Array({ minLength: 1, maxLength: 6 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...files),
      fc.array(change, { minLength: 1, maxLength: 5 }),
      async (file, changes) => {
        const bytes = file.slice();
        for (const { at, put } of changes) {
          const from = Math.floor(at * (bytes.length - put.length));
          bytes.set(put, from);
        }
        await survives(bytes);
      },
    ),
    { numRuns: 1000 },
  );
});

Deno.test("parquet: a column of lists is refused", async () => {
  const bytes = writeParquet(someBars(5));
  const name = new TextEncoder().encode("open");
  // How the footer says of `open` that it may be null; 4 says that it repeats.
  const optional = [0x25, 2, 0x18, name.length, ...name];
  const at = bytes.findIndex((_, i) =>
    optional.every((byte, j) => bytes[i + j] === byte)
  );
  await rejects(
    decodeParquet(bytes.with(at + 1, 4)),
    damage(/open holds lists/),
  );
});
