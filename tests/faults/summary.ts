/**
 * What a run was like, for people.
 *
 * @module
 */
import type { Operation } from "../support/history.ts";
import type { Failure, Gaps } from "./clients.ts";
import type { Course } from "./schedule.ts";
import { MAX_CALM_SWITCHES, type Outcome } from "./run.ts";

/** Most failures and violations that are told of one by one. */
const MAX_TOLD = 8;

/** How much is shown around a violation. */
const AROUND_MS = 400;

/** The summary of a run. */
export function summaryOf(outcome: Outcome): string {
  const { seed, seconds, account, course, modes, violations } = outcome;
  const { operations } = account.history;
  const is = (kind: string, result: string) =>
    operations.filter((one) => one.kind === kind && one.outcome === result)
      .length;
  const recoveries = course.recoveries.map((ms) =>
    ms === undefined ? "never" : `${Math.round(ms)}`
  );
  return [
    `Faults: seed ${seed}, ${seconds.toFixed(1)} s on ${machine()}`,
    `operations: ${operations.length}; reads ${is("read", "ok")}, writes ${
      is("write", "ok")
    } acknowledged, ${is("write", "unknown")} unknown, ${
      is("write", "failed")
    } refused`,
    `faults: ${course.happenings.length}, ${
      list(countBy(course.happenings.map(({ kind }) => kind)))
    }`,
    `switches of mode: ${
      list(modes.switches)
    }; ${outcome.calmSwitches} before the first fault`,
    `seconds by mode: ${list(modes.seconds, 1)}`,
    `normal again after, ms: ${recoveries.join(", ")}; in the end ${
      outcome.recoveryMs === undefined
        ? `NEVER: ${outcome.reasons.join("; ")}`
        : Math.round(outcome.recoveryMs)
    }`,
    `redis answered nobody in time for ${
      (outcome.lateMs / 1000).toFixed(1)
    } s, its own outages included`,
    `longest without an answer: ${gap(account.gaps.read)} to a reader, ${
      gap(account.gaps.write)
    } to a writer`,
    ...[...account.latencies].sort().map(([what, ms]) => latency(what, ms)),
    ...[...account.allowed].sort().map(([excuse, all]) =>
      `failures allowed without ${excuse}: ${failures(all)}`
    ),
    `failures forbidden: ${failures(account.forbidden)}`,
    `unverified although Postgres was there: ${account.unverified.length}`,
    `violations: ${violations.length}`,
  ].join("\n");
}

/** All faults, on the clock that the logs go by. */
export function courseOf(course: Course): string {
  const wall = (time: number) =>
    new Date(performance.timeOrigin + time).toISOString().slice(11, 23);
  return course.happenings
    .map(({ kind, from, to }) => `${wall(from)} to ${wall(to)}: ${kind}`)
    .join("\n");
}

/** What there is to know about everything that went wrong. */
export function findingsOf(outcome: Outcome): string {
  const { violations, account, recoveryMs, calmSwitches } = outcome;
  const lines: string[] = [];
  if (recoveryMs === undefined) {
    lines.push(`NOT NORMAL in the end: ${outcome.reasons.join("; ")}`);
  }
  if (calmSwitches > MAX_CALM_SWITCHES) {
    lines.push(`UNSTEADY: ${calmSwitches} switches of mode before any fault`);
  }
  const failures = [...account.forbidden, ...account.unverified];
  for (const failure of failures.slice(0, MAX_TOLD)) {
    const { client, instance, kind, user, start, end, message } = failure;
    lines.push(
      "",
      `FORBIDDEN: ${kind} of ${user} for ${client} by ${instance} at ${
        ms(start)
      } to ${ms(end)}: ${message}`,
      ...faultsAround(outcome, start, end),
    );
  }
  for (const { rule, key, message } of violations.slice(0, MAX_TOLD)) {
    lines.push("", `VIOLATION (${rule}): ${message}`);
    const [, from, to] = / at ([\d.]+) to ([\d.]+) ms/.exec(message) ?? [];
    if (from === undefined) continue;
    const [start, end] = [Number(from), Number(to)];
    lines.push(
      ...faultsAround(outcome, start, end),
      ...operationsAround(account.history.operations, key, start, end),
    );
  }
  return lines.join("\n");
}

function operationsAround(
  operations: readonly Operation[],
  key: string,
  from: number,
  to: number,
): string[] {
  return operations.filter((one) =>
    one.key === key && one.end > from - AROUND_MS && one.start < to + AROUND_MS
  ).toSorted((a, b) => a.start - b.start).map((one) => {
    const { client, kind, outcome, start, end } = one;
    const version = outcome === "ok" ? `version ${one.version}` : "";
    const mark = kind === "read" && outcome === "ok" && !one.verified
      ? "unverified"
      : "";
    const value = "value" in one ? one.value : "";
    return `  ${ms(start)} to ${ms(end)}: ${
      [client, kind, outcome, version, mark, value].filter(Boolean).join(" ")
    }`;
  });
}

function faultsAround({ course }: Outcome, from: number, to: number): string[] {
  return course.happenings
    .filter((one) => one.to > from - 5000 && one.from < to)
    .map(({ kind, from, to }) => `  fault ${ms(from)} to ${ms(to)}: ${kind}`);
}

function failures(failures: readonly Failure[]): string {
  const kinds = failures.map(({ kind, message }) =>
    `${kind} ${/^\w+: (\d{3}|[^:]*)/.exec(message)?.[1] ?? message}`
  );
  return failures.length === 0
    ? "0"
    : `${failures.length} (${list(countBy(kinds))})`;
}

function gap({ any, unexcused }: Gaps): string {
  return `${Math.round(any)} ms (${Math.round(unexcused)} without an outage)`;
}

function latency(what: string, samples: readonly number[]): string {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (part: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]!
      .toFixed(1);
  return `${what}: ${sorted.length} answers, p50 ${at(0.5)} ms, p99 ${
    at(0.99)
  } ms, most ${at(1)} ms`;
}

/** How often each name is there. */
export function countBy(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** Names and numbers, in the order of the names. */
export function list(counts: ReadonlyMap<string, number>, digits = 0): string {
  return [...counts].sort().map(([name, count]) =>
    `${name} ${count.toFixed(digits)}`
  ).join(", ") || "none";
}

function ms(time: number): string {
  return time.toFixed(1);
}

/** What it was run on. */
export function machine(): string {
  const { total } = Deno.systemMemoryInfo();
  return `${navigator.hardwareConcurrency} cores, ${
    Math.round(total / 1e9)
  } GB, ${Deno.build.os} ${Deno.osRelease()}, Deno ${Deno.version.deno}`;
}
