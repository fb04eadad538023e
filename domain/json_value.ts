/**
 * JSON values from outside, and whether they can be kept as they came.
 *
 * @module
 */

/** Levels of nesting in a value of any shape. */
export const MAX_JSON_DEPTH = 64;

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
