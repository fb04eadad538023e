/**
 * How sure a prediction is.
 *
 * @module
 */

/** Which way a position gains. */
export type Side = "long" | "short";

/** The fewest recent predictions that one can be compared with. */
export const MIN_RECENT = 20;

/** How many predictions of the dates before are compared with. */
export const RECENT_DATES = 120;

/** A direction and how sure it is. */
export interface Conviction {
  /** Long on a prediction above 0, short on one below. */
  readonly side: Side;
  /** From 0 to 100, two decimals. */
  readonly confidence: number;
}

/**
 * The direction of `prediction`, and 100 × its percentile among the `recent`
 * ones: the share of them that it exceeds, those equal to it counted half. For
 * a short it is the share that it falls below. So the strongest prediction of
 * all has 100, and a model that always says the same 50.
 *
 * @returns Or why there is none, the end of a sentence.
 */
export function convictionOf(
  prediction: number,
  recent: readonly number[],
): Conviction | string {
  if (!Number.isFinite(prediction)) return "the model gives no number";
  if (prediction === 0) return "the model predicts no movement";
  const known = recent.filter(Number.isFinite);
  if (known.length < MIN_RECENT) {
    return `there are ${known.length} recent predictions to compare with: ` +
      `at least ${MIN_RECENT} are needed`;
  }
  const isLong = prediction > 0;
  const beaten = known
    .filter((one) => isLong ? one < prediction : one > prediction).length;
  const equal = known.filter((one) => one === prediction).length;
  const share = (beaten + equal / 2) / known.length;
  return {
    side: isLong ? "long" : "short",
    confidence: Math.round(share * 10_000) / 100,
  };
}
