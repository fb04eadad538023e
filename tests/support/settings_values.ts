/**
 * Values of settings by chance: good ones and bad ones.
 *
 * @module
 */
import fc from "fast-check";
import type { Field, FieldType } from "../../domain/settings/field.ts";

/** How many runs are made, and from which seed, unless a test says otherwise. */
export const RUNS = { seed: 20260102, numRuns: 50 } as const;

/** Values that `field` takes by itself. */
export function goodValue({ type }: Field): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case "flag":
      return fc.boolean();
    case "number":
      return goodNumber(type);
    case "choice":
      return fc.constantFrom(...type.of);
    case "duration":
      return fc.oneof(
        fc.constant("0"),
        fc.tuple(
          fc.integer({ min: 0, max: 999 }),
          fc.constantFrom("ms", "s", "m", "h", "d"),
        ).map(([count, unit]) => `${count}${unit}`),
        fc.constant("1h30m"),
      );
    case "time zone":
      return fc.constantFrom("UTC", "Europe/Berlin", "Asia/Kolkata");
    case "text":
      return fc.string({ maxLength: Math.min(type.maxLength, 40) })
        .filter((text) => text.isWellFormed());
    case "numbers":
      return fc.oneof(
        fc.constant([]),
        // A list of which only the sum and the order count.
        fc.constant(
          type.sum === undefined
            ? [type.min, type.max].slice(0, type.maxItems)
            : [type.sum],
        ),
        ...(type.isNullable ? [fc.constant(null)] : []),
      );
  }
}

/** Values that `field` does not take. */
export function badValue({ type }: Field): fc.Arbitrary<unknown> {
  const others = [null, true, 7, "x", [], {}, { a: 1 }, [1, "x"], "1"];
  const wrongType = fc.constantFrom<unknown>(
    ...others.filter((value) => !isOfKind(type, value)),
  );
  switch (type.kind) {
    case "number": {
      const { min, max, above, whole } = type;
      return fc.oneof(
        wrongType,
        fc.constantFrom<unknown>(Infinity, -Infinity),
        ...(max === undefined
          ? []
          : [fc.integer({ min: 1, max: 9999 }).map((more) => max + more)]),
        ...(min === undefined
          ? []
          : [fc.integer({ min: 1, max: 9999 }).map((less) => min - less)]),
        ...(above === undefined ? [] : [
          fc.constant(above),
          fc.nat({ max: 9999 }).map((less) => above - less),
        ]),
        ...(whole ? [fc.constant((min ?? 0) + 0.5)] : []),
      );
    }
    case "choice":
      return fc.oneof(wrongType, fc.constantFrom("", "turbo", "__proto__"));
    case "duration":
      return fc.oneof(
        wrongType,
        fc.constantFrom("", "1", "-1s", "1.5h", "1 h", "1w", "h", "9999d"),
      );
    case "time zone":
      return fc.oneof(wrongType, fc.constantFrom("", "+02:00", "Mars/Base"));
    case "text":
      return fc.oneof(
        wrongType,
        fc.constant("x".repeat(type.maxLength + 1)),
        fc.constant("\ud800"),
      );
    case "numbers":
      return fc.oneof(
        wrongType,
        fc.constantFrom<unknown>(
          [type.max + 1],
          [type.min - 1],
          Array(type.maxItems + 1).fill(type.min),
          ["1"],
          [null],
          ...(type.sum === undefined ? [] : [[type.sum / 2]]),
          ...(type.isRising ? [[type.max, type.min]] : []),
        ),
      );
    default:
      return wrongType;
  }
}

function isOfKind(type: FieldType, value: unknown): boolean {
  switch (type.kind) {
    case "flag":
      return typeof value === "boolean";
    case "number":
      return typeof value === "number";
    case "numbers":
      return Array.isArray(value) && value.length === 0 ||
        value === null && type.isNullable === true;
    case "text":
      return typeof value === "string";
    default:
      return false;
  }
}

/** Bounds, and what lies between them, to a thousandth. */
function goodNumber(
  { min, max, above, whole }: Extract<FieldType, { kind: "number" }>,
): fc.Arbitrary<number> {
  const low = min ?? above ?? -1000;
  const high = max ?? 1000;
  const step = whole ? 1 : (high - low) / 1000;
  const bounds = [...(min === undefined ? [] : [min]), high];
  return fc.oneof(
    fc.constantFrom(...bounds),
    fc.integer({ min: 1, max: Math.max(1, Math.floor((high - low) / step)) })
      .map((steps) => Math.min(high, low + steps * step)),
  );
}
