/**
 * What groups and dead letters are asked, and what is told of the answers.
 *
 * @module
 */
import { runCommandLine } from "../../src/cli/mod.ts";
import { deepEqual, equal, match } from "../support/assert.ts";
import { json, recordingTerminal } from "../support/cli_terminal.ts";

const GROUP = {
  ...{ name: "billing", state: "running", checkpoint: 4, lag: null },
  ...{ oldest_age_s: null, in_flight: 2, dead_letters: 0 },
  channels: ["orders.*", "signals.>"],
};

/** Runs `words` where everything is answered with `answer`. */
async function run(words: string, answer: unknown, status = 200) {
  const terminal = recordingTerminal(() => json(answer, status), {
    isOutputRead: true,
  });
  const code = await runCommandLine(["events", ...words.split(" ")], terminal);
  const { told, said, asked } = terminal;
  const requests = asked.map(({ method, path, body }) =>
    `${method} ${path.replace("/api/v1/events", "")} ${body}`.trim()
  );
  return { code, told, said: said.join(""), requests };
}

const REQUESTS: readonly [words: string, request: string][] = [
  ["groups create billing", "PUT /groups/billing {}"],
  [
    "groups create b --channel a.* --channel b.> --from 7 --max-attempts 3 " +
    "--on-poison halt --lease-ms 500 --max-in-flight 9",
    'PUT /groups/b {"channels":["a.*","b.>"],"start":"6","max_attempts":3,' +
    '"on_poison":"halt","lease_ms":500,"max_in_flight":9}',
  ],
  ["groups seek b earliest", 'POST /groups/b/seek {"to":"earliest"}'],
  ["groups seek b 1", 'POST /groups/b/seek {"to":"0"}'],
  ["groups seek b 1h", 'POST /groups/b/seek {"to":"2026-01-02T20:00:00Z"}'],
  ["groups pause b", "POST /groups/b/pause"],
  ["groups resume b", "POST /groups/b/resume"],
  ["groups show ../x", "GET /groups/../x"],
  ["groups delete b --yes", "DELETE /groups/b"],
];

for (const [words, request] of REQUESTS) {
  Deno.test(`groups: ${words} asks ${request}`, async () => {
    const { code, requests } = await run(words, GROUP);
    deepEqual([code, requests.at(-1)], [0, request]);
  });
}

Deno.test("groups: a person sees a table, the parts of one, and what became of it", async () => {
  const list = await run("groups", { groups: [GROUP] });
  equal(
    list.said,
    "NAME     STATE    CHECKPOINT  LAG  OLDEST  IN FLIGHT  DEAD  CHANNELS\n" +
      "billing  running  4           -    -       2          0     orders.* signals.>\n",
  );
  const one = await run("groups pause billing", GROUP);
  match(
    one.said,
    /^name +billing\nstate +running\n[^]*channels +\["orders\.\*/,
  );
  equal((await run("groups create b", GROUP, 201)).said, "Made b\n");
  equal((await run("groups create b", GROUP)).said, "Changed b\n");
});

Deno.test("dead letters: which went is printed; which have to stay, and that there are more, is told", async () => {
  const refused = [{
    position: 9,
    code: "expired",
    reason: "it is lost\u001b",
  }];
  const words = "dead-letters redrive billing --key K";
  const some = await run(words, { redriven: [3, 5], refused, more: true });
  deepEqual(some.requests, [
    'POST /dead-letters/redrive {"group":"billing","key":"K"}',
  ]);
  deepEqual([some.code, some.said, some.told], [
    1,
    "Redriven 2 dead letters: 3 5\n",
    [
      "Not redriven 9: it is lost\\u001b",
      "There are others: redrive them when these are settled",
    ],
  ]);
  const all = await run(words, { redriven: [], refused: [], more: false });
  deepEqual([all.code, all.told], [0, []]);
});

Deno.test("dead letters: all of a group are discarded page by page", async () => {
  const pages = [[1, 2], [3], []];
  const terminal = recordingTerminal(({ method, body }) => {
    if (method === "POST") {
      return json({ discarded: JSON.parse(body).positions.length });
    }
    const letters = pages.shift()!.map((position) => ({ position }));
    const next = letters.length > 0 ? `b:${letters.at(-1)!.position}` : null;
    return json({ dead_letters: letters, next_after: next });
  });
  const words = "events dead-letters discard b --all --yes --reason old";
  equal(await runCommandLine(words.split(" "), terminal), 0);
  equal(terminal.said.join(""), '{"discarded":3}\n');
  deepEqual(terminal.asked.map(({ path, body }) => body || path), [
    "/api/v1/events/dead-letters?group=b&limit=500",
    "/api/v1/events/dead-letters?group=b&limit=500&after=b:2",
    "/api/v1/events/dead-letters?group=b&limit=500&after=b:3",
    '{"group":"b","positions":[1,2],"reason":"old"}',
    '{"group":"b","positions":[3],"reason":"old"}',
  ]);
});
