/**
 * Judges the numbers that callers were given.
 *
 * @module
 */

/** An answer: consecutive numbers of one series. */
export interface Issued {
  /** Of which user and day. */
  readonly series: string;
  /** How many were asked for. */
  readonly count: number;
  readonly first: number;
  readonly last: number;
  readonly caller: string;
  readonly instance: string;
  /** Which process of the instance has answered; `undefined` when nobody can tell. */
  readonly process: string | undefined;
  /** When it was asked for and there, in monotonic milliseconds. */
  readonly began: number;
  readonly ended: number;
}

/** Something that must not be. */
export interface NumberViolation {
  readonly rule: "repeat" | "fall" | "range" | "unfounded" | "skipped";
  readonly message: string;
}

/** What is to be known about numbers that were issued. */
export interface Verdict {
  readonly violations: readonly NumberViolation[];
  /** Numbers that were issued, each as often as it was. */
  readonly issued: number;
  /** Numbers that came once more. */
  readonly repeats: number;
  /** When such numbers came, in monotonic milliseconds. */
  readonly repeatedAt: readonly number[];
  /** Answers below one of the same process that had come before they were asked for. */
  readonly falls: number;
  /** The same between two processes; numbers rise there only while all come from one place. */
  readonly fallsBetween: number;
  /** Numbers below the highest of their series that nobody was given. */
  readonly skipped: number;
  /** The highest number of each series. */
  readonly highest: ReadonlyMap<string, number>;
}

/** What numbers are held to besides being numbers. */
export interface Bounds {
  /** Numbers of requests that failed: they may have been issued. */
  readonly lost: number;
  /** Up to where the database has given numbers away, by series; any number goes without. */
  readonly given?: ReadonlyMap<string, number> | undefined;
}

/** Numbers that may be skipped beside the lost ones, of each that was issued. */
export const MAX_SKIPPED = 3;

/** What is wrong with `issued`, and how much was skipped. */
export function judgeNumbers(
  issued: readonly Issued[],
  { lost, given }: Bounds,
): Verdict {
  const violations: NumberViolation[] = [];
  const say = (rule: NumberViolation["rule"], message: string) =>
    void violations.push({ rule, message });
  const highest = new Map<string, number>();
  let numbers = 0;
  let repeats = 0;
  let falls = 0;
  let fallsBetween = 0;
  let skipped = 0;
  const repeatedAt: number[] = [];

  for (const one of issued) {
    const { series, count, first, last } = one;
    const isRange = Number.isSafeInteger(first) && first >= 1 &&
      last === first + count - 1;
    if (!isRange) {
      say("range", `${tell(one)} is not ${count} numbers from 1 on`);
    }
    const top = given?.get(series) ?? (given ? 0 : Infinity);
    if (last > top) {
      say("unfounded", `${tell(one)} is above ${top}, the last one given away`);
    }
  }
  for (const [series, all] of Map.groupBy(issued, (one) => one.series)) {
    let top: Issued | undefined;
    for (const one of all.toSorted((a, b) => a.first - b.first)) {
      numbers += one.count;
      skipped += Math.max(0, one.first - (top?.last ?? 0) - 1);
      const twice = Math.min(top?.last ?? 0, one.last) - one.first + 1;
      if (top && twice > 0) {
        repeats += twice;
        repeatedAt.push(Math.max(top.ended, one.ended));
        say("repeat", `${tell(one)} has ${twice} numbers of ${tell(top)}`);
      }
      if (!top || one.last > top.last) top = one;
    }
    highest.set(series, top!.last);
    const perProcess = Map.groupBy(all, ({ process }) => process);
    for (const [process, own] of perProcess) {
      if (process === undefined) continue;
      for (const [before, after] of fallsOf(own)) {
        falls++;
        say("fall", `${tell(after)} came after ${tell(before)}`);
      }
    }
    fallsBetween += fallsOf(all)
      .filter(([before, after]) => before.process !== after.process).length;
  }
  if (skipped > lost + MAX_SKIPPED * numbers) {
    say("skipped", `${skipped} numbers, of ${numbers} and ${lost} lost ones`);
  }
  return {
    violations,
    issued: numbers,
    repeats,
    repeatedAt,
    falls,
    fallsBetween,
    skipped,
    highest,
  };
}

/** Answers that are not above the highest one that had come before they were asked for, with that one. */
function fallsOf(issued: readonly Issued[]): [before: Issued, after: Issued][] {
  const byEnd = issued.toSorted((a, b) => a.ended - b.ended);
  const falls: [Issued, Issued][] = [];
  let top: Issued | undefined;
  let next = 0;
  for (const one of issued.toSorted((a, b) => a.began - b.began)) {
    for (; byEnd[next]!.ended < one.began; next++) {
      const ended = byEnd[next]!;
      if (!top || ended.last > top.last) top = ended;
    }
    if (top && one.first <= top.last) falls.push([top, one]);
  }
  return falls;
}

function tell({ series, first, last, caller, process, ended }: Issued): string {
  const who = `${caller} by ${process ?? "a process that nobody knows"}`;
  return `${series} ${first} to ${last} (${who} at ${ended.toFixed(1)} ms)`;
}
