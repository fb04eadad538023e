/**
 * Whether a settings document is what it must be: every fault of it at once.
 *
 * @module
 */
import { type InputFault, InvalidInput } from "../invalid_input.ts";
import { isJsonObject, jsonFault, type JsonObject } from "../json_value.ts";
import { isTimeZone } from "../time_zone.ts";
import { parseDuration } from "./duration.ts";
import {
  type Field,
  type FieldTree,
  type FieldValue,
  isField,
} from "./field.ts";
import type { DocumentShape } from "./shape.ts";

/** Unknown names that are listed one by one; of more only their number is told. */
const MAX_UNKNOWN = 50;

/** Says that a document is well-formed JSON and not what it must be. */
export class InvalidSettings extends InvalidInput {
  /** Builds the error from what is wrong, one fault at least. */
  constructor(what: string, faults: readonly InputFault[]) {
    const [first] = faults;
    const place = first!.path === "" ? "it" : first!.path;
    const others = faults.length > 1 ? ` (and ${faults.length - 1} more)` : "";
    super(
      `Cannot accept ${what} as ${place} ${first!.message}${others}`,
      faults,
    );
  }
}

/** Everything that is wrong with `value`; nothing when it is as `shape` says. */
export function faultsOf(shape: DocumentShape, value: unknown): InputFault[] {
  if (!isJsonObject(value)) {
    return [{ path: "", message: `must be an object${current(value)}` }];
  }
  const faults: InputFault[] = [];
  const good = new Map<string, FieldValue>();
  const { free } = shape;
  const { [free ?? ""]: kept, ...rest } = value;
  walk(shape.fields, free === undefined ? value : rest, "", faults, good);
  if (free !== undefined && kept !== undefined) {
    const fault = isJsonObject(kept)
      ? jsonFault(kept)
      : { path: [], message: `must be an object${current(kept)}` };
    if (fault) {
      const { path, message } = fault;
      faults.push({ path: [free, ...path].join("."), message });
    }
  }
  for (const { paths, says, holds } of shape.rules) {
    if (!paths.every((path) => good.has(path))) continue;
    const values = paths.map((path) => good.get(path)!);
    if (holds(...values)) continue;
    const shown = values.map((one) => show(one)).join(", ");
    const noun = values.length === 1 ? "value is" : "values are";
    faults.push({
      path: paths[0]!,
      message: `${says}: current ${noun} ${shown}`,
    });
  }
  return faults;
}

/**
 * Gives `value` back as a document.
 *
 * @throws {InvalidSettings} With every fault of it.
 */
export function checkedDocument(
  shape: DocumentShape,
  value: unknown,
): JsonObject {
  const faults = faultsOf(shape, value);
  if (faults.length > 0) {
    throw new InvalidSettings(`these settings (${shape.title})`, faults);
  }
  return value as JsonObject;
}

/** Why `value` cannot be the value of `field`: the end of a sentence. */
export function faultOfValue(
  { type }: Pick<Field, "type">,
  value: unknown,
): string | undefined {
  switch (type.kind) {
    case "flag":
      if (typeof value === "boolean") return undefined;
      return mustBe("true or false", value);
    case "number":
      return numberFault(type, value);
    case "choice": {
      if (type.of.includes(value as string)) return undefined;
      const choices = type.of.map((one) => JSON.stringify(one));
      return mustBe(`one of ${choices.join(", ")}`, value);
    }
    case "duration":
      if (typeof value === "string" && parseDuration(value) !== undefined) {
        return undefined;
      }
      return mustBe(
        'a duration such as "90s", "15m", "4h", "3d", or "0"',
        value,
      );
    case "time zone":
      if (typeof value === "string" && isTimeZone(value)) return undefined;
      return mustBe('a time zone such as "UTC" or "Europe/Berlin"', value);
    case "text": {
      const { maxLength } = type;
      const isGood = typeof value === "string" && value.length <= maxLength &&
        value.isWellFormed();
      if (isGood) return undefined;
      return mustBe(`a text of at most ${maxLength} characters`, value);
    }
    case "numbers":
      return listFault(type, value);
  }
}

function numberFault(
  type: Extract<Field["type"], { kind: "number" }>,
  value: unknown,
): string | undefined {
  const { whole, min = -Infinity, max = Infinity, above = -Infinity } = type;
  if (typeof value !== "number" || !Number.isFinite(value)) {
    return mustBe("a number", value);
  }
  if (whole && !Number.isInteger(value)) return mustBe("a whole number", value);
  if (value <= above) return mustBe(`above ${above}`, value);
  if (value < min) return mustBe(`at least ${min}`, value);
  if (value > max) return mustBe(`at most ${max}`, value);
  return undefined;
}

function listFault(
  type: Extract<Field["type"], { kind: "numbers" }>,
  value: unknown,
): string | undefined {
  const { maxItems, min, max, sum, isRising = false, isNullable } = type;
  if (value === null && isNullable) return undefined;
  const isList = Array.isArray(value) && value.length <= maxItems &&
    value.every((one) =>
      typeof one === "number" && Number.isFinite(one) && one >= min &&
      one <= max
    );
  if (!isList) {
    return mustBe(
      `a list of at most ${maxItems} numbers from ${min} to ${max}`,
      value,
    );
  }
  const list = value as readonly number[];
  const total = list.reduce((a, b) => a + b, 0);
  const adds = sum === undefined || list.length === 0 ||
    Math.abs(total - sum) <= 0.1 + 1e-9;
  if (!adds) return must(`add up to ${sum}`, value);
  const rises = !isRising ||
    list.every((one, i) => i === 0 || list[i - 1]! < one);
  return rises ? undefined : must("rise from entry to entry", value);
}

/** Notes what is wrong in `value`, and the good values by their path. */
function walk(
  tree: FieldTree,
  value: JsonObject,
  prefix: string,
  faults: InputFault[],
  good: Map<string, FieldValue>,
): void {
  for (const [name, node] of Object.entries(tree)) {
    const path = prefix + name;
    const one = Object.hasOwn(value, name) ? value[name] : undefined;
    if (one === undefined) {
      faults.push({ path, message: "is required" });
    } else if (isField<Field>(node)) {
      const message = faultOfValue(node, one);
      if (message === undefined) good.set(path, one as FieldValue);
      else faults.push({ path, message });
    } else if (isJsonObject(one)) {
      walk(node, one, `${path}.`, faults, good);
    } else {
      faults.push({ path, message: `must be an object${current(one)}` });
    }
  }
  const unknown = Object.keys(value).filter((name) =>
    !Object.hasOwn(tree, name)
  );
  for (const name of unknown.slice(0, MAX_UNKNOWN)) {
    faults.push({
      path: `${prefix}${name.slice(0, 64)}`,
      message: "is not known here: check its spelling or leave it out",
    });
  }
  if (unknown.length > MAX_UNKNOWN) {
    faults.push({
      path: prefix.slice(0, -1),
      message: `has ${
        unknown.length - MAX_UNKNOWN
      } more names that are not known`,
    });
  }
}

function must(what: string, value: unknown): string {
  return `must ${what}${current(value)}`;
}

const mustBe = (what: string, value: unknown) => must(`be ${what}`, value);

function current(value: unknown): string {
  return `: current value is ${show(value)}`;
}

/** `value` in a few characters. */
function show(value: unknown): string {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return "an object";
  }
  const text = typeof value === "number"
    ? String(value)
    : JSON.stringify(value);
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`;
}
