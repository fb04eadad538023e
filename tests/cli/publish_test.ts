/**
 * Publishing and importing: each event once, in order, whatever gets lost.
 *
 * @module
 */
import { runCommandLine } from "../../src/cli/mod.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import {
  type Asked,
  json,
  lostAnswer,
  problem,
  recordingTerminal,
} from "../support/cli_terminal.ts";
import { createLog, type LogOfOneTest } from "../support/cli_log.ts";

const ID = "5f0c2ab3-7d1c-4a33-8b55-0f2f6a1b2c3d";
const idOf = (n: number) => ID.slice(0, -4) + `${n}`.padStart(4, "0");

/** Runs a command on a log that answers unless `before` does. */
async function run(
  args: readonly string[],
  given: Parameters<typeof recordingTerminal>[1],
  before: (asked: Asked, log: LogOfOneTest) => Response | undefined = () =>
    undefined,
  log = createLog(),
) {
  const terminal = recordingTerminal(
    (asked) => before(asked, log) ?? log.answer(asked),
    given,
  );
  const code = await runCommandLine(["events", ...args], terminal);
  const { asked, told, said } = terminal;
  return { code, asked, told, said: said.join(""), log };
}

Deno.test("publish: the event is sent as it was typed, with an id, and its place is printed", async () => {
  const { code, said, log, asked } = await run(
    ["publish", "a.b", '{"n": 1.50}', "--key", "K", "--time", "T"],
    { isOutputRead: true },
  );
  equal(code, 0);
  const [event] = log.events;
  equal(said, `${event!.id}  position 1\n`);
  match(event!.id, /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  equal(
    asked[0]!.body,
    `{"events":[{"id":"${
      event!.id
    }","event_type":"a.b","key":"K","timestamp":"T","data":{"n": 1.50}}]}`,
  );
  const named = ["publish", "a.b", "{}", "--id", ID.toUpperCase()];
  const given = { isOutputRead: true };
  const first = await run(named, given, undefined, log);
  equal(first.said, `${ID}  position 2\n`);
  const again = await run(named, given, undefined, log);
  equal(again.said, `${ID}  position 2  known already\n`);
});

Deno.test("publish: without an answer it is sent again with the same id, and is there once", async () => {
  let lost = 2;
  const { code, log, asked, said } = await run(
    ["publish", "a.b", "{}"],
    {},
    (request, log) => {
      if (lost-- === 0) return undefined;
      log.answer(request);
      throw lostAnswer();
    },
  );
  equal(code, 0);
  deepEqual([asked.length, log.events.length], [3, 1]);
  equal(new Set(asked.map(({ body }) => body)).size, 1);
  equal(JSON.parse(said).position, 1);
});

Deno.test("publish: when no answer ever comes, it says how to find out", async () => {
  const { code, told, asked } = await run(["publish", "a.b", "{}"], {}, () => {
    throw lostAnswer();
  });
  equal(code, 1);
  ok(asked.length > 10, `${asked.length}`);
  const { id } = JSON.parse(asked[0]!.body).events[0];
  deepEqual(told.length, 2);
  match(told[0]!, / did not answer: .*; trying again for up to 60 s$/);
  match(told[1]!, /^Cannot tell what became of the request as .* --id /);
  ok(told[1]!.endsWith(`send it again with --id ${id}`), told[1]);
});

Deno.test("publish: a refused event is told with every fault and its path", async () => {
  const errors = [
    { path: "body.events[0].data.ticker", message: "is required" },
    { path: "body.events[0]", message: "must be an object" },
  ];
  const { code, told, said } = await run(
    ["publish", "a.b", "{}"],
    {},
    () => problem(400, "Cannot publish as …", errors),
  );
  deepEqual([code, said], [1, ""]);
  equal(
    told[0],
    "Cannot publish as it is refused:\n  data.ticker is required\n  the event must be an object",
  );
});

Deno.test("publish: lines are published in order up to the first that is refused", async () => {
  const input = Array.from({ length: 1203 }, (_, i) => `{"n":${i}}`).join("\n");
  const all = await run(["publish", "a.b", "-"], { input });
  equal(all.code, 0);
  deepEqual(
    all.log.events.map(({ data }) => data.n),
    Array.from({ length: 1203 }, (_, i) => i),
  );
  equal(all.said.split("\n").length, 1204);

  const refused = await run(["publish", "a.b"], { input }, (asked) => {
    const { events } = JSON.parse(asked.body);
    const bad = events.findIndex((e: { data: { n: number } }) =>
      e.data.n > 600
    );
    const path = `body.events[${bad}].data.n`;
    return bad < 0
      ? undefined
      : problem(400, "Cannot publish", [{ path, message: "is too much" }]);
  });
  equal(refused.code, 1);
  equal(refused.log.events.length, 601);
  equal(
    refused.told[0],
    "Cannot publish line 602 as it is refused:\n  data.n is too much",
  );
});

Deno.test("publish: a line that is no JSON ends it after those before it", async () => {
  const { code, log, told } = await run(["publish", "a.b", "-"], {
    input: '{"n":1}\n\n{"n":2}\n{"n":\n{"n":4}\n',
  });
  equal(code, 1);
  deepEqual(log.events.map(({ data }) => data.n), [1, 2]);
  match(told[0]!, /^Cannot publish line 4 as it is no JSON: /);
});

Deno.test("publish: what was left out is told", async () => {
  const result = { id: ID, lane: "durable", position: 1, duplicate: false };
  const { told } = await run(
    ["publish", "a.b", "{}"],
    {},
    () => json({ results: [{ ...result, ignored: ["metadata.user"] }] }),
  );
  deepEqual(told, [`Left out of ${ID}: metadata.user`]);
});

const line = (n: number, channel = "a.b") =>
  `{"id":"${
    idOf(n)
  }","event_type":"${channel}","timestamp":"T","data":{"n":${n}.0},"metadata":{"position":${n}}}`;
const file = (...lines: readonly string[]) => ({
  files: { "e.jsonl": lines.map((text) => `${text}\n`).join("") },
});
const IMPORT = ["import", "e.jsonl"];
const counts = (some: Record<string, number>) =>
  JSON.stringify({
    ...{ new: 0, known: 0, skipped: 0, lessened: 0 },
    ...{ invalid: 0, conflicts: 0, ...some },
  }) + "\n";

Deno.test("import: twice is once, and every event is sent as it stands in the file", async () => {
  const lines = Array.from({ length: 1100 }, (_, i) => line(i + 1));
  const first = await run(IMPORT, file(...lines));
  equal(first.code, 0);
  equal(first.said, counts({ new: 1100, known: 0, skipped: 0 }));
  ok(first.asked[1]!.body.startsWith(`{"events":[${line(1)},${line(2)},`));
  const again = await run(IMPORT, file(...lines), undefined, first.log);
  equal(again.said, counts({ new: 0, known: 1100, skipped: 0 }));
  equal(again.log.events.length, 1100);
});

Deno.test("import: a line that stands twice is known the second time", async () => {
  const { said, log } = await run(IMPORT, file(line(1), line(2), line(1)));
  equal(said, counts({ new: 2, known: 1, skipped: 0 }));
  equal(log.events.length, 2);
});

Deno.test("import: what an attempt without an answer stored counts as new", async () => {
  const log = createLog();
  await run(IMPORT, file(line(1)), undefined, log);
  let isLost = false;
  const { said } = await run(
    IMPORT,
    file(line(1), line(2)),
    (asked, log) => {
      if (isLost || asked.method === "GET") return undefined;
      isLost = true;
      log.answer(asked);
      throw lostAnswer();
    },
    log,
  );
  equal(said, counts({ new: 1, known: 1, skipped: 0 }));
});

Deno.test("import: Holdfast's own channels are left out, counted, and end with 1 unless meant", async () => {
  const lines = file(
    line(1, "settings.updated"),
    line(2),
    line(3, "models.reloaded"),
    line(4, "features.invalidated"),
  );
  const { code, said, told, log } = await run(IMPORT, lines);
  equal(code, 1);
  equal(said, counts({ new: 1, known: 0, skipped: 3 }));
  equal(
    told[0],
    "Left out 3 events of features.invalidated, models.reloaded, settings.updated: only Holdfast itself publishes there",
  );
  equal(log.events.length, 1);
  const meant = await run([...IMPORT, "--skip-reserved"], lines);
  equal(meant.code, 0);
});

Deno.test("import: a line that is cut off ends it after those before it", async () => {
  for (const bad of [line(3).slice(0, 40), "{}", "[]", '{"id":"x"}']) {
    const given = file(line(1), line(2), bad, line(4));
    const { code, told, log } = await run(IMPORT, given);
    deepEqual([code, log.events.length], [1, 2]);
    equal(
      told[0],
      "Cannot import line 3 as it is no event as export writes it, with id, event_type and data\n" +
        "Stopped: 2 new events, 0 known, 0 left out; mend the line, or leave it out with --skip-invalid, to go on",
    );
  }
});

Deno.test("import: a refused event is told with its line and every fault", async () => {
  const { code, told, log } = await run(
    IMPORT,
    file(line(1), line(2)),
    ({ body }) =>
      body.includes(idOf(2))
        ? problem(400, "Cannot publish", [
          { path: "body.events[1].event_type", message: "is no channel" },
        ])
        : undefined,
  );
  deepEqual([code, log.events.length], [1, 1]);
  match(
    told[0]!,
    /^Cannot publish line 2 as it is refused:\n {2}event_type is no channel\nStopped: 1 new event, 0 known/,
  );
});

Deno.test("import: an interruption ends it with 130", async () => {
  const terminal = recordingTerminal((asked) => {
    terminal.interrupt();
    return createLog().answer(asked);
  }, file(line(1)));
  equal(await runCommandLine(["events", ...IMPORT], terminal), 130);
  deepEqual(terminal.told, []);
});
