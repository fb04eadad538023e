/**
 * Which channels a pattern asks for.
 *
 * @module
 */
import { parseChannelPatterns } from "../../domain/event/channel_pattern.ts";
import { CHANNELS } from "../../domain/event/registry.ts";
import { deepEqual, ok, throws } from "../support/assert.ts";

const NAMES = ["a", "b", "a.b", "a.c", "a.b.c", "ab", "x-y.z_1"];

const taken = (...patterns: string[]) =>
  NAMES.filter(parseChannelPatterns(patterns));

Deno.test("a channel is asked for by its name", () => {
  deepEqual(taken("a.b"), ["a.b"]);
  deepEqual(taken("x-y.z_1"), ["x-y.z_1"]);
  deepEqual(taken("nothing"), []);
});

Deno.test("a dot is a dot", () => {
  ok(!parseChannelPatterns(["a.b"])("axb"));
});

Deno.test("* stands for one word", () => {
  deepEqual(taken("*"), ["a", "b", "ab"]);
  deepEqual(taken("a.*"), ["a.b", "a.c"]);
  deepEqual(taken("*.b"), ["a.b"]);
  deepEqual(taken("a.*.c"), ["a.b.c"]);
  deepEqual(taken("*.*"), ["a.b", "a.c", "x-y.z_1"]);
});

Deno.test("> stands for one word or more", () => {
  deepEqual(taken("a.>"), ["a.b", "a.c", "a.b.c"]);
  deepEqual(taken("*.>"), ["a.b", "a.c", "a.b.c", "x-y.z_1"]);
  deepEqual(taken(">"), NAMES);
});

Deno.test("any one of several patterns is enough", () => {
  deepEqual(taken("b", "a.*"), ["b", "a.b", "a.c"]);
  deepEqual(taken("b", ">"), NAMES);
});

Deno.test("no pattern asks for everything", () => {
  deepEqual(taken(), NAMES);
});

Deno.test("every channel that there is can be asked for", () => {
  for (const { name } of CHANNELS.all) {
    ok(parseChannelPatterns([name])(name));
    ok(parseChannelPatterns([name.replace(/\.[^.]+$/, ".*")])(name));
  }
});

const MALFORMED = [
  "",
  ".",
  "a.",
  ".a",
  "a..b",
  "A.B",
  "a.>.b",
  ">.a",
  "a>",
  "a*",
  "**",
  "a b",
  "a|b",
  "(a)",
  "a\n",
  "a.".repeat(64) + "a",
];

for (const pattern of MALFORMED) {
  Deno.test(`${JSON.stringify(pattern.slice(0, 20))} is no pattern, in any company`, () => {
    for (const company of [[], ["a.b"], [">"]]) {
      throws(() => parseChannelPatterns([pattern, ...company]), {
        name: "InvalidInput",
        message: /^Cannot use channel pattern ".*" as it must be words/s,
      });
    }
  });
}

Deno.test("a long channel is matched without much ado", () => {
  const long = "a.".repeat(5000) + "!";
  ok(parseChannelPatterns(["*.*.*.*.*.*.>"])(long));
  ok(!parseChannelPatterns(["*.*.*.*.*.*.b"])(long));
});
