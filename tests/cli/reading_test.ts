/**
 * Texts of JSON, places, lines and what is printed.
 *
 * @module
 */
import fc from "fast-check";
import { membersOf, objectOf } from "../../src/cli/json_text.ts";
import { lineBatches } from "../../src/cli/line_batches.ts";
import { parsePlace } from "../../src/cli/places.ts";
import { eventLine, harmless, table } from "../../src/cli/print.ts";
import { deepEqual, equal, match, rejects } from "../support/assert.ts";

Deno.test("json text: members are what JSON.parse finds, whatever the text", () => {
  fc.assert(fc.property(
    fc.oneof(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.array(fc.jsonValue()),
    ),
    fc.nat(3),
    (value, indent) => {
      const members = [...membersOf(JSON.stringify(value, null, indent))];
      const read = members.map(({ text }) => JSON.parse(text));
      const again: unknown = JSON.parse(JSON.stringify(value));
      deepEqual(read, Object.values(again as object));
      if (Array.isArray(value)) return;
      deepEqual(members.map(({ name }) => name), Object.keys(again as object));
    },
  ));
});

Deno.test("json text: numbers keep every digit", () => {
  const text = '{"a": 1.50, "b":12345678901234567890,"c":[1e2 , -0.0]}';
  deepEqual([...objectOf(text)], [
    ["a", "1.50"],
    ["b", "12345678901234567890"],
    ["c", "[1e2 , -0.0]"],
  ]);
});

const NOW = Date.UTC(2026, 0, 2, 21);
const PLACES: readonly [text: string, place: unknown][] = [
  ["earliest", "earliest"],
  ["head", "head"],
  ["1207", { position: 1207 }],
  ["2026-01-02T21:00:00+01:00", { time: "2026-01-02T21:00:00+01:00" }],
  ["2026-01-02T21:00Z", { time: "2026-01-02T21:00Z" }],
  ["90s", { time: "2026-01-02T20:58:30Z" }],
  ["2h", { time: "2026-01-02T19:00:00Z" }],
  ["7d", { time: "2025-12-26T21:00:00Z" }],
];

for (const [text, place] of PLACES) {
  Deno.test(`places: ${text} is one`, () => {
    deepEqual(parsePlace("--from", text, NOW), place);
  });
}

async function linesOf(chunks: readonly (string | Uint8Array)[]) {
  const encoder = new TextEncoder();
  const bytes = ReadableStream.from(
    chunks.map((part) =>
      typeof part === "string" ? encoder.encode(part) : part
    ),
  );
  const batches: string[][] = [];
  const { signal } = new AbortController();
  for await (const lines of lineBatches(bytes, signal)) {
    batches.push(lines.map(({ number, text }) => `${number} ${text}`));
  }
  return batches;
}

Deno.test("lines: those that have come are given at once, cut or not", async () => {
  deepEqual(await linesOf(["a\nb", "c\r\n\n", "d\n", "e"]), [
    ["1 a"],
    ["2 bc"],
    ["4 d"],
    ["5 e"],
  ]);
  deepEqual(await linesOf([]), []);
  const [first, second] = [[0x22, 0xc3], [0xbc, 0x22, 0x0a]]
    .map((bytes) => Uint8Array.from(bytes));
  deepEqual(await linesOf([first!, second!]), [['1 "ü"']]);
});

Deno.test("lines: what is no UTF-8 is told with its place", async () => {
  await rejects(linesOf(["a\nb\n", Uint8Array.of(0xff)]), {
    name: "CommandFailed",
    message: /^Cannot read on after line 2 as /,
  });
});

Deno.test("lines: one that is too long is given at once, cut off, and its rest passed over", async () => {
  const encoder = new TextEncoder();
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const write = (text: string) => writer.write(encoder.encode(text));
  const batches = lineBatches(readable, new AbortController().signal);
  const next = async () =>
    (await batches.next()).value?.map(({ number, text, isTooLong }) =>
      isTooLong ? `${number} is too long` : `${number} ${text}`
    );
  write("a\n");
  deepEqual(await next(), ["1 a"]);
  write("x".repeat(1024 * 1024 + 1));
  deepEqual(await next(), ["2 is too long"]);
  write("x".repeat(1024 * 1024));
  write('x\n{"b":1}\n\n');
  deepEqual(await next(), ['3 {"b":1}']);
  write("c".repeat(2 * 1024 * 1024) + "\nd");
  writer.close();
  deepEqual(await next(), ["5 is too long"]);
  deepEqual(await next(), ["6 d"]);
});

Deno.test("lines: reading ends when it is interrupted", async () => {
  const stop = new AbortController();
  const bytes = new ReadableStream<Uint8Array>();
  const reading = lineBatches(bytes, stop.signal).next();
  stop.abort(new Error("enough"));
  await rejects(reading, { message: "enough" });
});

Deno.test("print: an event is a line, its data as they stand there", () => {
  const envelope = '{"id":"x","event_type":"a.b","timestamp":"T","data":' +
    '{"n":1.50},"metadata":{"position":7,"key":"K"}}';
  equal(eventLine(envelope), '7  T  a.b  K  {"n":1.50}');
  const volatile = '{"id":"x","event_type":"a.b","timestamp":"T","data":{},' +
    '"metadata":{}}';
  equal(eventLine(volatile), "-  T  a.b  -  {}");
});

Deno.test("print: an event that is damaged stops nobody", () => {
  const damaged = '{"event_type":nonsense\u001b,"data":{"a":}';
  equal(eventLine(damaged), damaged.replace("\u001b", "\\u001b"));
});

Deno.test("print: nothing that an event says steers the terminal", () => {
  equal(harmless("a\u001b[2J\u009b\u202eb"), "a\\u001b[2J\\u009b\\u202eb");
  const envelope = '{"event_type":"a","timestamp":"\\u001b]0;","data":' +
    '{"a":"\u007f\u009b"},"metadata":{"key":"x\\ny"}}';
  match(eventLine(envelope), /^[\x20-\x7e]+$/);
});

Deno.test("print: columns are as wide as what is in them", () => {
  equal(
    table(["A", "B"], [["long", "x"], ["s", "y"]]),
    "A     B\nlong  x\ns     y",
  );
});
