/**
 * How things are: a sentence, a picture, and the last five minutes.
 *
 * @module
 */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import {
  type Change,
  lagOf,
  lastingChanges,
  link,
  sentence,
  type Status,
  status,
  tone,
} from "../live.ts";
import { measures, watchMeasures } from "../measures.ts";
import { Chart } from "../parts/chart.tsx";
import { Empty, Section, Time } from "../parts/basics.tsx";
import { count, figure, millis, nameOf } from "../words.ts";
import { Hexagon } from "./hexagon.tsx";

/** Seconds that the charts and the timeline show. */
const SPAN_S = 300;

/** Where settings are read, and the colour of each. */
const SOURCES = [
  ["near", "--accent"],
  ["redis", "--second"],
  ["database", "--warn"],
] as const;

/** What is drawn of a time, and the colour of each. */
const QUANTILES = [["p99", "--second"], ["p50", "--accent"]] as const;

/** How far Redis was behind at each status. */
const lags = signal<readonly { at: number; lag: number | null }[]>([]);

status.subscribe((now) => {
  if (!now) return;
  const at = Date.parse(now.at) / 1000;
  if ((lags.peek().at(-1)?.at ?? 0) >= at) return;
  lags.value = [...lags.peek(), { at, lag: lagOf(now) ?? null }]
    .slice(-2 * SPAN_S);
});

/** The page. */
export function Overview() {
  useEffect(() => {
    const stop = new AbortController();
    watchMeasures(stop.signal);
    return () => stop.abort();
  }, []);
  const now = status.value;
  return (
    <>
      <div class={`say ${tone.value}`}>
        <h1 aria-live="polite">{sentence.value}</h1>
        {now?.reason && <p class="reason">{now.reason}</p>}
      </div>
      {now === undefined
        ? (
          <Empty>
            {link.value === "refused" ? "Nothing to show." : "One moment."}
          </Empty>
        )
        : <Picture now={now} />}
    </>
  );
}

function Picture({ now }: { now: Status }) {
  const points = measures.value;
  const times = points.map(({ at }) => at);
  const newest = points.at(-1);
  const hasRedis = now.redis_status !== "disabled";
  const own = now.record === "memory" ? "memory" : "database";
  const asked = (["near", "redis", "postgres"] as const).filter((name) =>
    name === now.record || name !== "postgres" && hasRedis
  );
  const sources = hasRedis ? SOURCES : [[own, "--accent"]] as const;
  return (
    <>
      <div class={link.value === "live" ? "" : "old"}>
        <Hexagon status={now} measure={newest} />
      </div>
      <Timeline now={now} />
      <div class="charts">
        <Chart
          title="Requests"
          times={times}
          spanS={SPAN_S}
          print={(value) => `${figure(value)}/s`}
          lines={[{
            label: "now",
            colour: "--accent",
            values: points.map(({ rate }) => rate),
          }]}
        />
        <Chart
          title="Time to answer"
          times={times}
          spanS={SPAN_S}
          print={millis}
          lines={QUANTILES.map(([label, colour]) => ({
            label,
            colour,
            values: points.map(({ answers }) => answers[label]),
          }))}
        />
        {asked.map((name) => (
          <Chart
            key={name}
            title={`Time of one read, ${nameOf(name)}`}
            times={times}
            spanS={SPAN_S}
            print={millis}
            lines={QUANTILES.map(([label, colour]) => ({
              label,
              colour,
              values: points.map(({ reads }) => reads[name][label]),
            }))}
          />
        ))}
        <Chart
          title="Cache hits"
          times={times}
          spanS={SPAN_S}
          max={100}
          print={(value) => `${figure(value)}\u202f%`}
          lines={[{
            label: "of reads",
            colour: "--accent",
            values: points.map((p) => p.hitPercent),
          }]}
        />
        <Chart
          title="Settings read"
          times={times}
          spanS={SPAN_S}
          print={(value) => `${figure(value)}/s`}
          lines={sources.map(([source, colour]) => ({
            label: nameOf(source),
            colour,
            values: points.map((p) => p.readsBySource[source] ?? 0),
          }))}
        />
        {hasRedis && (
          <Chart
            title="Waiting for Redis"
            times={lags.value.map(({ at }) => at)}
            spanS={SPAN_S}
            print={(value) => Number.isInteger(value) ? count(value) : ""}
            lines={[{
              label: "changes",
              colour: "--accent",
              values: lags.value.map(({ lag }) => lag),
            }]}
          />
        )}
      </div>
      <Changes changes={lastingChanges(now)} />
    </>
  );
}

/** Which mode the service was in, from left to right. */
function Timeline({ now }: { now: Status }) {
  const end = Date.parse(now.at);
  const begin = end - SPAN_S * 1000;
  const changes = lastingChanges(now);
  const parts = changes.map((change, i) => ({
    mode: change.mode,
    from: Math.max(begin, Date.parse(change.at)),
    to: Math.min(end, Date.parse(changes[i + 1]?.at ?? now.at)),
  })).filter(({ from, to }) => to > from);
  const words = parts.map(({ mode, from, to }) =>
    `${mode} for ${figure((to - from) / 1000)} s`
  );
  const x = (at: number) => 1000 * (at - begin) / (SPAN_S * 1000);
  return (
    <figure class="timeline">
      <figcaption>
        <span class="chart-title">Mode, last five minutes</span>
        <span class="legend">
          <i class="normal" />normal
        </span>
        <span class="legend">
          <i class="degraded" />degraded
        </span>
        <span class="legend">
          <i class="unverified" />unverified
        </span>
      </figcaption>
      <svg
        viewBox="0 0 1000 14"
        preserveAspectRatio="none"
        role="img"
        aria-label={`Mode over the last five minutes: ${words.join(", ")}`}
      >
        <rect class="none" width="1000" height="14" />
        {parts.map(({ mode, from, to }) => (
          <rect
            key={from}
            class={mode}
            x={x(from)}
            width={Math.max(2, x(to) - x(from))}
            height="14"
          />
        ))}
      </svg>
    </figure>
  );
}

function Changes({ changes }: { changes: readonly Change[] }) {
  return (
    <Section title="What has changed">
      <ol class="changes">
        {changes.toReversed().slice(0, 12).map((change, i, shown) => (
          <li key={change.at}>
            <Time at={change.at} />
            <span class={`mark ${change.mode === "normal" ? "good" : "warn"}`}>
              {change.mode}
            </span>
            <span>
              {i === shown.length - 1 && shown.length === changes.length
                ? `Started with ${adaptersOf(change)}.`
                : `Now on ${adaptersOf(change)}.`} {change.reason ?? ""}
            </span>
          </li>
        ))}
      </ol>
    </Section>
  );
}

/** `Redis` where all ports are on it, else each port's. */
function adaptersOf({ adapters }: Change): string {
  const ports = Map.groupBy(Object.entries(adapters), ([, active]) => active);
  if (ports.size === 1) return nameOf([...ports.keys()][0]!);
  return [...ports].map(([active, of]) =>
    `${nameOf(active)} (${of.map(([port]) => nameOf(port)).join(", ")})`
  ).join(" and ");
}
