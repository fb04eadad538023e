/**
 * Durations as settings write them.
 *
 * @module
 */

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Longest duration: ten years. */
const MAX_MS = 3650 * 86_400_000;

/**
 * The milliseconds of a text such as `90s`, `1h30m`, `3d` or `0`; `undefined`
 * when it is none, or longer than ten years.
 */
export function parseDuration(text: string): number | undefined {
  if (text === "0") return 0;
  if (!/^(?:\d{1,9}(?:ms|[smhd]))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|[smhd])/g)) {
    total += Number(count) * UNIT_MS[unit!]!;
  }
  return total <= MAX_MS ? total : undefined;
}
