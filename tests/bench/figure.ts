/**
 * What benchmarks report.
 *
 * @module
 */

/** One measured figure. */
export interface Figure {
  /** What was measured. */
  readonly name: string;
  readonly value: number;
  /** The unit of `value`, `limit` and `atLeast`. */
  readonly unit: string;
  /** What `value` must not exceed. */
  readonly limit?: number;
  /** What `value` must reach. */
  readonly atLeast?: number;
  /** A figure to stand beside it, from elsewhere. */
  readonly beside?: string;
}

/** The value below which a share `q` of `samples` lies. */
export function quantile(samples: readonly number[], q: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))]!;
}

/** Milliseconds that each of `count` runs took, one after the other. */
export async function timeEach(
  count: number,
  run: (i: number) => Promise<unknown>,
): Promise<number[]> {
  const samples: number[] = [];
  for (let i = 0; i < count; i++) {
    const began = performance.now();
    await run(i);
    samples.push(performance.now() - began);
  }
  return samples;
}
