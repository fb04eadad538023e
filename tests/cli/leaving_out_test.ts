/**
 * Importing what cannot all go in: what is told, counted and left out.
 *
 * @module
 */
import { runCommandLine } from "../../src/cli/mod.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { createLog, type LogOfOneTest } from "../support/cli_log.ts";
import {
  type Asked,
  problem,
  recordingTerminal,
} from "../support/cli_terminal.ts";

const idOf = (n: number) =>
  `5f0c2ab3-7d1c-4a33-8b55-${`${n}`.padStart(12, "0")}`;
const line = (n: number, id = n) =>
  `{"id":"${idOf(id)}","event_type":"a.b","data":{"n":${n}}}`;
const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** Imports `lines` with `words` into a log that answers unless `before` does. */
async function importInto(
  log: LogOfOneTest,
  lines: readonly string[],
  words: readonly string[] = [],
  before: (asked: Asked) => Response | undefined = () => undefined,
) {
  const terminal = recordingTerminal(
    (asked) => before(asked) ?? log.answer(asked),
    { files: { "e.jsonl": lines.map((text) => `${text}\n`).join("") } },
  );
  const args = ["events", "import", "e.jsonl", ...words];
  const code = await runCommandLine(args, terminal);
  const { told, said, asked } = terminal;
  const count = said.length > 0 ? JSON.parse(said.join("")) : undefined;
  return { code, told, count, asked, numbers: log.events.map(numberOf) };
}
const numberOf = ({ data }: { data: { n: number } }) => data.n;

Deno.test("import: an id of another event is told with its line, the counts are true, and nothing goes on after it", async () => {
  for (const at of [1, 2, 3, 250, 499, 500]) {
    const log = createLog();
    await importInto(log, [line(-1, at)]);
    const lines = range(1, 1200).map((n) => line(n));
    const { code, told, numbers } = await importInto(log, lines);
    equal(code, 1);
    const others = range(1, 500).filter((n) => n !== at);
    deepEqual(numbers, [-1, ...others]);
    const [what, rest, ...more] = told[0]!.split("\n");
    deepEqual([told.length, more], [1, []]);
    ok(what!.startsWith(`Cannot publish line ${at}: Cannot publish as id `));
    ok(what!.includes(idOf(at)));
    match(rest!, /^Stopped: 499 new events, 0 known, 0 left out, 1 conflict; /);
    match(
      rest!,
      /; give it an id of its own, or .*--skip-conflicts, to go on$/,
    );
    ok(
      rest!.includes(
        at < 500
          ? `of what follows line ${at}, up to line 500 is published`
          : "nothing that follows line 500 is published",
      ),
      rest,
    );
  }
});

Deno.test("import: with --skip-conflicts everything else goes in, in order, and it ends with 1", async () => {
  const log = createLog();
  await importInto(log, [line(-1, 7), line(-2, 8), line(9), line(-3, 900)]);
  const lines = range(1, 1200).map((n) => line(n));
  const { code, told, count, numbers } = await importInto(
    log,
    lines,
    ["--skip-conflicts"],
  );
  equal(code, 1);
  deepEqual(count, {
    ...{ new: 1196, known: 1, skipped: 0, lessened: 0 },
    ...{ invalid: 0, conflicts: 3 },
  });
  deepEqual(numbers.slice(0, 4), [-1, -2, 9, -3]);
  deepEqual(
    numbers.slice(4),
    range(1, 1200).filter((n) => ![7, 8, 9, 900].includes(n)),
  );
  deepEqual(
    told.map((text) => /^Cannot publish line (\d+): /.exec(text)?.[1]),
    ["7", "8", "900"],
  );
});

Deno.test("import: a line that stands twice is known, also beside a conflict", async () => {
  const log = createLog();
  await importInto(log, [line(-1, 3)]);
  const lines = [line(1), line(2), line(1), line(3)];
  const { count } = await importInto(log, lines, ["--skip-conflicts"]);
  deepEqual([count.new, count.known, count.conflicts], [2, 1, 1]);
});

/** Refuses every event whose number is negative, as a schema does. */
function refuseNegative({ method, body }: Asked): Response | undefined {
  if (method === "GET") return undefined;
  const faults = (JSON.parse(body).events as { data: { n: number } }[])
    .flatMap(({ data }, i) =>
      data.n < 0
        ? [{ path: `body.events[${i}].data.n`, message: "is negative" }]
        : []
    );
  return faults.length === 0 ? undefined : problem(400, "Cannot", faults);
}

Deno.test("import: with --skip-invalid poison is told, counted and left out, and the rest goes in", async () => {
  const lines = [
    ...[line(1), "{", line(-2, 2), line(3), "[]", line(-4, 4), line(5)],
    ...[line(6).replace("}}", `,"x":"${"y".repeat(1024 * 1024)}"}}`), line(7)],
  ];
  const stopped = await importInto(createLog(), lines, [], refuseNegative);
  deepEqual([stopped.code, stopped.numbers], [1, [1]]);
  const { code, told, count, numbers } = await importInto(
    ...[createLog(), lines, ["--skip-invalid"], refuseNegative] as const,
  );
  deepEqual([code, numbers], [0, [1, 3, 5, 7]]);
  deepEqual([count.new, count.invalid, count.conflicts], [4, 5, 0]);
  deepEqual(
    told.map((text) => Number(/ line (\d+) as it is /.exec(text)?.[1])).sort(),
    [2, 3, 5, 6, 8],
  );
  ok(
    told.includes(
      "Cannot publish line 3 as it is refused:\n  data.n is negative",
    ),
  );
});

Deno.test("import: an event that is too large for a request is one of the invalid", async () => {
  const { code, count, numbers } = await importInto(
    createLog(),
    [
      line(1),
      line(2).replace("}}", `,"x":"${"y".repeat(600_000)}"}}`),
      line(3),
    ],
    ["--skip-invalid"],
    ({ body }) => body.length > 500_000 ? problem(413, "Too large") : undefined,
  );
  deepEqual([code, numbers, count.invalid], [0, [1, 3], 1]);
});

Deno.test("import: of very many that are left out only the first are told", async () => {
  const lines = range(1, 900).map((n) => n % 3 === 0 ? line(n) : "{");
  const { told, count, numbers } = await importInto(
    ...[createLog(), lines, ["--skip-invalid"]] as const,
  );
  deepEqual([count.invalid, numbers.length, told.length], [600, 300, 21]);
  equal(told[20], "Others are left out as well");
});
