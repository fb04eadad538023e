/**
 * Bodies: limits, encodings, faults.
 *
 * @module
 */
import { z } from "zod";
import { route } from "../../src/http/route.ts";
import { AnyObject } from "../../src/http/schemas.ts";
import { deepEqual, equal, match } from "../support/assert.ts";
import { createHarness, type Reply } from "./harness.ts";

/** Answers with what it was sent. */
const ECHO = route({
  method: "POST",
  path: "/api/echo",
  id: "echo",
  summary: "Echoes",
  tags: [],
  request: { body: AnyObject },
  responses: { 200: { description: "The body.", schema: z.unknown() } },
  errors: [],
  handle: ({ body }) => ({ status: 200, json: body }),
});

const { send } = createHarness({ extra: [ECHO], bodyLimit: 1000 });
const echo = (body: BodyInit, headers: Record<string, string> = {}) =>
  send("POST", "/api/echo", { body, headers });

/** A body in chunks, whose size nobody declares. */
function chunked(...chunks: string[]): ReadableStream<Uint8Array> {
  return ReadableStream.from(chunks.map((c) => new TextEncoder().encode(c)));
}

function refuses(reply: Reply, detail: RegExp, path?: string): void {
  equal(reply.status, 400, reply.text);
  match(reply.json.detail, detail);
  if (path !== undefined) equal(reply.json.errors[0].path, path);
}

Deno.test("a body is JSON whatever its Content-Type says", async () => {
  for (
    const type of [
      "application/json",
      "application/x-www-form-urlencoded",
      "text/plain; charset=latin1",
      "image/png",
    ]
  ) {
    const reply = await echo('{"a":"ä"}', { "content-type": type });
    deepEqual(reply.json, { a: "ä" });
  }
  deepEqual((await echo('\ufeff {"a":1} ')).json, { a: 1 });
});

Deno.test("a body in chunks is put together", async () => {
  deepEqual((await echo(chunked('{"a":', '"\u00e4', '"}'))).json, { a: "ä" });
});

Deno.test("a body above the limit is 413, declared or not", async () => {
  const large = JSON.stringify({ a: "x".repeat(1000) });
  const declared = { "content-length": String(large.length) };
  for (
    const reply of [
      await echo(large, declared),
      await echo(large),
      await echo(large, { "content-length": "10" }),
      await echo(chunked(large.slice(0, 600), large.slice(600))),
      await echo("{}", { "content-length": "9".repeat(30) }),
    ]
  ) {
    equal(reply.status, 413);
    equal(reply.json.type, "urn:holdfast:problem:too-large");
    match(reply.json.detail, /larger than 1000 bytes/);
  }
  equal((await echo(`{"a":"${"x".repeat(992)}"}`)).status, 200);
});

Deno.test("the rest of a body above the limit is not read", async () => {
  let sent = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent++;
      controller.enqueue(new Uint8Array(600));
    },
  });
  equal((await echo(endless)).status, 413);
  equal(sent <= 4, true);
});

Deno.test("a client that stops sending is told nothing", async () => {
  const broken = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.error(new Error("reset")),
  });
  equal((await echo(broken)).status, 499);
});

Deno.test("a body that is not JSON is refused, saying where", async () => {
  refuses(await echo(""), /it is empty: JSON is expected/);
  refuses(await echo(" \n"), /it is empty/);
  refuses(await echo("hello"), /at line 1, column 1 stands "h" instead of a/);
  refuses(
    await echo('{"a": 1,\n  "b": nope}'),
    /at line 2, column 8 stands "n" instead of a value/,
    "body",
  );
  refuses(await echo('{"a":1'), /column 7 stands the end instead of , or }/);
  refuses(await echo("symbols=SYNA"), /not JSON/);
  refuses(await echo('{"a":1}{'), /column 8 stands "{" instead of the end/);
});

Deno.test("a request without a body is refused", async () => {
  refuses(await send("POST", "/api/echo"), /it is empty/);
});

Deno.test("bytes that are not UTF-8 are refused, not replaced", async () => {
  const latin1 = new Uint8Array([0x7b, 0x22, 0xe4, 0x22, 0x3a, 0x31, 0x7d]);
  refuses(await echo(latin1), /not UTF-8/);
});

Deno.test("what is JSON but no object is refused", async () => {
  for (const text of ["[]", "null", "7", '"x"', "true"]) {
    refuses(await echo(text), /body must be a JSON object/, "body");
  }
});

Deno.test("what would not come back the same is refused", async () => {
  refuses(await echo('{"a":[1e400]}'), /within the range of a double/);
  const deep = (levels: number) =>
    '{"a":'.repeat(levels) + "1" + "}".repeat(levels);
  equal((await echo(deep(64))).status, 200);
  refuses(await echo(deep(65)), /more than 64 levels/);
  const arrays = createHarness({ extra: [ECHO] });
  const reply = await arrays.send("POST", "/api/echo", {
    body: `{"a":${"[".repeat(900_000)}${"]".repeat(900_000)}}`,
  });
  refuses(reply, /more than 64 levels/);
});

Deno.test("names with a meaning in JavaScript are names like others", async () => {
  const text = '{"__proto__":{"admin":true},"constructor":1}';
  equal((await echo(text)).text, text);
});
