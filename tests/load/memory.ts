/**
 * How much memory a process takes, and whether that grows.
 *
 * @module
 */

/** A sample. */
export interface Sample {
  /** Seconds since the first one. */
  readonly atS: number;
  readonly mib: number;
}

/** What samples tell. */
export interface Growth {
  /** In the middle of the second quarter, and of the last one. */
  readonly earlierMib: number;
  readonly laterMib: number;
  /** Rise over the second half, by least squares. */
  readonly mibPerMinute: number;
  /** Whether it stays within what a heap takes and gives back. */
  readonly isFlat: boolean;
}

/** Share and amount by which memory may rise from the second quarter to the last. */
const MAX_SHARE = 0.15;
const MAX_MIB = 40;

/** Memory of the process `pid` in MiB, as `ps` tells it. */
export async function residentMib(pid: number): Promise<number> {
  const { stdout } = await new Deno.Command("ps", {
    args: ["-o", "rss=", "-p", `${pid}`],
  }).output();
  const kib = Number(new TextDecoder().decode(stdout).trim());
  if (kib > 0) return kib / 1024;
  throw new Error(
    `Cannot tell the memory of ${pid} as there is no such process`,
  );
}

/**
 * Judges samples taken at even distances while the load stays the same. The
 * first quarter is left out, as caches fill and code is compiled then.
 */
export function growthOf(samples: readonly Sample[]): Growth {
  const quarter = (nth: number) =>
    median(
      samples.slice(
        Math.floor(samples.length * nth / 4),
        Math.ceil(samples.length * (nth + 1) / 4),
      ).map(({ mib }) => mib),
    );
  const [earlierMib, laterMib] = [quarter(1), quarter(3)];
  return {
    earlierMib,
    laterMib,
    mibPerMinute: slope(samples.slice(Math.floor(samples.length / 2))) * 60,
    isFlat: laterMib <= earlierMib * (1 + MAX_SHARE) + MAX_MIB,
  };
}

function slope(samples: readonly Sample[]): number {
  const count = samples.length;
  if (count < 2) return 0;
  const meanAt = samples.reduce((sum, { atS }) => sum + atS, 0) / count;
  const meanMib = samples.reduce((sum, { mib }) => sum + mib, 0) / count;
  const above = samples.reduce(
    (sum, { atS, mib }) => sum + (atS - meanAt) * (mib - meanMib),
    0,
  );
  const below = samples.reduce((sum, { atS }) => sum + (atS - meanAt) ** 2, 0);
  return below === 0 ? 0 : above / below;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
