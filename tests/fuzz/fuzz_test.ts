/**
 * Whatever is sent: never a failure of the server, and each answer is as the
 * contract says.
 *
 * @module
 */
import { deepEqual, equal, ok } from "../support/assert.ts";
import type { Answer } from "./judge.ts";
import { runFuzz } from "./run.ts";
import { tellFindings } from "./tell.ts";

const RUNS = 5000;

Deno.test("thousands of requests, good and bad, are answered as the contract says", async () => {
  const run = await runFuzz({ runs: RUNS, seed: 1 });
  equal(tellFindings(run), "");
  equal(run.requests, RUNS);
  // A service that refuses everything would pass, too.
  const well = run.operations.well.length;
  ok(well >= 0.85 * run.operations.all, `only ${well} operations answer well`);
  for (
    const status of [200, 201, 204, 304, 400, 403, 404, 405, 409, 412, 422]
  ) {
    ok((run.statuses.get(status) ?? 0) > 0, `nothing is answered ${status}`);
  }
});

Deno.test("a run follows from its seed", async () => {
  // A run on paper goes on between requests, as fast as the machine is.
  const asked = { runs: 150, seed: 7, without: /paper-runs/ };
  const one = await runFuzz(asked);
  const other = await runFuzz(asked);
  deepEqual([...one.statuses], [...other.statuses]);
});

/** Defects of a service, each with what must be said of it. */
const DEFECTS: Record<string, [(answer: Answer) => Answer, RegExp]> = {
  "fails": [(answer) => ({ ...answer, status: 500 }), /fails/],
  "answers with a status of its own": [
    (answer) => ({ ...answer, status: answer.status === 200 ? 202 : 418 }),
    /not declared/,
  ],
  "forgets a field": [
    (answer) => ({ ...answer, text: answer.text.replace(/"\w+":/, '"x":') }),
    /breaks its schema/,
  ],
  "writes no JSON": [
    (answer) => ({ ...answer, text: answer.text.slice(1) }),
    /is no JSON/,
  ],
  "names no media type": [
    (answer) => ({ ...answer, headers: without(answer, "content-type") }),
    /type/,
  ],
  "names no request": [
    (answer) => ({ ...answer, headers: without(answer, "x-request-id") }),
    /no request id/,
  ],
  "lets its library speak": [
    (answer) => ({
      ...answer,
      text: answer.text.replace('"detail":"', "$&Cannot: Invalid string "),
    }),
    /not in our words/,
  ],
  "shows a stack": [
    (answer) => ({ ...answer, text: `${answer.text}\n    at f (x.ts:1:1)` }),
    /stack/,
  ],
};

Deno.test("a service that answers otherwise is found out", async (t) => {
  const defects = Object.entries(DEFECTS);
  const run = await runFuzz({
    runs: 20 * defects.length,
    seed: 3,
    meddle: (answer, nth) => defects[nth % defects.length]![1][0](answer),
  });
  for (const [i, [name, [, said]]] of defects.entries()) {
    await t.step(name, () => {
      const faults = run.findings
        .filter(({ nth }) => nth % defects.length === i)
        .flatMap(({ faults }) => faults);
      ok(faults.some((fault) => said.test(fault)), faults.join("\n"));
    });
  }
});

function without({ headers }: Answer, name: string): Headers {
  const others = new Headers(headers);
  others.delete(name);
  return others;
}
