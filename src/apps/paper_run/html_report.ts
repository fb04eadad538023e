/**
 * A paper run as a page that needs nothing but itself.
 *
 * @module
 */
import { drawEquityChart } from "./equity_chart.ts";
import { escaped } from "./escaped.ts";
import { isWhole, type PaperOutcome } from "./outcome.ts";
import {
  faultsOf,
  figuresOf,
  printGap,
  SYMBOL_COLUMNS,
  symbolRows,
  titleOf,
} from "./summary.ts";
import { printMoney } from "./words.ts";

const STYLE = `
:root { color-scheme: light dark; --text: #1c2024; --soft: #5a636c; --page: #ffffff;
  --line: #0b62c4; --fall: #c4320b; --grid: #d9dee3; }
@media (prefers-color-scheme: dark) { :root { --text: #e8eaed; --soft: #a5adb6; --page: #16191d;
  --line: #6cb0ff; --fall: #ff8a66; --grid: #343a41; } }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: var(--text); background: var(--page);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; line-height: 1.25; } h2 { font-size: 1.125rem; margin-top: 2rem; }
p, small { color: var(--soft); }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: 1rem; }
dt { color: var(--soft); } dd { margin: 0; } dd b { font-size: 1.25rem; display: block; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--grid); text-align: right; }
th:first-child, td:first-child, th:nth-child(2), td:nth-child(2) { text-align: left; }
b, td, svg { font-variant-numeric: tabular-nums; }
svg { width: 100%; min-width: 36rem; height: auto; }
svg text { fill: var(--soft); font-size: 13px; }
svg .grid { stroke: var(--grid); } svg .start { stroke: var(--soft); stroke-dasharray: 4 4; }
svg .equity { fill: none; stroke: var(--line); stroke-width: 2; stroke-linejoin: round; }
svg .drawdown { fill: var(--fall); fill-opacity: .3; stroke: var(--fall); }
`;

/** Draws up the page; the same run always gives the same bytes. */
export function writeHtmlReport(outcome: PaperOutcome): string {
  const { parameters, performance, orders, gaps, runId } = outcome;
  const title = `Paper run of ${titleOf(outcome)}`;
  const { symbols, capital, maxPositionSize, lots, topN, bottomN } = parameters;
  const venue = Object.entries(parameters.venue).map(([name, value]) =>
    `${name} ${value}`
  );
  const faults = [...gaps.map(printGap), ...faultsOf(orders)];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
<p>${
    isWhole(outcome) ? "Completed" : "Partial: not all of it could be done"
  }. Run ${escaped(runId)}.</p>
<dl>
${
    figuresOf(outcome).map(([name, value, more]) =>
      `<div><dt>${escaped(name)}</dt><dd><b>${escaped(value)}</b><small>${
        escaped(more)
      }</small></dd></div>`
    ).join("\n")
  }
</dl>
<h2>Equity</h2>
<div class="scroll">
${drawEquityChart(parameters.capital, performance.curve)}
</div>
<p>At each close. The dashed line is the capital.</p>
<h2>Symbols</h2>
${table(SYMBOL_COLUMNS, symbolRows(performance))}
${
    faults.length === 0
      ? ""
      : `<h2>What could not be done</h2>\n<ul>\n${
        faults.map((one) => `<li>${escaped(one)}</li>`).join("\n")
      }\n</ul>`
  }
<h2>How it was run</h2>
<p>${
    escaped(
      `${symbols.join(", ")}; ${topN} long and ${bottomN} short at most, ` +
        `capital ${printMoney(capital)}, at most ${
          printMoney(maxPositionSize)
        } in one position, ${lots} lots; model ${parameters.modelVersion}; ` +
        `venue: ${venue.join(", ") || "as it comes"}.`,
    )
  }</p>
<p>Decided at each close by what was known then, filled at the next open. Realized P&amp;L is less all commission;
closed positions count. Drawdown is the highest equity so far less the equity. Turnover is what was traded over the mean
equity. A closing trade is a hit when it earned more than its commission. Volatility and Sharpe are of daily returns,
times the root of 252; money at rest earns nothing.</p>
</main>
</body>
</html>
`;
}

function table(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  if (rows.length === 0) return "<p>Nothing was traded.</p>";
  const head = heads.map((one) => `<th scope="col">${escaped(one)}</th>`);
  const body = rows.map((row) =>
    `<tr>${row.map((cell) => `<td>${escaped(cell)}</td>`).join("")}</tr>`
  );
  return `<div class="scroll"><table>\n<thead><tr>${
    head.join("")
  }</tr></thead>\n` +
    `<tbody>\n${body.join("\n")}\n</tbody>\n</table></div>`;
}
