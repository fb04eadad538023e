/**
 * The data of an event, and how faults in it are told.
 *
 * @module
 */
import { type Channel, maxBytesOf } from "./channel.ts";
import { mustBe } from "./fields.ts";

/** Levels of nesting in the data of an event. */
const MAX_DEPTH = 64;

/** An object as it came. */
export type Members = Readonly<Record<string, unknown>>;

/** Hears of a fault: where it is, and the end of a sentence about it. */
export type Faults = (path: readonly PropertyKey[], message: string) => void;

/** What a schema found. */
export interface SchemaResult {
  /** Whether all is well. */
  readonly success: boolean;
  /** What is not. */
  readonly error?: {
    /** Each fault. */
    readonly issues: readonly {
      /** Where it is. */
      readonly path: readonly PropertyKey[];
      /** The end of a sentence about it. */
      readonly message: string;
    }[];
  } | undefined;
}

/** Whether `value` is a JSON object. */
export function isObject(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Prints data that may go on `channel`, or tells `fault` why it may not.
 *
 * @param at The path of the data.
 */
export function parseEventData(
  data: unknown,
  channel: Channel | undefined,
  at: readonly string[],
  fault: Faults,
): string | undefined {
  const unfit = isObject(data)
    ? storageFault(data, 1)
    : mustBe("an object", data);
  if (unfit !== undefined) {
    fault(at, unfit);
    return undefined;
  }
  if (!channel) return undefined;
  const valid = report(channel.schema.safeParse(data), at, fault);
  const json = JSON.stringify(data);
  const most = maxBytesOf(channel);
  const bytes = new TextEncoder().encode(json).length;
  if (bytes <= most) return valid ? json : undefined;
  fault(
    at,
    `must be at most ${most} bytes of JSON in UTF-8 on ${channel.name}: ` +
      `current value is ${bytes}`,
  );
  return undefined;
}

/** Hands a schema's issues on; tells whether there were none. */
export function report(
  result: SchemaResult,
  at: readonly string[],
  fault: Faults,
): boolean {
  for (const { path, message } of result.error?.issues ?? []) {
    fault([...at, ...path], message);
  }
  return result.success;
}

/** Why data would not be the same when read back, if so. */
function storageFault(value: unknown, depth: number): string | undefined {
  if (typeof value === "number" && !Number.isFinite(value)) {
    return "must not have numbers beyond the range of a double";
  }
  if (typeof value !== "object" || value === null) return undefined;
  if (depth > MAX_DEPTH) {
    return `must not be nested more than ${MAX_DEPTH} levels deep`;
  }
  for (const item of Object.values(value)) {
    const fault = storageFault(item, depth + 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
