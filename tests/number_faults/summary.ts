/**
 * What a run of numbers was like, for people.
 *
 * @module
 */
import type { Course } from "../faults/schedule.ts";
import { countBy, list, machine } from "../faults/summary.ts";
import { CALLERS } from "./callers.ts";
import type { Issued } from "./judge.ts";
import type { Numbers } from "./run.ts";

/** Most failures and violations that are told of one by one. */
const MAX_TOLD = 12;

/** The summary of a run. */
export function summaryOfNumbers(numbers: Numbers): string {
  const { seed, seconds, callers, verdict, lost, course, modes } = numbers;
  const { issued, failures } = callers;
  const { recoveryMs, reasons } = numbers;
  const failed = (isAllowed: boolean) => {
    const those = failures.filter((one) => one.isAllowed === isAllowed);
    const kinds = list(countBy(those.map(({ kind }) => kind)));
    return `${those.length}${those.length > 0 ? ` (${kinds})` : ""}`;
  };
  const percent = (100 * verdict.skipped / (verdict.issued + verdict.skipped))
    .toFixed(1);
  return [
    `Numbers: seed ${seed}, ${seconds.toFixed(1)} s on ${machine()}`,
    `faults: ${course.happenings.length}; of each how many, and the numbers issued through it: ${
      faultsOf(issued, course)
    }`,
    `issued: ${verdict.issued} numbers in ${issued.length} answers to ${CALLERS} callers; ${
      list(verdict.highest)
    } the highest`,
    `repeats: ${verdict.repeats}`,
    `falls: ${verdict.falls} within a process; ${verdict.fallsBetween} from one process to another, which may be while one of them asks the database`,
    `skipped: ${verdict.skipped} (${percent} %), of which ${lost} at most were lost with their answers; ${numbers.fences} blocks fenced`,
    `switches of mode: ${list(modes.switches)}`,
    `seconds by mode: ${list(modes.seconds, 1)}`,
    `normal again in the end after ${
      recoveryMs === undefined
        ? `NEVER: ${reasons.join("; ")}`
        : `${Math.round(recoveryMs)} ms`
    }`,
    `failures allowed: ${failed(true)}`,
    `failures forbidden: ${failed(false)}`,
    `violations: ${verdict.violations.length}`,
  ].join("\n");
}

function faultsOf(issued: readonly Issued[], course: Course): string {
  const counts = countBy(course.happenings.map(({ kind }) => kind));
  return [...issuedThrough(issued, course)].sort()
    .map(([kind, numbers]) => `${kind} ${counts.get(kind)} (${numbers})`)
    .join(", ");
}

/** How many numbers came while each kind of fault was under way. */
export function issuedThrough(
  issued: readonly Issued[],
  { happenings }: Course,
): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { kind, from, to } of happenings) {
    let sum = counts.get(kind) ?? 0;
    for (const { count, ended } of issued) {
      if (from <= ended && ended <= to) sum += count;
    }
    counts.set(kind, sum);
  }
  return counts;
}

/** What there is to know about everything that went wrong. */
export function findingsOfNumbers(numbers: Numbers): string {
  const { callers, verdict, recoveryMs, reasons } = numbers;
  const forbidden = callers.failures.filter(({ isAllowed }) => !isAllowed);
  return [
    ...(recoveryMs === undefined
      ? [`NOT NORMAL in the end: ${reasons.join("; ")}`]
      : []),
    ...forbidden.slice(0, MAX_TOLD).map((one) =>
      `FORBIDDEN: ${one.kind} to ${one.caller} by ${one.instance} at ${
        one.start.toFixed(1)
      } to ${one.end.toFixed(1)} ms: ${one.message}`
    ),
    ...verdict.violations.slice(0, MAX_TOLD)
      .map(({ rule, message }) => `VIOLATION (${rule}): ${message}`),
  ].join("\n");
}
