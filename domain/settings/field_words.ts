/**
 * The words in which a field of a settings document is written: what kind of
 * value, how risky, the default, then what it does.
 *
 * @module
 */
import type {
  ByMode,
  Field,
  FieldType,
  FieldValue,
  PerMode,
  Risk,
} from "./field.ts";

/** A field whose default is a `D`: one value, or one a mode. */
export type FieldOf<D> = Omit<Field, "default"> & { readonly default: D };

/** What may be said of a field in the end. */
export type MoreOfField = Partial<
  Pick<Field, "unit" | "isZeroDangerous" | "impact" | "recommendation">
>;

/** Between which numbers a value lies. */
export interface Bounds {
  /** Least value, itself allowed. */
  readonly min?: number;
  /** The value must lie above this. */
  readonly above?: number;
  /** Greatest value, itself allowed. */
  readonly max: number;
}

/** What a list of numbers may hold. */
export type ListShape = Omit<Extract<FieldType, { kind: "numbers" }>, "kind">;

/** Makes a field with a number of one unit. */
export type NumberWord = <D extends PerMode<number>>(
  risk: Risk,
  value: D,
  bounds: Bounds,
  meaning: string,
  more?: MoreOfField,
) => FieldOf<D>;

/** Every length of a candle. */
export const TIMEFRAMES = [
  "1m",
  "3m",
  "5m",
  "15m",
  "30m",
  "1h",
  "2h",
  "4h",
  "6h",
  "8h",
  "12h",
  "1d",
  "3d",
  "1w",
  "1M",
] as const;

/** How much a user dares, the least first. */
export const RISK_LEVELS = ["conservative", "moderate", "aggressive"] as const;

/** Said of a field whose protection 0 would switch off. */
export const ZERO_IS_DANGEROUS = { isZeroDangerous: true } as const;

/** From `min` to `max`, both allowed. */
export function between(min: number, max: number): Bounds {
  return { min, max };
}

/** More than `above`, up to `max`. */
export function above(above: number, max: number): Bounds {
  return { above, max };
}

/** A default for each trading mode. */
export function byMode<T extends FieldValue>(
  ultra: T,
  scalp: T,
  swing: T,
  position: T,
): ByMode<T> {
  return { byMode: [ultra, scalp, swing, position] };
}

/** Yes or no. */
export function flag<D extends PerMode<boolean>>(
  risk: Risk,
  value: D,
  meaning: string,
  more: MoreOfField = {},
): FieldOf<D> {
  return { type: { kind: "flag" }, risk, default: value, meaning, ...more };
}

/** A number, fractions allowed. */
export const number: NumberWord = numberWord(false);

/** A number without fractions. */
export const whole: NumberWord = numberWord(true);

/** A number of hundredths, fractions allowed. */
export const percent: NumberWord = numberWord(false, "percent");

/** An amount of US dollars. */
export const usd: NumberWord = numberWord(false, "USD");

/** A factor. */
export const times: NumberWord = numberWord(false, "x");

/** Whole minutes. */
export const minutes: NumberWord = numberWord(true, "minutes");

/** Whole seconds. */
export const seconds: NumberWord = numberWord(true, "seconds");

/** Whole milliseconds. */
export const milliseconds: NumberWord = numberWord(true, "ms");

/** One of a few words. */
export function choice<D extends PerMode<string>>(
  risk: Risk,
  value: D,
  of: readonly string[],
  meaning: string,
  more: MoreOfField = {},
): FieldOf<D> {
  return {
    type: { kind: "choice", of },
    risk,
    default: value,
    meaning,
    ...more,
  };
}

/** The length of a candle. */
export function timeframe<D extends PerMode<string>>(
  risk: Risk,
  value: D,
  meaning: string,
): FieldOf<D> {
  return choice(risk, value, TIMEFRAMES, meaning);
}

/** How long, as `90s`, `15m`, `4h`, `3d`, or `0`. */
export function duration<D extends PerMode<string>>(
  risk: Risk,
  value: D,
  meaning: string,
  more: MoreOfField = {},
): FieldOf<D> {
  return { type: { kind: "duration" }, risk, default: value, meaning, ...more };
}

/** An IANA time zone. */
export function timeZone(risk: Risk, value: string, meaning: string): Field {
  return { type: { kind: "time zone" }, risk, default: value, meaning };
}

/** Free text of at most `maxLength` characters. */
export function text(
  risk: Risk,
  value: string,
  maxLength: number,
  meaning: string,
): Field {
  return { type: { kind: "text", maxLength }, risk, default: value, meaning };
}

/** A list of numbers. */
export function numbers<D extends PerMode<readonly number[] | null>>(
  risk: Risk,
  value: D,
  shape: ListShape,
  meaning: string,
  more: MoreOfField = {},
): FieldOf<D> {
  return {
    type: { kind: "numbers", ...shape },
    risk,
    default: value,
    meaning,
    ...more,
  };
}

function numberWord(whole: boolean, unit?: string): NumberWord {
  return (risk, value, bounds, meaning, more = {}) => ({
    type: { kind: "number", whole, ...bounds },
    risk,
    default: value,
    meaning,
    ...(unit !== undefined && { unit }),
    ...more,
  });
}
