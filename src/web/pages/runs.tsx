/**
 * Runs of strategies.
 *
 * @module
 */
import { Mark, Section, Table, Time } from "../parts/basics.tsx";

/** A run, as the list of runs shows it. */
export interface Run {
  readonly run_id: string;
  readonly status: string;
  readonly strategy_id: string;
  readonly as_of_date: string;
  readonly dry_run: boolean;
  readonly num_orders_submitted: number;
  readonly num_orders_filled: number;
  readonly started_at: string;
  readonly error_message: string | null;
}

/** The newest runs; `find` is called with one whose orders are wanted. */
export function Runs(
  { runs, find }: { runs: readonly Run[]; find: (runId: string) => void },
) {
  if (runs.length === 0) return null;
  return (
    <Section title="Runs of strategies">
      <Table
        label="Runs of strategies"
        head={[
          "Started",
          "Strategy",
          "As of",
          "Status",
          { number: "Orders" },
          { number: "Filled" },
          "",
        ]}
      >
        {runs.map((run) => (
          <tr key={run.run_id}>
            <td class="tight">
              <Time at={run.started_at} />
            </td>
            <th scope="row">{run.strategy_id}{run.dry_run && " (dry run)"}</th>
            <td class="tight">{run.as_of_date}</td>
            <td>
              <Mark
                tone={run.status === "completed"
                  ? "good"
                  : run.status === "failed"
                  ? "bad"
                  : "warn"}
              >
                {run.status}
              </Mark>
              {run.error_message && <div class="hint">{run.error_message}</div>}
            </td>
            <td class="number">{run.num_orders_submitted}</td>
            <td class="number">{run.num_orders_filled}</td>
            <td>
              <button
                type="button"
                class="row"
                onClick={() => find(run.run_id)}
              >
                its orders
              </button>
            </td>
          </tr>
        ))}
      </Table>
    </Section>
  );
}
