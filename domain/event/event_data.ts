/**
 * The data of an event, and how faults in it are told.
 *
 * @module
 */
import { isJsonObject, jsonFault, type JsonObject } from "../json_value.ts";
import { type Channel, maxBytesOf } from "./channel.ts";
import { mustBe } from "./fields.ts";

/** An object as it came. */
export type Members = JsonObject;

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

/**
 * Prints data that may go on `channel`, or tells `fault` why it may not.
 *
 * @param at The path of the data.
 */
export function parseEventData(
  data: unknown,
  channel: Channel | undefined,
  at: readonly PropertyKey[],
  fault: Faults,
): string | undefined {
  const unfit = isJsonObject(data)
    ? jsonFault(data)
    : { path: [], message: mustBe("an object", data) };
  if (unfit) {
    fault([...at, ...unfit.path], unfit.message);
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
  at: readonly PropertyKey[],
  fault: Faults,
): boolean {
  for (const { path, message } of result.error?.issues ?? []) {
    fault([...at, ...path], message);
  }
  return result.success;
}
