/**
 * Counters, gauges and histograms, and their Prometheus text.
 *
 * @module
 */
import { type Labels, METRICS } from "../../ports/telemetry.ts";

/** Upper ends of the histogram buckets, in seconds. */
const BUCKETS = [
  0.0005,
  0.001,
  0.0025,
  0.005,
  0.01,
  0.025,
  0.05,
  0.1,
  0.25,
  0.5,
  1,
  5,
];

/** One series: a value, or a histogram's buckets with their sum and count. */
interface Series {
  readonly labels: Labels;
  value: number;
  readonly buckets?: number[];
  count: number;
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
  const families = new Map<string, Map<string, Series>>();

  function seriesOf(metric: string, labels: Labels): Series {
    let family = families.get(metric);
    if (!family) families.set(metric, family = new Map());
    const key = printLabels(labels);
    let series = family.get(key);
    if (!series) {
      const isHistogram = METRICS[metric as keyof typeof METRICS].kind ===
        "histogram";
      series = {
        labels,
        value: 0,
        count: 0,
        ...(isHistogram ? { buckets: BUCKETS.map(() => 0) } : {}),
      };
      family.set(key, series);
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
      series.value += value;
      series.count++;
      const bucket = BUCKETS.findIndex((end) => value <= end);
      if (bucket >= 0) series.buckets![bucket]!++;
    },
    retain(label, values) {
      for (const family of families.values()) {
        for (const [key, { labels }] of family) {
          const value = labels[label];
          if (value !== undefined && !values.has(value)) family.delete(key);
        }
      }
    },
    exposition() {
      const lines: string[] = [];
      for (const [name, { kind, help }] of Object.entries(METRICS)) {
        lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`);
        for (const [labels, series] of families.get(name) ?? []) {
          if (series.buckets) {
            lines.push(...printHistogram(name, labels, series));
          } else lines.push(`${name}${braced(labels)} ${series.value}`);
        }
      }
      return lines.join("\n") + "\n";
    },
  };
}

function printHistogram(
  name: string,
  labels: string,
  { value, count, buckets }: Series,
): string[] {
  const join = labels === "" ? "" : `${labels},`;
  let below = 0;
  return [
    ...BUCKETS.map((end, i) => {
      below += buckets![i]!;
      return `${name}_bucket{${join}le="${end}"} ${below}`;
    }),
    `${name}_bucket{${join}le="+Inf"} ${count}`,
    `${name}_sum${braced(labels)} ${value}`,
    `${name}_count${braced(labels)} ${count}`,
  ];
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
