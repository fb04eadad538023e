/**
 * What a run of fuzzing came to, for people.
 *
 * @module
 */
import type { FuzzRun } from "./run.ts";

/** Most findings that are told whole. */
const MOST = 20;

/** The findings, each kind once; an empty text when there are none. */
export function tellFindings({ findings }: FuzzRun): string {
  const kinds = Map.groupBy(
    findings,
    ({ request, faults }) =>
      `${request.split(/[ ?]/).slice(0, 3).join(" ")} ${
        faults.join().replaceAll(/\d+/g, "0")
      }`,
  );
  return [...kinds.values()].slice(0, MOST).map((alike) => {
    const { nth, request, answer, faults } = alike[0]!;
    return [
      `Request ${nth}: ${request}`,
      `  is answered ${answer}`,
      ...faults.map((fault) => `  which ${fault}`),
      ...(alike.length > 1 ? [`  and ${alike.length - 1} more like it`] : []),
    ].join("\n");
  }).join("\n");
}

/** The figures, in a line. */
export function tellFigures(run: FuzzRun): string {
  const { requests, operations, statuses, findings, seconds } = run;
  const answers = [...statuses].sort(([a], [b]) => a - b)
    .map(([status, count]) => `${status} × ${count}`).join(", ");
  return `${requests} requests in ${
    seconds.toFixed(1)
  } s, ${findings.length} answers against the contract; ${operations.well.length} of ${operations.all} operations answered well: ${answers}`;
}
