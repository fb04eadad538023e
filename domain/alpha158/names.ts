/**
 * The names of the 158 features, in the order of a vector.
 *
 * @module
 */

/** The bars that a rolling feature spans, today's included; each in the next. */
export const WINDOWS: readonly number[] = [5, 10, 20, 30, 60];

const CANDLE = "KMID KLEN KMID2 KUP KUP2 KLOW KLOW2 KSFT KSFT2".split(" ");

const PRICE = "OPEN0 HIGH0 LOW0 VWAP0".split(" ");

const ROLLING = ("ROC MA STD BETA RSQR RESI MAX MIN QTLU QTLD RANK RSV " +
  "IMAX IMIN IMXD CORR CORD CNTP CNTN CNTD SUMP SUMN SUMD " +
  "VMA VSTD WVMA VSUMP VSUMN VSUMD").split(" ");

/**
 * The features as qlib's handler `Alpha158` orders them: nine of the candle,
 * four of the price, then 29 families, each over the five windows.
 */
export const ALPHA158_NAMES: readonly string[] = [
  ...CANDLE,
  ...PRICE,
  ...ROLLING.flatMap((family) => WINDOWS.map((window) => family + window)),
];

/**
 * Where feature `name` lies in a vector.
 *
 * The other windows of a family follow its first: `slotOf("MA5") + 1` is MA10.
 */
export function slotOf(name: string): number {
  const slot = ALPHA158_NAMES.indexOf(name);
  if (slot < 0) {
    throw new RangeError(
      `Cannot find a feature as its name must be one of Alpha158: ` +
        `current value is ${name}`,
    );
  }
  return slot;
}
