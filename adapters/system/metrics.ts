/**
 * Counters, gauges and histograms, and their Prometheus text.
 *
 * @module
 */
import { type Metric, METRICS } from "../../ports/metrics.ts";
import type { Labels } from "../../ports/telemetry.ts";

/** One series: a value, or a histogram's buckets with their sum and count. */
interface Series {
  readonly labels: Labels;
  value: number;
  readonly buckets: number[];
  count: number;
}

/** A metric and its series. */
interface Family {
  readonly name: string;
  readonly metric: Metric<"counter" | "gauge" | "histogram">;
  /** Upper ends of the buckets; none where it is no histogram. */
  readonly ends: readonly number[];
  /** By what their labels say. */
  readonly series: Map<string, Series>;
  /** By the labels themselves, where those cannot change. */
  frozen: WeakMap<Labels, Series>;
}

/** The series of all metrics. */
export interface Metrics {
  /** Adds to a counter. */
  add(metric: string, labels: Labels, by: number): void;
  /** Sets a gauge. */
  set(metric: string, labels: Labels, value: number): void;
  /** Adds one observation to a histogram. */
  observe(metric: string, labels: Labels, value: number): void;
  /** Forgets the series whose label `label` has none of `values`. */
  retain(label: string, values: ReadonlySet<string>): void;
  /** All series in the Prometheus text format, version 0.0.4. */
  exposition(): string;
}

/** Creates metrics without series. */
export function createMetrics(): Metrics {
  const families = new Map<string, Family>(
    Object.entries(METRICS).map((
      [name, metric]: [string, Family["metric"]],
    ) => [
      name,
      {
        name,
        metric,
        ends: metric.buckets ?? [],
        series: new Map(),
        frozen: new WeakMap(),
      },
    ]),
  );

  function seriesOf(metric: string, labels: Labels): Series {
    const family = families.get(metric)!;
    if (!Object.isFrozen(labels)) return find(family, labels);
    let series = family.frozen.get(labels);
    if (series === undefined) {
      series = find(family, labels);
      family.frozen.set(labels, series);
    }
    return series;
  }

  return {
    add(metric, labels, by) {
      seriesOf(metric, labels).value += by;
    },
    set(metric, labels, value) {
      seriesOf(metric, labels).value = value;
    },
    observe(metric, labels, value) {
      const series = seriesOf(metric, labels);
      const { ends } = families.get(metric)!;
      series.value += value;
      series.count++;
      let i = 0;
      while (i < ends.length && value > ends[i]!) i++;
      if (i < ends.length) series.buckets[i]!++;
    },
    retain(label, values) {
      for (const family of families.values()) {
        for (const [key, { labels }] of family.series) {
          const value = labels[label];
          if (value === undefined || values.has(value)) continue;
          family.series.delete(key);
          family.frozen = new WeakMap();
        }
      }
    },
    exposition() {
      const lines: string[] = [];
      for (const family of families.values()) print(family, lines);
      return lines.join("\n") + "\n";
    },
  };
}

function find({ series, ends }: Family, labels: Labels): Series {
  const key = printLabels(labels);
  let found = series.get(key);
  if (!found) {
    found = { labels, value: 0, count: 0, buckets: ends.map(() => 0) };
    series.set(key, found);
  }
  return found;
}

function print({ name, metric, ends, series }: Family, lines: string[]): void {
  const { kind, help, isAlone } = metric;
  lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`);
  if (isAlone && series.size === 0) lines.push(`${name} 0`);
  for (const [labels, one] of series) {
    if (kind !== "histogram") {
      lines.push(`${name}${braced(labels)} ${one.value}`);
      continue;
    }
    const join = labels === "" ? "" : `${labels},`;
    let below = 0;
    for (const [i, end] of ends.entries()) {
      below += one.buckets[i]!;
      lines.push(`${name}_bucket{${join}le="${end}"} ${below}`);
    }
    lines.push(
      `${name}_bucket{${join}le="+Inf"} ${one.count}`,
      `${name}_sum${braced(labels)} ${one.value}`,
      `${name}_count${braced(labels)} ${one.count}`,
    );
  }
}

function braced(labels: string): string {
  return labels === "" ? "" : `{${labels}}`;
}

function printLabels(labels: Labels): string {
  let text = "";
  for (const name in labels) {
    const value = labels[name]!.replace(
      /["\\\n]/g,
      (c) => c === "\n" ? "\\n" : `\\${c}`,
    );
    text += `${text === "" ? "" : ","}${name}="${value}"`;
  }
  return text;
}
