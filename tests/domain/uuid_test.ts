/**
 * Identifiers that sort by time.
 *
 * @module
 */
import fc from "fast-check";
import { isUuid, uuidV7 } from "../../domain/uuid.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";

const moment = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const random = fc.uint8Array({ minLength: 10, maxLength: 10 });

Deno.test("the example of RFC 9562 comes out", () => {
  const random = [0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f];
  equal(
    uuidV7(0x017f22e279b0, Uint8Array.from(random)),
    "017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
  );
});

Deno.test("an id has the shape, version and variant of a UUID 7", () => {
  fc.assert(fc.property(moment, random, (ms, bytes) => {
    const id = uuidV7(ms, bytes);
    match(
      id,
      /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    ok(isUuid(id));
    equal(parseInt(id.slice(0, 8) + id.slice(9, 13), 16), ms);
  }));
});

Deno.test("a later id is a greater text", () => {
  fc.assert(fc.property(moment, moment, random, random, (a, b, x, y) => {
    fc.pre(a < b);
    ok(uuidV7(a, x) < uuidV7(b, y));
  }));
});

Deno.test("every random bit that there is room for is in the id", () => {
  const ids = new Set<string>();
  const zeros = new Uint8Array(10);
  for (let bit = 0; bit < 80; bit++) {
    const bytes = zeros.slice();
    bytes[bit >> 3]! |= 1 << (bit & 7);
    ids.add(uuidV7(0, bytes));
  }
  ids.delete(uuidV7(0, zeros));
  equal(ids.size, 74);
});

Deno.test("the random bytes are left as they were", () => {
  const bytes = new Uint8Array(10).fill(0xff);
  uuidV7(1, bytes);
  deepEqual(bytes, new Uint8Array(10).fill(0xff));
});

Deno.test("part of a millisecond is dropped", () => {
  equal(uuidV7(5.9, new Uint8Array(10)), uuidV7(5, new Uint8Array(10)));
});

Deno.test("UUIDs of every version are known, and nothing else", () => {
  const of = (version: string, variant = "8") =>
    `019b7e5d-8c0e-${version}cc4-${variant}b0a-6f2d1c3e4a5b`;
  for (const version of "12345678") ok(isUuid(of(version)));
  for (const variant of "89ab") ok(isUuid(of("7", variant)));
  const others = [
    "",
    of("0"),
    of("9"),
    of("7", "7"),
    of("7", "c"),
    of("7").toUpperCase(),
    `{${of("7")}}`,
    of("7").replaceAll("-", ""),
    `${of("7")}\n`,
    `${of("7")}0`,
  ];
  for (const text of others) ok(!isUuid(text), text);
});
