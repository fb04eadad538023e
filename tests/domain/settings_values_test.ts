/**
 * What settings are written in: durations, time zones, rules over fields.
 *
 * @module
 */
import fc from "fast-check";
import { parseDuration } from "../../domain/settings/duration.ts";
import {
  addUpTo,
  moved,
  notFalling,
  rising,
} from "../../domain/settings/rule.ts";
import { isTimeZone } from "../../domain/time_zone.ts";
import { deepEqual, equal } from "../support/assert.ts";

Deno.test("durations are read in their units", () => {
  const cases: [text: string, ms: number][] = [
    ["0", 0],
    ["0s", 0],
    ["1ms", 1],
    ["90s", 90_000],
    ["15m", 900_000],
    ["4h", 14_400_000],
    ["3d", 259_200_000],
    ["1h30m", 5_400_000],
    ["1d2h3m4s5ms", 93_784_005],
    ["30m1h", 5_400_000],
    ["1m1ms", 60_001],
    ["3650d", 315_360_000_000],
    ["000000001s", 1000],
  ];
  for (const [text, ms] of cases) equal(parseDuration(text), ms, text);
});

Deno.test("what is no duration, or longer than ten years, is none", () => {
  const texts = [
    "",
    "00",
    "1",
    "s",
    "-1s",
    "+1s",
    "1.5h",
    "1 h",
    " 1h",
    "1h\n",
    "1w",
    "1M",
    "1H",
    "1e3s",
    "1h30",
    "∞",
    "3651d",
    "3650d1ms",
    "1000000000ms",
    "999999999d".repeat(50),
    "٣s",
  ];
  for (const text of texts) equal(parseDuration(text), undefined, text);
});

Deno.test("a duration is the sum of its parts", () => {
  const part = fc.tuple(
    fc.nat({ max: 99 }),
    fc.constantFrom("ms", "s", "m", "h", "d"),
  ).map(([count, unit]) => `${count}${unit}`);
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
      const sum = parts.reduce((sum, one) => sum + parseDuration(one)!, 0);
      equal(parseDuration(parts.join("")), sum);
    }),
  );
});

Deno.test("a time zone is a name that knows of summer time, not an offset", () => {
  for (
    const name of [
      "UTC",
      "Europe/Berlin",
      "Asia/Kolkata",
      "GMT",
      "europe/berlin",
      "America/Argentina/Ushuaia",
    ]
  ) {
    equal(isTimeZone(name), true, name);
  }
  for (
    const name of [
      "",
      "+02:00",
      "-05",
      "Mars/Olympus",
      "Europe/",
      " UTC",
      "UTC ",
      "Europe/Berlin\n",
      "toString",
      "__proto__",
    ]
  ) {
    equal(isTimeZone(name), false, name);
  }
});

Deno.test("rising values rise, values that do not fall may stay", () => {
  const holds = (rules: ReturnType<typeof rising>, ...values: number[]) =>
    rules.every(({ holds }, i) => holds(values[i]!, values[i + 1]!));
  const [up, level] = [rising("a", "b", "c"), notFalling("a", "b", "c")];
  deepEqual(up.map(({ paths }) => paths), [["a", "b"], ["b", "c"]]);
  deepEqual(up.map(({ says }) => says), ["must be below b", "must be below c"]);
  equal(level[0]!.says, "must not be above b");
  equal(holds(up, 1, 2, 3), true);
  equal(holds(up, 1, 1, 3), false);
  equal(holds(up, 1, 2, 2), false);
  equal(holds(level, 1, 1, 1), true);
  equal(holds(level, 1, 2, 1.9), false);
});

Deno.test("a sum is right within its tolerance, for people who count in decimals", () => {
  const rule = addUpTo(100, 0.1, "a", "b", "c");
  equal(rule.says, "must add up to 100 with b, c");
  equal(rule.holds(33.3, 33.3, 33.4), true);
  equal(rule.holds(33.3, 33.3, 33.3), true);
  equal(rule.holds(33.4, 33.4, 33.3), true);
  equal(rule.holds(33.3, 33.3, 33.2), false);
  equal(rule.holds(40, 30, 30.11), false);
  const exact = addUpTo(1, 0, "a", "b", "c");
  equal(exact.holds(0.1, 0.2, 0.7), true);
  equal(exact.holds(0.1, 0.2, 0.7001), false);
});

Deno.test("a rule that is moved speaks of the new paths, each whole", () => {
  const [rule] = rising("tp", "tp2");
  const to = (path: string) => `x.${path}`;
  const there = moved(rule!, to);
  deepEqual(there.paths, ["x.tp", "x.tp2"]);
  equal(there.says, "must be below x.tp2");
  equal(there.holds(1, 2), true);
  const sum = moved(addUpTo(1, 0, "a.b", "a.bc", "c"), to);
  equal(sum.says, "must add up to 1 with x.a.bc, x.c");
  // A path that is also a word of another stays there.
  const nested = moved(addUpTo(1, 0, "b", "a.b", "b.c", "ab"), to);
  equal(nested.says, "must add up to 1 with x.a.b, x.b.c, x.ab");
  deepEqual(rule!.paths, ["tp", "tp2"]);
});
