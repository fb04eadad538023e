/**
 * What lies beside a vector in Redis, which tells whether it counts.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import type {
  FeatureKey,
  FeatureStamp,
  FeatureVector,
} from "../../domain/feature.ts";

/** What a vector is to be held against. */
export interface StampMoment {
  /** The vector's generation now. */
  readonly generation: string;
  /** Wall time in milliseconds since the Unix epoch. */
  readonly now: number;
}

interface StoredStamp extends FeatureStamp {
  /** When the vector is to be forgotten, in milliseconds since the Unix epoch. */
  readonly expiresAt: number;
  /** The vector's generation when it was computed. */
  readonly gen: string;
  /** Of the vector's text: whoever overwrites that is not believed. */
  readonly crc32: number;
}

/** Writes what lies beside `vector`. */
export function formatStamp(
  { json, stamp }: FeatureVector,
  generation: string,
  expiresAt: number,
): string {
  const { set, window, computedAt } = stamp;
  return JSON.stringify(
    {
      set,
      window,
      computedAt,
      expiresAt,
      gen: generation,
      crc32: crc32(json),
    } satisfies StoredStamp,
  );
}

/** The vector that `json` is by the `stamp` beside it, if it counts at `moment`. */
export function believe(
  { symbol, date }: FeatureKey,
  json: string | null,
  stamp: string | null,
  { generation, now }: StampMoment,
): FeatureVector | undefined {
  if (json === null || stamp === null) return undefined;
  const found = parseStamp(stamp);
  if (!found || found.gen !== generation || found.expiresAt <= now) {
    return undefined;
  }
  if (found.crc32 !== crc32(json)) return undefined;
  const { set, window, computedAt } = found;
  return { symbol, date, json, stamp: { set, window, computedAt } };
}

function parseStamp(text: string): StoredStamp | undefined {
  try {
    const stamp = JSON.parse(text);
    const { set, window, computedAt, expiresAt, gen, crc32 } = stamp;
    const texts = [set, window, gen];
    const numbers = [computedAt, expiresAt, crc32];
    return texts.every((value) => typeof value === "string") &&
        numbers.every((value) => typeof value === "number")
      ? stamp
      : undefined;
  } catch {
    return undefined;
  }
}
