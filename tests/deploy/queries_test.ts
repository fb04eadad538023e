/**
 * Alerts and dashboard ask for nothing that is not measured.
 *
 * @module
 */
import { METRICS } from "../../ports/metrics.ts";
import dashboard from "../../deploy/grafana/holdfast.json" with {
  type: "json",
};
import rules from "../../deploy/prometheus/alerts.yml" with { type: "text" };
import ruleTests from "../../deploy/prometheus/alerts_test.yml" with {
  type: "text",
};
import { deepEqual, equal, ok } from "../support/assert.ts";
import { metricsIn } from "./promql.ts";

/** A rule as far as it is looked at here. */
interface Rule {
  readonly kind: "alert" | "record";
  readonly name: string;
  readonly expression: string;
}

const RULES: readonly Rule[] = rules.split(/^ {6}- /m).slice(1).map((text) => {
  const [, kind, name] = /^(alert|record): (\S+)/.exec(text)!;
  const [, expression] = /^ {8}expr: (?:\|\n)?([^]*?)(?=^ {0,8}\S|$(?![^]))/m
    .exec(text)!;
  return { kind: kind as Rule["kind"], name: name!, expression: expression! };
});

const RECORDED = new Set(
  RULES.filter(({ kind }) => kind === "record").map(({ name }) => name),
);

/** What Prometheus measures itself. */
const OF_PROMETHEUS = new Set(["up"]);

/** Whether a series of that name is there to be asked for. */
function isMeasured(name: string): boolean {
  if (RECORDED.has(name) || OF_PROMETHEUS.has(name)) return true;
  const [, base, part] = /^(.*?)(_bucket|_sum|_count)?$/.exec(name)!;
  const metric = METRICS[base as keyof typeof METRICS];
  return metric !== undefined && (metric.kind === "histogram") ===
      (part !== undefined);
}

/** Every query of the dashboard, wherever it stands. */
function queriesOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(queriesOf);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    name === "expr" ? [inner as string] : queriesOf(inner)
  );
}

const VALUES = /label_values\(([^]*), *\w+\)/;

Deno.test("queries: the metrics of an expression are told from its other words", () => {
  const names = metricsIn(
    'histogram_quantile(0.99, sum by (le, instance) (rate(a_bucket{kind!="x{}"}[5m]))) > 0.1 and on (instance) b:c == 1 or time() - (d offset 5m)',
  );
  deepEqual(names, ["a_bucket", "b:c", "d"]);
});

Deno.test("queries: a histogram is asked for by its parts, and others are not", () => {
  ok(isMeasured("holdfast_redis_call_seconds_bucket"));
  ok(!isMeasured("holdfast_redis_call_seconds"));
  ok(!isMeasured("holdfast_gate_open_sum"));
  ok(!isMeasured("holdfast_gate_opened"));
});

Deno.test("queries: every rule names metrics that there are", () => {
  ok(RULES.length >= 40);
  for (const { name, expression } of RULES) {
    const named = metricsIn(expression);
    ok(named.length > 0, `${name} asks for nothing`);
    deepEqual(named.filter((one) => !isMeasured(one)), [], name);
  }
});

Deno.test("queries: an increase that one event makes is asked of what is there before it", () => {
  for (const { name, expression } of RULES) {
    const [, metric, labels] =
      /increase\((\w+)(\{[^}]*\})?\[\w+\]\)+ > 0$/.exec(expression.trim()) ??
        [];
    if (metric === undefined) continue;
    const isThere = "isAlone" in Object(METRICS)[metric] ||
      FROM_THE_START.includes(`${metric}${labels}`);
    ok(isThere, `${name} would not hear of the first one`);
  }
});

/** Counts with labels that begin at 0; `tests/services/models_test.ts` sees to it. */
const FROM_THE_START = ['holdfast_model_reloads_total{result="failed"}'];

Deno.test("queries: every query of the dashboard names metrics that there are", () => {
  const queries = queriesOf(dashboard);
  ok(queries.length >= 80);
  for (const query of queries) {
    const named = metricsIn(query);
    ok(named.length > 0, `${query} asks for nothing`);
    deepEqual(named.filter((one) => !isMeasured(one)), [], query);
  }
  for (const { definition } of dashboard.templating.list) {
    if (definition === undefined) continue;
    const [, series] = VALUES.exec(definition)!;
    ok(metricsIn(series!).every(isMeasured), definition);
  }
});

Deno.test("queries: everything that is measured is shown", () => {
  const shown = new Set([
    ...queriesOf(dashboard).flatMap(metricsIn),
    ...RULES.filter(({ kind }) => kind === "record")
      .flatMap(({ expression }) => metricsIn(expression)),
  ]);
  const missing = Object.entries(METRICS).filter(([name, { kind }]) =>
    kind === "histogram" ? !shown.has(`${name}_bucket`) : !shown.has(name)
  );
  deepEqual(missing.map(([name]) => name), []);
});

Deno.test("queries: panels have a title each, a unit, and do not overlap", () => {
  const ids = dashboard.panels.map(({ id }) => id);
  equal(new Set(ids).size, ids.length);
  const cells = new Set<string>();
  for (const { title, gridPos: { x, y, w, h } } of dashboard.panels) {
    ok(title.length > 0 && x + w <= 24, title);
    for (let dx = 0; dx < w; dx++) {
      for (let dy = 0; dy < h; dy++) {
        const cell = `${x + dx},${y + dy}`;
        ok(!cells.has(cell), `${title} lies over another panel`);
        cells.add(cell);
      }
    }
  }
});

Deno.test("queries: every alert says what happened, what to do and how soon, and is tested to fire and to be silent", () => {
  const alerts = RULES.filter(({ kind }) => kind === "alert");
  for (const { name } of alerts) {
    const [, text] = new RegExp(
      `^ {6}- alert: ${name}\\n([^]*?)(?=^ {6}- |^ {2}- |$(?![^]))`,
      "m",
    ).exec(rules)!;
    ok(/severity: (page|ticket)$/m.test(text!), name);
    ok(/summary: \S/.test(text!) && /description: \S/.test(text!), name);
    const cases = ruleTests.split(`- alertname: ${name}\n`).slice(1);
    const fires = cases.filter((one) => /exp_alerts:\n/.test(untilNext(one)));
    const silent = cases.filter((one) =>
      /exp_alerts: \[\]/.test(untilNext(one))
    );
    ok(fires.length > 0, `${name} is never seen to fire`);
    equal(silent.length, fires.length, `${name} is not seen to be silent`);
  }
});

function untilNext(text: string): string {
  return text.split(/^ *- (?:alertname|name): /m)[0]!;
}
