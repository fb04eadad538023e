/**
 * A paper run on the sample bars, as it is published, and its numbers by
 * another calculation: in binary fractions, from opens, closes and what was
 * filled.
 *
 * After a change that is meant:
 * `deno run -A src/main.ts paper-run ARGS --json tests/golden/paper_run.json`
 *
 * @module
 */
import golden from "../golden/paper_run.json" with { type: "text" };
import { equal, ok } from "../support/assert.ts";
import { needs } from "../support/needs.ts";
import {
  accountOf,
  paperRun,
  quotesOf,
  type Report,
  SAMPLE_DIR,
} from "../support/paper_run.ts";

/** SYNE has its last bar in the middle of it, on 2023-11-02. */
const ARGS =
  "--symbols SYNA,SYNB,SYNC,SYND,SYNE,SYNT --from 2023-10-16 --to 2023-11-17 --slippage-bps 5 --commission-bps 1 --partial 0.5 --reject 0.05 --seed 7"
    .split(" ");

const CAPITAL = 100_000;
const MAX_POSITION = 20_000;
const SLIPPAGE = 5 / 10_000;
const COMMISSION = 1 / 10_000;

const report: Report = JSON.parse(golden);
const { results } = report;

/** Whether two amounts are the same but for the rounding of binary fractions. */
function close(actual: string | number, expected: number, what: string): void {
  ok(
    Math.abs(Number(actual) - expected) < 1e-6,
    `${what} is ${actual} in the report and ${expected} by hand`,
  );
}

if (await needs(import.meta.url, ["read", "write", "env"])) {
  const quotes = await quotesOf(SAMPLE_DIR, report.parameters.symbols);
  const account = accountOf(report, quotes, CAPITAL);
  const dates = [...account.equity.keys()];
  const equities = [...account.equity.values()];

  Deno.test("paper run: the sample run is what it was, byte for byte", async () => {
    const { code, json } = await paperRun(ARGS);
    equal(code, 3);
    equal(json, golden);
  });

  Deno.test("paper run: orders are filled at the next open, worse by the slippage", () => {
    let count = 0;
    for (const order of report.orders) {
      if (order.status !== "filled") continue;
      const next = dates[dates.indexOf(order.decided_on) + 1]!;
      equal(order.filled_on, next);
      const open = quotes.open(order.symbol, next)!;
      const side = order.side === "buy" ? 1 : -1;
      const price = open * (1 + side * SLIPPAGE);
      close(order.avg_fill_price!, price, order.client_order_id);
      const fee = price * Number(order.qty) * COMMISSION;
      close(order.commission, fee, `${order.client_order_id}'s commission`);
      count++;
    }
    ok(count > 60, `${count} orders were filled`);
  });

  Deno.test("paper run: a position is as large as the close of the decision allows, or none", () => {
    const held = new Map<string, number>();
    /** What orders of a symbol and a day would have changed that were not filled. */
    const missing = new Map<string, number>();
    let flips = 0;
    for (const order of report.orders) {
      const { symbol, side, qty, decided_on } = order;
      const change = (side === "buy" ? 1 : -1) * Number(qty);
      const day = `${symbol} ${decided_on}`;
      if (missing.has(day)) flips++;
      if (order.status !== "filled") {
        missing.set(day, change);
        continue;
      }
      const was = (held.get(symbol) ?? 0) + change;
      held.set(symbol, was);
      // Where closing was refused, what opens behind it does not make up for it.
      const after = was + (missing.get(day) ?? 0);
      const full = Math.floor(MAX_POSITION / quotes.close(symbol, decided_on)!);
      ok(
        [0, full].includes(Math.abs(after)),
        `${order.client_order_id} leads to ${after} units, not ${full}`,
      );
    }
    ok(flips > 0, "a position was opened whose other side could not be closed");
  });

  Deno.test("paper run: equity is the capital, what orders cost and brought, and what is held", () => {
    equal(results.equity_curve.length, dates.length);
    for (const { date, equity } of results.equity_curve) {
      close(equity, account.equity.get(date)!, `the equity of ${date}`);
    }
    close(results.total_pnl, equities.at(-1)! - CAPITAL, "the total P&L");
  });

  Deno.test("paper run: realized P&L is that of the average entry, closed positions included", () => {
    let realized = 0;
    for (const [symbol, earned] of account.realized) {
      const told = results.per_symbol[symbol];
      close(told.realized_pnl, earned, `${symbol}'s realized P&L`);
      equal(Number(told.qty), account.held.get(symbol));
      equal(told.status, Number(told.qty) === 0 ? "closed" : "open");
      realized += earned;
    }
    close(results.realized_pnl, realized, "the realized P&L");
    const unrealized = equities.at(-1)! - CAPITAL - realized;
    close(results.unrealized_pnl, unrealized, "the unrealized P&L");
    const closed = [...account.held.values()].filter((qty) => qty === 0).length;
    equal(results.num_closed_positions, closed);
    equal(results.num_open_positions, account.held.size - closed);
    equal(results.total_positions, account.held.size);
    ok(closed > 0, "a position was closed");
  });

  Deno.test("paper run: drawdown, turnover, hit rate and Sharpe follow from the account", () => {
    let peak = CAPITAL;
    let worst = 0;
    let worstShare = 0;
    for (const equity of equities) {
      peak = Math.max(peak, equity);
      worst = Math.max(worst, peak - equity);
      worstShare = Math.max(worstShare, (peak - equity) / peak);
    }
    close(results.max_drawdown, worst, "the drawdown");
    close(results.max_drawdown_share, worstShare, "its share");

    const mean = equities.reduce((a, b) => a + b) / equities.length;
    const turnover = account.traded / mean;
    close(results.traded_value, account.traded, "what was traded");
    close(results.turnover, turnover, "the turnover");
    close(
      results.annual_turnover,
      turnover * 252 / dates.length,
      "the annual turnover",
    );

    const hits = account.closings.filter((earned) => earned > 0).length;
    equal(results.num_closing_trades, account.closings.length);
    close(results.hit_rate, hits / account.closings.length, "the hit rate");

    const returns = equities.slice(1).map((one, i) => one / equities[i]! - 1);
    const average = returns.reduce((a, b) => a + b) / returns.length;
    const variance = returns.map((one) => (one - average) ** 2)
      .reduce((a, b) => a + b) / (returns.length - 1);
    const year = Math.sqrt(252);
    close(results.volatility, Math.sqrt(variance) * year, "the volatility");
    close(
      results.sharpe,
      average / Math.sqrt(variance) * year,
      "the Sharpe ratio",
    );
  });

  Deno.test("paper run: a symbol whose bars have ended sits out, and its position stays", () => {
    const after = dates.filter((date) => date > "2023-11-02");
    const { symbol, ...gap } = report.gaps[0]!;
    equal(symbol, "SYNE");
    equal(gap.days, after.length);
    equal(gap.from, after[0]);
    equal(gap.to, after.at(-1));
    const late = report.orders.filter((order) =>
      order.symbol === "SYNE" && order.decided_on >= after[0]!
    );
    equal(late.length, 0);
    equal(results.per_symbol.SYNE.status, "open");
    equal(
      Number(results.per_symbol.SYNE.current_price),
      quotes.close("SYNE", "2023-11-02"),
    );
  });
}
