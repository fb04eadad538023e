/**
 * The strategy over past bars, on paper: asked for, watched, and what came of it.
 *
 * @module
 */
import { signal } from "@preact/signals";
import { call, type Refused } from "../api.ts";
import { may } from "../live.ts";
import { Empty, Fault, Section } from "../parts/basics.tsx";
import { useEvery } from "../parts/every.ts";
import { Field, restOf } from "../parts/field.tsx";
import { counted, timeOf } from "../words.ts";
import { PaperReport, type Report } from "./paper_report.tsx";

interface Run {
  readonly id: string;
  readonly user: string;
  readonly status: string;
  readonly from: string;
  readonly to: string;
  readonly days: number;
  readonly days_done: number;
  readonly started_at: string;
  readonly error_message: string | null;
  readonly report: Report | null;
}

const PATH = "/api/v1/paper-runs";

/** How often a run that is under way is looked at. */
const LOOK_MS = 400;

/** What is typed, by the names that the service has for it. */
const wish = {
  symbols: signal(""),
  from: signal(""),
  to: signal(""),
  slippage_bps: signal("0"),
  commission_bps: signal("0"),
  seed: signal("1"),
};

type Name = keyof typeof wish;

const NUMBER = { size: 9 };

const FIELDS: readonly (readonly [Name, string, object])[] = [
  ["symbols", "Symbols", { isWide: true, placeholder: "all that have bars" }],
  ["from", "First day", { type: "date" }],
  ["to", "Last day", { type: "date" }],
  ["slippage_bps", "Slippage, bps", NUMBER],
  ["commission_bps", "Commission, bps", NUMBER],
  ["seed", "Seed", NUMBER],
];

/** Those that the instance keeps; absent where it has no paper runs. */
const runs = signal<readonly Run[] | undefined>(undefined);
const shown = signal<Run | undefined>(undefined);
const fault = signal<unknown>(undefined);
/** Whether `runs` is to be read again. */
let isOld = true;

async function look(signal: AbortSignal): Promise<void> {
  if (isOld) {
    const { body } = await call<{ runs: Run[] }>("GET", PATH, { signal });
    runs.value = body.runs;
    isOld = false;
  }
  const { id, status } = shown.value ?? runs.value?.[0] ?? {};
  if (id && (!shown.value || status === "running")) await show(id);
}

async function show(id: string): Promise<void> {
  try {
    shown.value = (await call<Run>("GET", `${PATH}/${id}`)).body;
    isOld ||= shown.value.status !== "running";
  } catch (error) {
    if ((error as Refused).status !== 404) throw error;
    // The service was restarted.
    fault.value = error;
    shown.value = undefined;
    isOld = true;
  }
}

async function change(method: string, path: string, body?: object) {
  fault.value = undefined;
  try {
    shown.value = (await call<Run>(method, path, { body })).body;
    isOld = true;
  } catch (error) {
    fault.value = error;
  }
}

/** What was typed; nonsense goes to the service as it is, so that it says what is wrong. */
function typed(): object {
  const filled = Object.entries(wish).filter(([, { value }]) => value.trim());
  return Object.fromEntries(filled.map(([name, { value }]) => {
    if (name === "symbols") {
      return [name, value.split(/[\s,]+/).filter(Boolean)];
    }
    const isNumber = /_bps|seed/.test(name) && Number.isFinite(Number(value));
    return [name, isNumber ? Number(value) : value];
  }));
}

/** The section; nothing where the service has no paper runs. */
export function PaperRuns() {
  useEvery(look, LOOK_MS);
  const run = shown.value;
  const all = runs.value;
  if (!all) return null;
  return (
    <Section
      title="Paper run"
      aside={all.length > 1 && (
        <label class="inline">
          Kept{" "}
          <select
            value={run?.id}
            onInput={(event) =>
              change("GET", `${PATH}/${event.currentTarget.value}`)}
          >
            {all.map(({ id, started_at, status }) => (
              <option key={id} value={id}>
                {timeOf(started_at)}, {status}
              </option>
            ))}
          </select>
        </label>
      )}
    >
      {may("write") && (
        <form
          class="form"
          onSubmit={(event) => {
            event.preventDefault();
            change("POST", PATH, typed());
          }}
        >
          {FIELDS.map(([name, label, more]) => (
            <Field
              key={name}
              {...{ name, label, ...more }}
              of={wish[name]}
              error={fault.value}
            />
          ))}
          <button type="submit" disabled={run?.status === "running"}>
            Run
          </button>
        </form>
      )}
      <Fault message={restOf(fault.value, Object.keys(wish))} />
      {run ? <Shown run={run} /> : (
        <Empty>
          The strategy over past bars: orders at each close, filled at the next
          open. Nothing real is traded.
        </Empty>
      )}
    </Section>
  );
}

function Shown({ run }: { run: Run }) {
  const { id, status, days, days_done, report } = run;
  if (report) return <PaperReport key={id} user={run.user} report={report} />;
  if (run.error_message) return <Fault message={run.error_message} />;
  return (
    <p class="line">
      <progress max={days} value={days_done} aria-label="Days done" />
      {days_done} of {counted(days, "day")}
      {status === "running" && may("write")
        ? (
          <button
            type="button"
            class="quiet"
            onClick={() => change("DELETE", `${PATH}/${id}`)}
          >
            Cancel
          </button>
        )
        : `, ${status}`}
    </p>
  );
}
