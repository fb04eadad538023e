/**
 * What came of a paper run: figures, equity and drawdown, symbols.
 *
 * @module
 */
import { Mark } from "../parts/basics.tsx";
import { Chart } from "../parts/chart.tsx";
import { type Holding, Holdings } from "../parts/holdings.tsx";
import { count, counted, figure, money } from "../words.ts";

interface SymbolResult
  extends Omit<Holding, "symbol" | "unrealized_pl" | "realized_pl"> {
  readonly realized_pnl: string;
  readonly unrealized_pnl: string;
}

/** A report, as far as it is shown. */
export interface Report {
  readonly run_id: string;
  readonly status: string;
  readonly parameters: {
    readonly strategy_id: string;
    readonly from: string;
    readonly to: string;
    readonly capital: string;
    readonly seed: string;
  };
  readonly results: {
    readonly realized_pnl: string;
    readonly unrealized_pnl: string;
    readonly total_pnl: string;
    readonly commission: string;
    readonly total_return: number;
    readonly max_drawdown: string;
    readonly max_drawdown_share: number;
    readonly sharpe: number | null;
    readonly turnover: number | null;
    readonly hit_rate: number | null;
    readonly orders_by_status: Readonly<Record<string, number>>;
    readonly per_symbol: Readonly<Record<string, SymbolResult>>;
    readonly equity_curve: readonly {
      readonly date: string;
      readonly equity: string;
      readonly drawdown_share: number;
    }[];
  };
  readonly gaps: readonly {
    readonly symbol: string | null;
    readonly reason: string;
    readonly from: string;
    readonly days: number;
  }[];
}

const percent = (share: number | null) =>
  `${figure((share ?? NaN) * 100)}\u202f%`;

/** The report of a run that `user` has asked for. */
export function PaperReport(
  { report, user }: { report: Report; user: string },
) {
  const { parameters, results, gaps } = report;
  const curve = results.equity_curve;
  const times = curve.map(({ date }) => Date.parse(date) / 1000);
  const orders = Object.entries(results.orders_by_status)
    .map(([status, n]) => `${count(n)} ${status.replaceAll("_", " ")}`);
  const figures = {
    "Total P&L, USD": money(results.total_pnl),
    "Of the capital": percent(results.total_return),
    "Realized, USD": money(results.realized_pnl),
    "Unrealized, USD": money(results.unrealized_pnl),
    "Worst drawdown, USD": money(`-${results.max_drawdown}`),
    "Of the highest equity": percent(results.max_drawdown_share),
    "Turnover, × equity": figure(results.turnover ?? NaN),
    "Hit rate": percent(results.hit_rate),
    "Sharpe, a year": figure(results.sharpe ?? NaN),
    Orders: orders.join(", "),
  };
  return (
    <>
      <p class="reason" role="status">
        <Mark tone={report.status === "completed" ? "good" : "warn"}>
          {report.status}
        </Mark>{" "}
        {parameters.strategy_id} from {parameters.from} to {parameters.to},{" "}
        {counted(curve.length, "trading day")}, seed {parameters.seed}, for{" "}
        {user}. {report.run_id}
      </p>
      <dl class="figures">
        {Object.entries(figures).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <div class="charts">
        <Chart
          title="Equity, USD"
          isDaily
          times={times}
          print={count}
          lines={[{
            label: "at the close",
            colour: "--accent",
            values: curve.map(({ equity }) => Number(equity)),
          }]}
        />
        <Chart
          title="Drawdown"
          isDaily
          times={times}
          print={(value) => percent(value)}
          lines={[{
            label: "below the highest equity",
            colour: "--bad",
            values: curve.map((point) => -point.drawdown_share),
          }]}
        />
      </div>
      <Holdings
        label="Result by symbol"
        held={Object.entries(results.per_symbol).map(([symbol, one]) => ({
          ...one,
          symbol,
          unrealized_pl: one.unrealized_pnl,
          realized_pl: one.realized_pnl,
        }))}
      />
      {gaps.slice(0, 12).map((gap) => (
        <p class="hint" key={gap.symbol + gap.reason}>
          {gap.symbol ?? "All symbols"}, {counted(gap.days, "day")} from{" "}
          {gap.from}: {gap.reason}
        </p>
      ))}
    </>
  );
}
