/**
 * JSON values from outside, and whether they can be kept as they came.
 *
 * @module
 */

/** Levels of nesting in a value of any shape. */
export const MAX_JSON_DEPTH = 64;

/**
 * Levels of nesting in a text of JSON that is read at all: what is inside may
 * be as deep as `MAX_JSON_DEPTH`, with something around it.
 */
export const MAX_TEXT_DEPTH = 2 * MAX_JSON_DEPTH;

/** An object as it came. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Why a value cannot be kept as it came. */
export interface JsonFault {
  /** Where; empty when the value as a whole is meant. */
  readonly path: readonly (string | number)[];
  /** The end of a sentence about it. */
  readonly message: string;
}

/** Whether `value` is a JSON object. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether two JSON values are the same, whatever the order of names. */
export function isSameValue(one: unknown, other: unknown): boolean {
  if (Array.isArray(one)) {
    return Array.isArray(other) && one.length === other.length &&
      one.every((item, i) => isSameValue(item, other[i]));
  }
  if (!isJsonObject(one)) return one === other;
  if (!isJsonObject(other)) return false;
  const names = Object.keys(one);
  return names.length === Object.keys(other).length &&
    names.every((name) =>
      Object.hasOwn(other, name) && isSameValue(one[name], other[name])
    );
}

/** What `text` says where that is a JSON object; `undefined` where it is not. */
export function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether lists and objects are nested in `value` more than `levels` deep; never too deep itself. */
export function isDeeperThan(levels: number, value: unknown): boolean {
  let level: readonly unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    const next: unknown[] = [];
    for (const one of level) {
      if (typeof one !== "object" || one === null) continue;
      if (depth === levels) return true;
      for (const inner of Object.values(one)) {
        if (typeof inner === "object" && inner !== null) next.push(inner);
      }
    }
    level = next;
  }
  return false;
}

/**
 * A name that stands twice in one object of `text`, which must be JSON: of the
 * two values only the last would be read.
 */
export function doubleName(text: string): string | undefined {
  const objects: Set<string>[] = [];
  const tokens = text.matchAll(/("[^"\\]*(?:\\.[^"\\]*)*")\s*(:)?|[{}]/g);
  for (const [token, quoted, colon] of tokens) {
    if (token === "{") objects.push(new Set());
    else if (token === "}") objects.pop();
    else if (colon !== undefined) {
      const name: string = JSON.parse(quoted!);
      const names = objects.at(-1)!;
      if (names.has(name)) return name;
      names.add(name);
    }
  }
  return undefined;
}

/**
 * Why `value` would not be the same when read back, if so: the first fault.
 *
 * A double holds every whole number up to 2^53, and only some above. Which one
 * was written cannot be told once it has been read, so that all above are
 * faults, those too that were written with an exponent.
 */
export function jsonFault(value: unknown): JsonFault | undefined {
  const path: (string | number)[] = [];
  const message = faultIn(value, path);
  return message === undefined ? undefined : { path, message };
}

/** Leaves the way to the fault in `path`. */
function faultIn(
  value: unknown,
  path: (string | number)[],
): string | undefined {
  if (typeof value === "number") return numberFault(value);
  if (typeof value !== "object" || value === null) return undefined;
  if (path.length >= MAX_JSON_DEPTH) {
    path.length = 0;
    return `must not be nested more than ${MAX_JSON_DEPTH} levels deep`;
  }
  const isList = Array.isArray(value);
  for (const [name, item] of Object.entries(value)) {
    path.push(isList ? Number(name) : name);
    const fault = faultIn(item, path);
    if (fault !== undefined) return fault;
    path.pop();
  }
  return undefined;
}

function numberFault(value: number): string | undefined {
  if (!Number.isFinite(value)) {
    return "must be a number within the range of a double: give it as a text";
  }
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return "must not be a whole number beyond 9007199254740991, not even one " +
      "such as 1e22, as its digits could get lost: give it as a text";
  }
  return undefined;
}
