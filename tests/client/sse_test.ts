import fc from "fast-check";
import { createSseReader, type SseMessage } from "../../src/client/sse.ts";
import { deepEqual, throws } from "../support/assert.ts";

function read(...pieces: string[]): SseMessage[] {
  const reader = createSseReader();
  return pieces.flatMap((piece) => reader(piece)).map((message) => ({
    ...message,
  }));
}

const plain = (data: string): SseMessage => ({
  event: undefined,
  id: undefined,
  data,
});

Deno.test("sse: a message has a name, an id and data", () => {
  deepEqual(read("event: gap\nid: e:7\ndata: {}\n\n"), [
    { event: "gap", id: "e:7", data: "{}" },
  ]);
});

Deno.test("sse: data of several lines is joined", () => {
  deepEqual(read("data: a\ndata:b\ndata\n\n"), [plain("a\nb\n")]);
});

Deno.test("sse: one space after the colon is not data", () => {
  deepEqual(read("data:  a\n\n"), [plain(" a")]);
});

Deno.test("sse: comments and unknown fields are skipped, and so is nothing", () => {
  deepEqual(read(": hello\n\nretry: 5\nother: x\n\n\ndata: a\n\n"), [
    plain("a"),
  ]);
});

Deno.test("sse: an id and a name are for one message only", () => {
  deepEqual(read("event: a\nid: 1\ndata: x\n\ndata: y\n\n"), [
    { event: "a", id: "1", data: "x" },
    plain("y"),
  ]);
});

Deno.test("sse: an id with a NUL is none", () => {
  deepEqual(read("id: a\0b\ndata: x\n\n"), [plain("x")]);
});

Deno.test("sse: what has not ended has not come", () => {
  deepEqual(read("data: a\n\ndata: b\n"), [plain("a")]);
});

Deno.test("sse: a message too long is refused, many short ones are not", () => {
  const reader = createSseReader();
  const mebibyte = `data: ${"x".repeat(1024 * 1024)}\n`;
  for (let i = 0; i < 8; i++) reader(`${mebibyte}\n`);
  throws(() => {
    for (let i = 0; i < 8; i++) reader(mebibyte);
  }, RangeError);
  throws(() => createSseReader()("x".repeat(5 * 1024 * 1024)), RangeError);
});

Deno.test("sse: it does not matter where a stream is cut, nor how lines break", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 12 })
    .map((string) => string.replace(/[\r\n\0]/g, ""));
  const message = fc.record({ event: text, id: text, data: fc.array(text) });
  fc.assert(fc.property(
    fc.array(message, { maxLength: 5 }),
    fc.constantFrom("\n", "\r\n", "\r"),
    fc.array(fc.nat(200), { maxLength: 8 }),
    (messages, br, cuts) => {
      const lines = messages.flatMap(({ event, id, data }) => [
        `event: ${event}`,
        `id: ${id}`,
        ...["", ...data].map((line) => `data: ${line}`),
        "",
      ]);
      // A last break of one sign may be the first half of another.
      const all = lines.map((line) => line + br).join("") + ":end";
      const places = [0, ...cuts, all.length].sort((a, b) => a - b);
      const pieces = places.slice(1).map((to, i) => all.slice(places[i], to));
      deepEqual(
        read(...pieces),
        messages.map(({ event, id, data }) => ({
          event,
          id,
          data: ["", ...data].join("\n"),
        })),
      );
    },
  ));
});
