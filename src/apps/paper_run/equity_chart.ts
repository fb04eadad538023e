/**
 * The equity curve and its drawdown as one SVG picture.
 *
 * @module
 */
import { type Decimal, ONE } from "../../../domain/decimal.ts";
import type { EquityPoint } from "../../../domain/performance/equity_curve.ts";
import { escaped } from "./escaped.ts";
import { printMoney, printShare } from "./words.ts";

const WIDTH = 960;
const HEIGHT = 420;
/** Where the lines are drawn; the drawdown below the equity. */
const LEFT = 88;
const RIGHT = WIDTH - 16;
const EQUITY = { top: 16, bottom: 268 };
const DRAWDOWN = { top: 304, bottom: 384 };

/** Most points of a line: more cannot be told apart. */
const MAX_POINTS = 800;

/** A scale from values to places on the picture. */
type Scale = (value: number) => number;

/**
 * Draws `curve`, which has at least one point.
 *
 * Its colours are CSS variables of the page: `--line`, `--fall`, `--grid`.
 */
export function drawEquityChart(
  capital: Decimal,
  curve: readonly EquityPoint[],
): string {
  const points = thinned(curve);
  const equities = points.map(({ equity }) => numberOf(equity));
  const start = numberOf(capital);
  const [low, high] = widened(
    Math.min(start, ...equities),
    Math.max(start, ...equities),
  );
  const worst = Math.max(...points.map((one) => one.drawdownShare), 0.0001);
  const x: Scale = (i) =>
    LEFT + (RIGHT - LEFT) * i / Math.max(1, points.length - 1);
  const y = scale(low, high, EQUITY.bottom, EQUITY.top);
  const fall = scale(0, worst, DRAWDOWN.top, DRAWDOWN.bottom);
  const line = pathOf(equities.map((value, i) => [x(i), y(value)]));
  const depth = pathOf(points.map((one, i) => [x(i), fall(one.drawdownShare)]));
  const first = curve[0]!;
  const last = curve.at(-1)!;
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="chart-title chart-desc">
<title id="chart-title">Equity and drawdown by day</title>
<desc id="chart-desc">${
    escaped(
      `From ${printMoney(first.equity)} on ${first.date} to ${
        printMoney(last.equity)
      } on ${last.date}; lowest ${
        printMoney(extreme(curve, "least"))
      }, highest ${
        printMoney(extreme(curve, "most"))
      }; the largest drawdown is ${
        printShare(Math.max(...curve.map((one) => one.drawdownShare)))
      }.`,
    )
  }</desc>
${
    [low, (low + high) / 2, high].map((value) =>
      gridLine(y(value), shortMoney(value))
    ).join("\n")
  }
<line class="start" x1="${LEFT}" x2="${RIGHT}" y1="${place(y(start))}" y2="${
    place(y(start))
  }"/>
<path class="equity" d="${line}"/>
${gridLine(DRAWDOWN.top, "0 %")}
${gridLine(DRAWDOWN.bottom, `−${printShare(worst)}`)}
<path class="drawdown" d="${depth} L${
    place(x(points.length - 1))
  } ${DRAWDOWN.top} L${LEFT} ${DRAWDOWN.top} Z"/>
<text x="${LEFT}" y="${HEIGHT - 10}">${first.date}</text>
<text x="${RIGHT}" y="${HEIGHT - 10}" text-anchor="end">${last.date}</text>
<text x="${LEFT}" y="${DRAWDOWN.top - 10}">Drawdown</text>
</svg>`;
}

function gridLine(y: number, label: string): string {
  const at = place(y);
  return `<line class="grid" x1="${LEFT}" x2="${RIGHT}" y1="${at}" y2="${at}"/>` +
    `<text x="${LEFT - 8}" y="${
      place(y + 4)
    }" text-anchor="end">${label}</text>`;
}

function pathOf(points: readonly (readonly [x: number, y: number])[]): string {
  // A single day is drawn as a line from edge to edge.
  const all = points.length === 1
    ? [points[0]!, [RIGHT, points[0]![1]] as const]
    : points;
  return all.map(([x, y], i) => `${i === 0 ? "M" : "L"}${place(x)} ${place(y)}`)
    .join(" ");
}

/** Every n-th point, and in any case the last one. */
function thinned(curve: readonly EquityPoint[]): readonly EquityPoint[] {
  const step = Math.ceil(curve.length / MAX_POINTS);
  return curve.filter((_, i) => (curve.length - 1 - i) % step === 0);
}

function scale(
  low: number,
  high: number,
  atLow: number,
  atHigh: number,
): Scale {
  return (value) => atLow + (atHigh - atLow) * (value - low) / (high - low);
}

/** A range with some room, and never empty. */
function widened(low: number, high: number): readonly [number, number] {
  const room = (high - low) * 0.05 || Math.abs(high) * 0.01 || 1;
  return [low - room, high + room];
}

function extreme(
  curve: readonly EquityPoint[],
  which: "least" | "most",
): Decimal {
  return curve.map(({ equity }) => equity).reduce((a, b) =>
    (a < b) === (which === "least") ? a : b
  );
}

function shortMoney(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

function place(value: number): string {
  return String(Number(value.toFixed(1)));
}

function numberOf(amount: Decimal): number {
  return Number(amount) / Number(ONE);
}
