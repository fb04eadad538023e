/**
 * The 158 features straight from the table of formulas, slowly.
 *
 * A second opinion on `domain/alpha158`: it shares no code with it, looks at
 * one window at a time as a plain list, oldest first, and computes sums from
 * scratch.
 *
 * @module
 */
import type { Bars } from "../../domain/bars.ts";

/** A value for each row; NaN before the first. */
type Series = (row: number) => number;

const E = 1e-12;

/** Computes the features of row `t`, by name. */
export function naiveAlpha158(bars: Bars, t: number): Map<string, number> {
  const series = (column: Float64Array): Series => (row) => column[row] ?? NaN;
  const O = bars.open[t]!;
  const [H, L, C, V] = [bars.high, bars.low, bars.close, bars.volume]
    .map(series) as [Series, Series, Series, Series];
  const C1: Series = (row) => C(row - 1);
  const V1: Series = (row) => V(row - 1);
  const A: Series = (row) => Math.abs(C(row) / C1(row) - 1) * V(row);
  const rise: Series = (row) => C(row) > C1(row) ? 1 : 0;
  const fall: Series = (row) => C(row) < C1(row) ? 1 : 0;
  const [h, l, c, v] = [H(t), L(t), C(t), V(t)];

  const features = new Map([
    ["KMID", (c - O) / O],
    ["KLEN", (h - l) / O],
    ["KMID2", (c - O) / (h - l + E)],
    ["KUP", (h - Math.max(O, c)) / O],
    ["KUP2", (h - Math.max(O, c)) / (h - l + E)],
    ["KLOW", (Math.min(O, c) - l) / O],
    ["KLOW2", (Math.min(O, c) - l) / (h - l + E)],
    ["KSFT", (2 * c - h - l) / O],
    ["KSFT2", (2 * c - h - l) / (h - l + E)],
    ["OPEN0", O / c],
    ["HIGH0", h / c],
    ["LOW0", l / c],
    ["VWAP0", (bars.vwap?.[t] ?? NaN) / c],
  ]);
  for (const d of [5, 10, 20, 30, 60]) {
    const last = (x: Series) => {
      const first = Math.max(0, t - d + 1);
      return Array.from({ length: t - first + 1 }, (_, i) => x(first + i));
    };
    const [closes, highs, lows, volumes] = [last(C), last(H), last(L), last(V)];
    const low = min(lows);
    const high = max(highs);
    const maxAt = indexOfExtreme(highs, max);
    const minAt = indexOfExtreme(lows, min);
    const line = fit(closes);
    const up = (x: Series, x1: Series) =>
      sum(last((row) => Math.max(x(row) - x1(row), 0)));
    const moved = (x: Series, x1: Series) =>
      sum(last((row) => Math.abs(x(row) - x1(row)))) + E;
    const rolling: { [family: string]: number } = {
      ROC: C(t - d) / c,
      MA: mean(closes) / c,
      STD: sd(closes) / c,
      BETA: line.slope / c,
      RSQR: sd(closes) <= 2e-5 ? NaN : line.rsq,
      RESI: line.residual / c,
      MAX: high / c,
      MIN: low / c,
      QTLU: quantile(closes, 0.8) / c,
      QTLD: quantile(closes, 0.2) / c,
      RANK: rank(closes),
      RSV: (c - low) / (high - low + E),
      IMAX: maxAt / d,
      IMIN: minAt / d,
      IMXD: (maxAt - minAt) / d,
      CORR: correlation(closes, last((row) => Math.log(V(row) + 1))),
      CORD: correlation(
        last((row) => C(row) / C1(row)),
        last((row) => Math.log(V(row) / V1(row) + 1)),
      ),
      CNTP: mean(last(rise)),
      CNTN: mean(last(fall)),
      CNTD: mean(last(rise)) - mean(last(fall)),
      SUMP: up(C, C1) / moved(C, C1),
      SUMN: up(C1, C) / moved(C, C1),
      SUMD: (up(C, C1) - up(C1, C)) / moved(C, C1),
      VMA: mean(volumes) / (v + E),
      VSTD: sd(volumes) / (v + E),
      WVMA: sd(last(A)) / (mean(last(A)) + E),
      VSUMP: up(V, V1) / moved(V, V1),
      VSUMN: up(V1, V) / moved(V, V1),
      VSUMD: (up(V, V1) - up(V1, V)) / moved(V, V1),
    };
    for (const [family, value] of Object.entries(rolling)) {
      features.set(family + d, value);
    }
  }
  return features;
}

const valid = (xs: number[]) => xs.filter(Number.isFinite);
const isConstant = (xs: number[]) => new Set(xs).size === 1;
const total = (xs: number[]) => xs.reduce((a, b) => a + b, 0);

/** The sum of the valid; NaN, not 0, when there are none. */
function sum(xs: number[]): number {
  const some = valid(xs);
  return some.length === 0 ? NaN : total(some);
}

function mean(xs: number[]): number {
  return sum(xs) / valid(xs).length;
}

function sd(xs: number[]): number {
  const some = valid(xs);
  if (some.length < 2) return NaN;
  if (isConstant(some)) return 0;
  const center = mean(some);
  const squares = total(some.map((x) => (x - center) ** 2));
  return Math.sqrt(squares / (some.length - 1));
}

function max(xs: number[]): number {
  const some = valid(xs);
  return some.length === 0 ? NaN : Math.max(...some);
}

function min(xs: number[]): number {
  const some = valid(xs);
  return some.length === 0 ? NaN : Math.min(...some);
}

/** The 1-based place of the first missing entry, or else of the extreme. */
function indexOfExtreme(
  xs: number[],
  extreme: (xs: number[]) => number,
): number {
  if (valid(xs).length === 0) return NaN;
  const missing = xs.findIndex((x) => !Number.isFinite(x));
  return 1 + (missing >= 0 ? missing : xs.indexOf(extreme(xs)));
}

function quantile(xs: number[], q: number): number {
  const some = valid(xs).sort((a, b) => a - b);
  const p = q * (some.length - 1);
  const below = some[Math.floor(p)] ?? NaN;
  const above = some[Math.ceil(p)] ?? NaN;
  return below + (above - below) * (p - Math.floor(p));
}

function rank(xs: number[]): number {
  const today = xs.at(-1)!;
  if (!Number.isFinite(today)) return NaN;
  const some = valid(xs);
  const less = some.filter((x) => x < today).length;
  const equal = some.filter((x) => x === today).length;
  return (less + (equal + 1) / 2) / some.length;
}

/** The least-squares line of the valid entries over their positions. */
function fit(
  ys: number[],
): { slope: number; rsq: number; residual: number } {
  const points = ys.map((y, i) => [i + 1, y] as const)
    .filter(([, y]) => Number.isFinite(y));
  if (points.length < 2) return { slope: NaN, rsq: NaN, residual: NaN };
  const x = points.map(([x]) => x);
  const y = points.map(([, y]) => y);
  if (isConstant(y)) {
    return { slope: 0, rsq: NaN, residual: ys.at(-1)! - ys.at(-1)! };
  }
  const slope = covariance(x, y) / covariance(x, x);
  const fitted = mean(y) + slope * (ys.length - mean(x));
  const today = ys.at(-1)!;
  return {
    slope,
    rsq: covariance(x, y) ** 2 / (covariance(x, x) * covariance(y, y)),
    residual: Number.isFinite(today) ? today - fitted : NaN,
  };
}

function correlation(xs: number[], ys: number[]): number {
  if (sd(xs) <= 2e-5 || sd(ys) <= 2e-5) return NaN;
  const both = xs.map((x, i) => [x, ys[i]!] as const)
    .filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y));
  const x = both.map(([x]) => x);
  const y = both.map(([, y]) => y);
  if (both.length < 2 || isConstant(x) || isConstant(y)) return NaN;
  return covariance(x, y) / Math.sqrt(covariance(x, x) * covariance(y, y));
}

/** The sum of products of deviations from the means. */
function covariance(x: number[], y: number[]): number {
  const [xMean, yMean] = [mean(x), mean(y)];
  return total(x.map((_, i) => (x[i]! - xMean) * (y[i]! - yMean)));
}
