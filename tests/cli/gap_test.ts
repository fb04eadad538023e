/**
 * What was asked for and is no longer held is told.
 *
 * @module
 */
import { CommandFailed } from "../../src/cli/failures.ts";
import { runCommandLine } from "../../src/cli/mod.ts";
import { deepEqual, equal, match } from "../support/assert.ts";
import {
  type Asked,
  json,
  recordingTerminal,
} from "../support/cli_terminal.ts";

const HEAD = 1206;

/** A log that holds `earliest` to 1206, an event a second from 21:00 on. */
function logFrom(earliest: number) {
  const at = (n: number) => Date.UTC(2026, 0, 2, 21, 0, n);
  return ({ path }: Asked): Response => {
    const query = new URL(path, "http://x").searchParams;
    const time = query.get("from_time");
    const after = Number(query.get("after")?.replace("0e:", "") ?? 0);
    let n = time === null ? after + 1 : earliest;
    while (time !== null && at(n) < Date.parse(time) && n <= HEAD) n++;
    n = Math.max(n, earliest);
    const last = Math.min(HEAD, n + Number(query.get("limit")) - 1);
    const events = [];
    for (; n <= last; n++) events.push({ n, metadata: { position: n } });
    const token = `0e:${last}`;
    return json({
      ...{ events, next_after: last, resume_token: token },
      ...{ head: HEAD, earliest },
    });
  };
}

async function run(words: string, earliest: number, given = {}) {
  const terminal = {
    ...recordingTerminal(logFrom(earliest)),
    ...given,
  };
  const code = await runCommandLine(["events", ...words.split(" ")], terminal);
  const count = terminal.said.join("").split("\n").length - 1;
  return { code, count, ...terminal };
}

const CASES: readonly [
  words: string,
  earliest: number,
  code: number,
  count: number,
  gap?: RegExp,
][] = [
  ["export", 100, 0, 1107],
  ["export --from earliest --to 104", 100, 0, 5],
  ["export --to 3", 100, 1, 0, /^Gap: the events up to 3 are no longer held$/],
  ["export --to 3", 1, 0, 3],
  ["export --to 2026-01-02T21:00:50Z", 100, 1, 0, /^Gap: the events up to 99 /],
  ["export --to 2026-01-02T20:00:00Z", 1, 0, 0],
  ["replay --to 3", 100, 0, 0, /^Gap: the events up to 3 are no longer held$/],
  [
    "export --from 2026-01-02T21:00:50Z",
    ...[100, 1, 1107] as const,
    /^Gap: events of 2026-01-02T21:00:50Z and later may be missing, as those before 100 are no longer held; going on with 100$/,
  ],
  ["export --from 2026-01-02T20:00:50Z", 1, 0, 1206],
  ["export --from 2026-01-02T21:01:50Z", 100, 0, 1097],
  [
    "replay --from 2026-01-02T21:00:50Z --limit 2",
    ...[100, 0, 2] as const,
    /^Gap: events of .* may be missing/,
  ],
];

for (const [words, earliest, code, count, gap] of CASES) {
  Deno.test(`gaps: ${words} of a log that begins at ${earliest} ${gap ? "tells one" : "has none"} and ends with ${code}`, async () => {
    const ran = await run(words, earliest);
    deepEqual([ran.code, ran.count], [code, count]);
    const told = ran.told.filter((line) => !line.startsWith("Exported"));
    equal(told.length, gap ? 1 : 0, told.join("\n"));
    if (gap) match(told[0]!, gap);
  });
}

Deno.test("gaps: tail from a time before the oldest event held tells it, and begins there", async () => {
  const log = logFrom(100);
  const terminal = recordingTerminal((asked) => {
    if (!asked.path.includes("/stream")) return log(asked);
    terminal.interrupt();
    throw new Error("interrupted");
  });
  const words = "events tail --from 2026-01-02T21:00:50Z";
  equal(await runCommandLine(words.split(" "), terminal), 0);
  match(terminal.told[0]!, /^Gap: events of .*; going on with 100$/);
  match(terminal.asked.at(-1)!.path, /stream\?after=0e:99&/);
});

Deno.test("export: an output that takes no more is told with how far it came", async () => {
  const said: string[] = [];
  const write = (pages: number) => (text: string) => {
    if (said.length === pages) throw new CommandFailed("Cannot write: full");
    said.push(text);
    return Promise.resolve();
  };
  const some = await run("export", 1, { write: write(2) });
  equal(some.code, 1);
  deepEqual(some.told, [
    "Cannot write: full (1000 events up to position 1000 are written: go on with --from 1001 after removing what follows it)",
  ]);
  said.length = 0;
  const none = await run("export", 1, { write: write(0) });
  deepEqual(none.told, [
    "Cannot write: full (no event is written for sure: export again)",
  ]);
});
