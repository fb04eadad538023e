/**
 * What a run under load came to, for people.
 *
 * @module
 */
import type { LoadRun } from "./run.ts";

/** Whether nothing failed, here or there, and the memory stayed flat. */
export function isSteady({ errors, memory, notes }: LoadRun): boolean {
  const isLoud = notes.some((line) => line.includes('"level":"error"'));
  return errors.size === 0 && !isLoud && memory.isFlat;
}

/** The figures. */
export function tellLoad(run: LoadRun): string {
  const { clients, seconds, streams, memory, errors } = run;
  const lines = [
    `${clients} clients for ${seconds} s: ${
      run.requestsPerSecond.toFixed(0)
    } requests/s`,
    "",
    row("", "requests", "p50 ms", "p99 ms", "max ms"),
    ...[...run.latencies].map(([operation, { count, p50, p99, max }]) =>
      row(operation, count, ...[p50, p99, max].map((ms) => ms.toFixed(1)))
    ),
    "",
    `${streams.count} streams told of ${streams.events} events`,
    `Memory: ${memory.earlierMib.toFixed(0)} MiB, later ${
      memory.laterMib.toFixed(0)
    } MiB, ${memory.mibPerMinute.toFixed(1)} MiB/min over the second half: ${
      memory.isFlat ? "flat" : "GROWS"
    }`,
    ...run.notes.slice(0, 10).map((line) => `Logged: ${line}`),
    errors.size === 0 ? "No error" : `ERRORS, of ${errors.size} kinds:`,
    ...[...errors].slice(0, 20).map(([kind, count]) => `  ${count} × ${kind}`),
  ];
  return lines.join("\n");
}

function row(name: string, ...cells: readonly (string | number)[]): string {
  return name.padEnd(20) +
    cells.map((cell) => String(cell).padStart(10)).join("");
}
