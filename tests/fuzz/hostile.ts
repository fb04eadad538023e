/**
 * What no honest client sends: odd values, bodies and headers.
 *
 * @module
 */
import fc from "fast-check";

const LONG = 5000;

/** Texts that break readers, printers and stores that trust them. */
export const HOSTILE_TEXTS: readonly string[] = [
  "",
  " ",
  "\u0000",
  "a\u0000b",
  "\r\nX-Injected: 1",
  "\ud800",
  "\uffff",
  "\u202e\u2066",
  "﷽".repeat(50),
  "👩‍👩‍👧‍👦",
  "ﬀİı",
  "x".repeat(LONG),
  "9".repeat(400),
  "-0",
  "1e400",
  "1e-400",
  "0x10",
  "NaN",
  "Infinity",
  "null",
  "undefined",
  "true",
  "__proto__",
  "constructor",
  "hasOwnProperty",
  "toString",
  "../../../etc/passwd",
  "..%2f..%2f",
  "<script>alert(1)</script>",
  "' OR 1=1; --",
  "${jndi:ldap://x}",
  "{{7*7}}",
  "2024-02-30",
  "9999-12-31",
  "0000-01-01",
  "*",
  "#",
  "%",
  '"',
  'W/"1"',
  '"1", "2"',
  '"99999999999999999999"',
  "1,2,3",
  "SYNA,",
  "0:0",
  "-1:-1",
  "9007199254740993:9007199254740993",
];

/** Values of every kind, of sizes and shapes that nobody asked for. */
export const HOSTILE_VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -0,
  -1,
  0.1 + 0.2,
  1e-320,
  1e21,
  1e308,
  Number.MAX_SAFE_INTEGER + 1,
  -Number.MAX_SAFE_INTEGER - 1,
  [],
  {},
  [[]],
  [null],
  { "": "" },
  JSON.parse('{"__proto__":{"polluted":true}}'),
  { constructor: { prototype: { polluted: true } } },
  Array.from({ length: 1100 }, (_, i) => i),
  Object.fromEntries(Array.from({ length: 1100 }, (_, i) => [`k${i}`, i])),
  nested(40),
  ...HOSTILE_TEXTS,
];

/** Bodies that are no JSON, or are JSON as nobody writes it. */
export const HOSTILE_BODIES: readonly (string | Uint8Array<ArrayBuffer>)[] = [
  "",
  " ",
  "{",
  "]",
  "{'a':1}",
  '{"a":1,}',
  '{"a":1}{"a":2}',
  '{"a":1,"a":2}',
  '{"__proto__":{"polluted":true},"__proto__":null}',
  "\ufeff{}",
  "1e400",
  "-1e400",
  '"\\ud800"',
  "nul",
  `${"[".repeat(20_000)}${"]".repeat(20_000)}`,
  `${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`,
  `"${"x".repeat(3_000_000)}"`,
  `[${"0,".repeat(200_000)}0]`,
  new Uint8Array([0xff, 0xfe, 0x00]),
  new Uint8Array([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d]),
  new Uint8Array(1000),
];

/** Headers that confuse whoever believes them. */
export const HOSTILE_HEADERS: readonly (readonly [string, string])[] = [
  ["content-type", "text/plain; charset=utf-16"],
  ["content-type", "application/xml"],
  ["content-type", "application/json; charset=;;"],
  ["content-encoding", "gzip"],
  ["content-length", "5"],
  ["accept", "image/png;q=0"],
  ["accept-encoding", "br;q=x"],
  ["x-request-id", "x".repeat(LONG)],
  ["x-request-id", '"><script>'],
  ["x-user-id", "a b"],
  ["x-user-id", "../admin"],
  ["x-user-id", "x".repeat(200)],
  ["x-user-id", "__proto__"],
  ["x-http-method-override", "DELETE"],
  ["x-forwarded-host", "evil.example"],
  ["origin", "null"],
  ["origin", "http://evil.example"],
  ["sec-fetch-site", "cross-site"],
  ["authorization", "Bearer hf_000000000000_x"],
  ["authorization", "Basic !!"],
  ["x-api-key", "%00"],
  ["traceparent", "00-zz-zz-zz"],
  ["traceparent", `00-${"0".repeat(32)}-${"0".repeat(16)}-01`],
  ["if-match", "*, *"],
  ["if-none-match", '"'],
  ["if-modified-since", "yesterday"],
  ["range", "bytes=0-0,-1"],
  ["last-event-id", "nonsense"],
  ["idempotency-key", "short"],
  ["cookie", "a=b; __proto__=c"],
  ["expect", "200-maybe"],
  ["upgrade", "h2c"],
];

/** What is put behind a path or in place of a part of it. */
export const HOSTILE_PATHS: readonly string[] = [
  "%",
  "%zz",
  "%00",
  "%c3%28",
  "%ed%a0%80",
  "/..%2f..%2fhealth",
  "//",
  "/%2e%2e/",
  "/__proto__",
  ";a=b",
  "?%",
  "?__proto__=1&constructor=2",
  "?limit=1&limit=2",
  "?limit=",
  "?=",
  "?a[b]=c",
  `?${"a=b&".repeat(300)}`,
  `/${"x".repeat(LONG)}`,
];

/** A value that nobody asked for. */
export function hostileValue(): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...HOSTILE_VALUES) },
    {
      weight: 1,
      arbitrary: fc.anything({ withNullPrototype: false }).map(plain),
    },
  );
}

/** A value of JSON, which is taken to pieces. */
// deno-lint-ignore no-explicit-any
type Json = any;

/** `value`, spoilt in one place that `at` picks. */
export function spoil(
  value: unknown,
  at: number,
  by: unknown,
  how: "replace" | "remove" | "add" | "rename",
): unknown {
  const places = placesIn(value);
  const place = places[at % (places.length + 1)];
  if (place === undefined) return how === "replace" ? by : [value];
  const copy = structuredClone(value);
  const holder = place.slice(0, -1).reduce<Json>(
    (inner, key) => inner[key],
    copy,
  );
  const key = place.at(-1)!;
  if (how === "replace") holder[key] = by;
  else if (how === "add") holder[typeof by === "string" ? by : "extra"] = by;
  else {
    if (how === "rename") holder[`${key}_`] = holder[key];
    delete holder[key];
  }
  return copy;
}

/** Where in `value` there is something; lists of keys. */
function placesIn(value: unknown): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [];
  const keys = Array.isArray(value)
    ? value.slice(0, 20).map((_, i) => i)
    : Object.keys(value);
  return keys.flatMap((key) => [
    [key],
    ...placesIn((value as Record<string | number, unknown>)[key])
      .map((inner) => [key, ...inner]),
  ]);
}

function nested(depth: number): unknown {
  return depth === 0 ? 1 : [nested(depth - 1)];
}

/** What JSON makes of any value. */
function plain(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value) ?? "null");
  } catch {
    // A bigint or a cycle.
    return null;
  }
}
