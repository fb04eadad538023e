/**
 * The line writer: in order, together, and never in anybody's way.
 *
 * @module
 */
import {
  type ByteSink,
  createLineWriter,
} from "../../adapters/system/line_writer.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";

const MIB = 1024 * 1024;

/** A sink that keeps what it is given, a text a write. */
function keepingSink(most = Infinity) {
  const writes: string[] = [];
  const decoder = new TextDecoder();
  return {
    writes,
    text: () => writes.join(""),
    async write(bytes: Uint8Array) {
      const taken = bytes.subarray(0, most);
      writes.push(decoder.decode(taken, { stream: true }));
      return taken.length;
    },
  };
}

/** A sink whose first write waits until it is let go. */
function slowSink() {
  const sink = keepingSink();
  const gate = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  return {
    ...sink,
    begun: begun.promise,
    letGo: gate.resolve,
    async write(bytes: Uint8Array) {
      begun.resolve();
      await gate.promise;
      return await sink.write(bytes);
    },
  };
}

Deno.test("lines: those of one turn are one write, in order", async () => {
  const sink = keepingSink();
  {
    await using lines = createLineWriter(sink);
    for (let i = 0; i < 100; i++) lines.write(`line ${i}`);
    deepEqual(sink.writes, []);
  }
  equal(sink.writes.length, 1);
  equal(
    sink.text(),
    Array.from({ length: 100 }, (_, i) => `line ${i}\n`).join(""),
  );
});

Deno.test("lines: what comes during a write follows it", async () => {
  const sink = slowSink();
  {
    await using lines = createLineWriter(sink);
    lines.write("a");
    await sink.begun;
    lines.write("b");
    lines.write("c");
    sink.letGo();
  }
  deepEqual(sink.writes, ["a\n", "b\nc\n"]);
});

Deno.test("lines: a sink that takes a few bytes at a time gets them all", async () => {
  const sink = keepingSink(3);
  {
    await using lines = createLineWriter(sink);
    lines.write("äöü €");
    lines.write("second");
  }
  equal(sink.text(), "äöü €\nsecond\n");
  ok(sink.writes.length > 5);
});

Deno.test("lines: a writer without lines ends at once, and may be used again", async () => {
  const sink = keepingSink();
  const lines = createLineWriter(sink);
  await lines[Symbol.asyncDispose]();
  deepEqual(sink.writes, []);
  for (const line of ["a", "b"]) {
    lines.write(line);
    await lines[Symbol.asyncDispose]();
  }
  deepEqual(sink.writes, ["a\n", "b\n"]);
});

Deno.test("lines: of a reader that has stopped no more than 8 MiB wait, and the rest is counted", async () => {
  const sink = slowSink();
  const line = "x".repeat(MIB - 1);
  {
    await using lines = createLineWriter(sink);
    for (let i = 0; i < 5; i++) lines.write(line);
    await sink.begun;
    for (let i = 0; i < 20; i++) lines.write(line);
    sink.letGo();
  }
  const written = sink.text().split("\n");
  deepEqual(written.pop(), "");
  deepEqual(JSON.parse(written.pop()!), {
    level: "warn",
    message: "log lines dropped",
    count: 16,
  });
  deepEqual(written, Array(9).fill(line));
});

Deno.test("lines: the count is written although no line follows", async () => {
  const sink = slowSink();
  {
    await using lines = createLineWriter(sink);
    lines.write("x".repeat(9 * MIB));
    await sink.begun;
    lines.write("lost");
    sink.letGo();
  }
  equal(sink.writes.length, 2);
  equal(JSON.parse(sink.writes[1]!).count, 1);
});

Deno.test("lines: what has been written makes room again, and only that", async () => {
  const gates = [0, 1].map(() => Promise.withResolvers<void>());
  const begun = [0, 1].map(() => Promise.withResolvers<void>());
  const kept: string[][] = [];
  const sink: ByteSink = {
    async write(bytes) {
      const lines = new TextDecoder().decode(bytes).split("\n");
      const turn = kept.push(lines.map((line) => line.slice(0, 80))) - 1;
      begun[turn]?.resolve();
      await gates[turn]?.promise;
      return bytes.length;
    },
  };
  {
    await using lines = createLineWriter(sink);
    lines.write("a".repeat(5 * MIB));
    await begun[0]!.promise;
    lines.write("b".repeat(4 * MIB));
    lines.write("lost");
    gates[0]!.resolve();
    await begun[1]!.promise;
    lines.write("c".repeat(3 * MIB));
    lines.write("d".repeat(3 * MIB));
    lines.write("lost too");
    gates[1]!.resolve();
  }
  const dropped = '{"level":"warn","message":"log lines dropped","count":1}';
  deepEqual(
    kept.map((lines) => lines.map((line) => line.replace(/^(.)\1+$/, "$1"))),
    [["a", ""], ["b", dropped, ""], ["c", "d", dropped, ""]],
  );
});

Deno.test("lines: a failing sink is nobody's trouble, and a recovered one is used", async () => {
  let failures = 3;
  const kept = keepingSink();
  const lines = createLineWriter({
    async write(bytes) {
      if (failures-- > 0) throw new Error("broken pipe");
      return await kept.write(bytes);
    },
  });
  for (let i = 0; i < 4; i++) {
    lines.write("x".repeat(5 * MIB));
    await lines[Symbol.asyncDispose]();
  }
  deepEqual(kept.writes.map((text) => text.length), [5 * MIB + 1]);
});

Deno.test("lines: a sink that throws instead of rejecting is nobody's trouble either", async () => {
  await using lines = createLineWriter({
    write() {
      throw new Error("closed");
    },
  });
  lines.write("a");
});
