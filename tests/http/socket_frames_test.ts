/**
 * Frames of WebSocket clients: read, or refused in one sentence.
 *
 * @module
 */
import fc from "fast-check";
import { InvalidInput } from "../../domain/invalid_input.ts";
import { parseClientFrame } from "../../src/http/routes/socket_frames.ts";
import { deepEqual, equal, match, ok, throws } from "../support/assert.ts";

const read = (frame: unknown) => parseClientFrame(JSON.stringify(frame));

Deno.test("what a subscription leaves out is filled in", () => {
  deepEqual(read({ type: "subscribe" }), {
    type: "subscribe",
    form: "envelope",
    credits: 0,
  });
});

Deno.test("a start is a position, a token, the head or the earliest", () => {
  const after = (after: unknown) => {
    const frame = read({ type: "subscribe", after });
    ok(frame.type === "subscribe");
    return frame.after;
  };
  deepEqual(after(7), { after: 7 });
  deepEqual(after("7"), { after: 7 });
  deepEqual(after("0a-1b:7"), { after: 7, epoch: "0a-1b" });
  equal(after("head"), "head");
  equal(after("earliest"), "earliest");
});

Deno.test("a start is a time with a zone, and never two", () => {
  const time = "2026-01-02T03:04:05+01:00";
  const frame = read({ type: "subscribe", from_time: time });
  ok(frame.type === "subscribe");
  deepEqual(frame.from_time, { fromTimeMs: Date.parse(time) });
  const refused = (more: object, why: RegExp) =>
    throws(() => read({ type: "subscribe", ...more }), why);
  refused(
    { from_time: "2026-01-02T03:04:05" },
    /Cannot read from .*2026.* with a zone/,
  );
  refused({ from_time: 0 }, /frame\.from_time must /);
  for (const after of ["head", 7]) {
    refused(
      { from_time: time, after },
      /frame\.from_time must not .* with after/,
    );
  }
});

Deno.test("patterns choose channels", () => {
  const frame = read({ type: "subscribe", channels: ["a.*", "b.>"] });
  ok(frame.type === "subscribe");
  deepEqual(
    ["a.x", "a.x.y", "b.x.y", "c"].map((name) => frame.channels!(name)),
    [true, false, true, false],
  );
});

Deno.test("whatever is sent is read, or refused in one sentence", () => {
  const member = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom("head", "earliest", "flat", 1, -1, 1e9, ["a.*"], [">"]),
  );
  const frame = fc.oneof(
    fc.jsonValue(),
    fc.record({
      type: fc.constantFrom("subscribe", "credit", "ping", "event", null),
      after: member,
      channels: member,
      from_time: fc.oneof(member, fc.constant("2026-01-02T03:04:05Z")),
      form: member,
      credits: member,
      n: member,
    }, { requiredKeys: ["type"] }),
  ).map((value) => JSON.stringify(value));
  fc.assert(
    fc.property(fc.oneof(frame, fc.string()), (text) => {
      try {
        match(parseClientFrame(text).type, /^(subscribe|credit|ping)$/);
      } catch (error) {
        ok(error instanceof InvalidInput, String(error));
        match(error.message, /^Cannot (?:read|take|resume) /);
      }
    }),
    { numRuns: 500 },
  );
});
