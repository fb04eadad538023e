/**
 * Signals for a list of symbols, the features behind them, and the cache.
 *
 * @module
 */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { call } from "../api.ts";
import { may } from "../live.ts";
import { ask } from "../parts/ask.tsx";
import { Done, Empty, Fault, Section, Table } from "../parts/basics.tsx";
import { Field, restOf } from "../parts/field.tsx";
import { count, figure } from "../words.ts";
import { FeatureHistory, showHistory } from "./feature_history.tsx";

interface Signals {
  readonly signals: readonly {
    readonly symbol: string;
    readonly predicted_return: number;
    readonly score: number;
    readonly rank: number;
    readonly target_weight: number;
  }[];
  readonly metadata: {
    readonly as_of_date: string;
    readonly model_version: string;
    readonly strategy: string;
  };
}

interface Stats {
  readonly hits: number;
  readonly misses: number;
  readonly hit_rate: number | null;
  readonly size: number | null;
  readonly computations: number;
}

const symbols = signal("SYNA, SYNB, SYNC, SYND, SYNT");
const day = signal("");
const isPublished = signal(false);
const result = signal<Signals | undefined>(undefined);
const stats = signal<Stats | undefined>(undefined);
const fault = signal<unknown>(undefined);
const done = signal<string | undefined>(undefined);
const isBusy = signal(false);

async function readStats(): Promise<void> {
  try {
    stats.value = (await call<Stats>("GET", "/api/v1/features/stats")).body;
  } catch (error) {
    fault.value = error;
  }
}

async function generate(): Promise<void> {
  isBusy.value = true;
  fault.value = undefined;
  try {
    const { body } = await call<Signals>("POST", "/api/v1/signals/generate", {
      body: {
        symbols: symbols.value.split(/[\s,]+/).filter(Boolean),
        ...(day.value === "" ? {} : { as_of_date: day.value }),
        publish: isPublished.value,
      },
    });
    result.value = body;
  } catch (error) {
    fault.value = error;
  } finally {
    isBusy.value = false;
  }
  await readStats();
}

/** The page. */
export function Features() {
  useEffect(() => {
    readStats();
  }, []);
  const found = result.value;
  return (
    <>
      <h1>
        {found
          ? `${found.signals.length} signals of ${found.metadata.strategy} for ${found.metadata.as_of_date}.`
          : "Signals come from the 158 features of each symbol."}
      </h1>
      <Section title="Signals">
        {may("write") && <Wanted />}
        <Fault message={restOf(fault.value, ["symbols", "as_of_date"])} />
        {found ? <Ranking found={found} /> : (
          <Empty>
            {may("write")
              ? "No signals asked for yet."
              : "Signals are made with a key of the scope write."}
          </Empty>
        )}
      </Section>
      <FeatureHistory />
      <Cache />
    </>
  );
}

/** The form that asks for signals. */
function Wanted() {
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        generate();
      }}
    >
      <Field
        label="Symbols"
        of={symbols}
        name="symbols"
        error={fault.value}
        isWide
        required
      />
      <Field
        label="As of"
        of={day}
        name="as_of_date"
        error={fault.value}
        type="date"
      />
      <label>
        <input
          type="checkbox"
          checked={isPublished.value}
          onInput={(event) => isPublished.value = event.currentTarget.checked}
        />{" "}
        publish as an event
      </label>
      <button type="submit" disabled={isBusy.value}>Generate</button>
    </form>
  );
}

function Ranking({ found }: { found: Signals }) {
  const { as_of_date, model_version } = found.metadata;
  const most = Math.max(
    ...found.signals.map((s) => Math.abs(s.target_weight)),
    1e-9,
  );
  return (
    <>
      <Table
        label="Ranking"
        head={[
          { number: "Rank" },
          "Symbol",
          { number: "Predicted return" },
          { number: "Score" },
          { number: "Weight" },
          "Short – long",
          "",
        ]}
      >
        {found.signals.map((one) => (
          <tr key={one.symbol}>
            <td class="number">{one.rank}</td>
            <th scope="row">{one.symbol}</th>
            <td class="number">{(100 * one.predicted_return).toFixed(2)} %</td>
            <td class="number">{figure(one.score)}</td>
            <td class="number">{(100 * one.target_weight).toFixed(1)} %</td>
            <td>
              <svg class="bar" viewBox="-50 0 100 10" aria-hidden="true">
                <rect
                  class={one.target_weight < 0 ? "short" : ""}
                  x={one.target_weight < 0 ? 50 * one.target_weight / most : 0}
                  y="1"
                  width={50 * Math.abs(one.target_weight) / most}
                  height="8"
                />
                <line x1="0" x2="0" y1="0" y2="10" />
              </svg>
            </td>
            <td>
              <button
                type="button"
                class="row"
                onClick={() => showHistory(one.symbol, as_of_date)}
              >
                features
              </button>
            </td>
          </tr>
        ))}
      </Table>
      <p class="hint">Model {model_version}.</p>
    </>
  );
}

function Cache() {
  const now = stats.value;
  return (
    <Section
      title="Feature cache"
      aside={may("admin") && (
        <button type="button" class="quiet" onClick={askInvalidate}>
          Invalidate…
        </button>
      )}
    >
      <Done message={done.value} />
      {now && (
        <dl class="figures">
          <div>
            <dt>Hit rate</dt>
            <dd>
              {now.hit_rate === null ? "–" : `${figure(100 * now.hit_rate)} %`}
            </dd>
          </div>
          <div>
            <dt>Hits</dt>
            <dd>{count(now.hits)}</dd>
          </div>
          <div>
            <dt>Misses</dt>
            <dd>{count(now.misses)}</dd>
          </div>
          <div>
            <dt>Computed vectors</dt>
            <dd>{count(now.computations)}</dd>
          </div>
          <div>
            <dt>Vectors kept</dt>
            <dd>{now.size === null ? "–" : count(now.size)}</dd>
          </div>
        </dl>
      )}
    </Section>
  );
}

function askInvalidate(): void {
  ask({
    title: "Invalidate features",
    detail: "Vectors of the symbol are dropped everywhere and computed anew " +
      "when they are asked for.",
    verb: "Invalidate",
    reason: "Symbol",
    name: "symbol",
    async act(symbol) {
      await call("DELETE", `/api/v1/features/${encodeURIComponent(symbol)}`);
      done.value = `The features of ${symbol} are dropped.`;
      await readStats();
    },
  });
}
