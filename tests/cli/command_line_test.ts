/**
 * Which command is meant, what it says about itself, and how wrong calls end.
 *
 * @module
 */
import manifest from "../../deno.json" with { type: "json" };
import { COMMANDS, runCommandLine } from "../../src/cli/mod.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import {
  json,
  problem,
  recordingTerminal,
  refusedConnection,
} from "../support/cli_terminal.ts";

function silent(): never {
  throw new Error("Nobody is to be asked");
}

/** Runs `words` where no service may be asked. */
async function run(words: string, given = {}) {
  const terminal = recordingTerminal(silent, given);
  const args = words.split(" ").filter((word) => word !== "");
  const code = await runCommandLine(args, terminal);
  const { said, told } = terminal;
  return { code, said: said.join(""), told: told.join("\n") };
}

const WRONG: readonly [words: string, says: RegExp][] = [
  [
    "evnts",
    /^Cannot run "evnts" as there is no such command: .*serve, .*events, .*; did you mean events\?$/,
  ],
  ["events tial", /^Cannot run "events tial" as .*one of tail, replay/],
  ["events groups lst", /^Cannot run "events groups lst" as .*list, show/],
  ["events", /^Cannot run events alone: .*one of tail/],
  ["events tail --foo", /'--foo': see holdfast events tail --help$/],
  ["events tail --from", /'--from <value>' argument missing: see/],
  ["events tail --from never", /^Cannot use --from never as .*earliest, head/],
  ["events tail --from 0", /^Cannot use --from 0 as/],
  ["events tail --from 2026-13-02T00:00:00Z", /no place in the log/],
  ["events tail --from 2026-01-02T00:00:00", /with a zone/],
  ["events replay --from 9 --to 8", /^Cannot read backwards: give a --to/],
  ["events export --from 1h --to 2h", /^Cannot read backwards: give a --to/],
  ["events tail --form xml", /must be one of envelope, flat, cloudevents$/],
  ["events tail --limit 0", /must be a whole number from 1 to/],
  ["events tail --limit -1", /^Cannot use --limit -1 as it must be a whole/],
  ["events tail Orders", /^Cannot use channel pattern "Orders" as/],
  ["events publish", /something is missing: holdfast events publish CHANNEL/],
  ["events publish a b c", /as "c" is too much: holdfast events publish/],
  [
    "doctor postgres://u:pw@h/d",
    /^Cannot run doctor as an address \(not shown\)/,
  ],
  [
    "postgres://u:pw@h/d",
    /^Cannot run an address \(not shown\) as there is no/,
  ],
  ["events publish a {", /^Cannot publish DATA as it is no JSON: /],
  ["events publish a {} --id 7", /^Cannot use --id 7 as it must be a UUID$/],
  ["events publish a - --id 5f0c2ab3-7d1c-4a33-8b55-0f2f6a1b2c3d", /each is/],
  ["events import", /something is missing: holdfast events import FILE/],
  ["events groups seek billing", /something is missing: .*seek NAME FROM/],
  ["events groups create a --max-attempts x", /--max-attempts x as it must be/],
  ["events groups create a --on-poison no", /one of park, park-key, halt$/],
  ["events dead-letters redrive a", /name positions, or all with --all/],
  ["events dead-letters redrive a 1 --all", /only one of these$/],
  ["events dead-letters redrive a --all", /^Cannot redrive all .* with --yes$/],
  ["events dead-letters discard a 1", /say why with --reason$/],
  ["events dead-letters show a b", /^Cannot use POSITION b as/],
  ["events groups --url ftp://x", /^Cannot use --url or HOLDFAST_URL as/],
  ["events groups --url http://u:p@x", /without a password$/],
  ["events groups --user a/b", /^Cannot use user id "a\/b" as/],
];

for (const [words, says] of WRONG) {
  Deno.test(`cli: ${words} is refused in a sentence and ends with 2`, async () => {
    const { code, said, told } = await run(words);
    match(told, says);
    ok(!told.includes("\n"), told);
    deepEqual([code, said], [2, ""]);
  });
}

Deno.test("cli: a typist who gives no data is told, and nothing waits", async () => {
  const { code, told } = await run("events publish a", { isInputTyped: true });
  equal(code, 2);
  match(
    told,
    /^Cannot publish nothing: give DATA as JSON, or - and JSON lines/,
  );
});

Deno.test("cli: every command has its help, which names its options", async () => {
  for (const { name, summary, usage, options, isLocal } of COMMANDS) {
    for (const words of [`${name} --help`, `help ${name}`, `${name} -h`]) {
      const { code, said, told } = await run(words);
      deepEqual([code, told], [0, ""]);
      ok(said.startsWith(`Usage: holdfast ${`${name} ${usage}`.trim()} [`));
      const common = isLocal ? "--data-dir" : "--url URL";
      for (const part of [summary, common, ...Object.keys(options)]) {
        ok(said.includes(part), `${words} does not say ${part}`);
      }
      for (const line of said.split("\n")) ok(line.length <= 100, line);
    }
  }
});

Deno.test("cli: the help of the program and of its groups lists every command", async () => {
  for (const words of ["--help", "help", "-h"]) {
    const { code, said } = await run(words);
    equal(code, 0);
    for (const { name } of COMMANDS) ok(said.includes(`  ${name} `), name);
    match(said, /^ {2}serve /m);
  }
  const { said } = await run("events groups --help");
  match(said, /^Usage: holdfast events groups COMMAND[^]*^ {2}seek /m);
  const events = await run("events --help");
  match(events.said, /^ {2}dead-letters redrive /m);
});

Deno.test("cli: --version is that of the release", async () => {
  const { code, said } = await run("--version");
  deepEqual([code, said], [0, `holdfast ${manifest.version}\n`]);
});

Deno.test("cli: who the caller is goes with every request, and is never printed", async () => {
  const terminal = recordingTerminal(
    () => problem(401, "Cannot tell who asks"),
    { apiKey: "secret-1", url: "http://here:1234/base" },
  );
  const args = ["events", "groups", "--user", "anna", "--api-key", "secret-2"];
  equal(await runCommandLine(args, terminal), 1);
  const [asked] = terminal.asked;
  equal(asked!.path, "/base/api/v1/events/groups");
  equal(asked!.headers.get("x-user-id"), "anna");
  equal(asked!.headers.get("authorization"), "Bearer secret-2");
  const bad = recordingTerminal(silent, { apiKey: "secret\n3" });
  equal(await runCommandLine(["events", "groups"], bad), 2);
  const all = [...terminal.told, ...terminal.said, ...bad.told].join();
  ok(!all.includes("secret"), all);
  match(
    all,
    /^Cannot tell who asks; the one in HOLDFAST_KEY is sent,Cannot use the API key as/,
  );
  const nobody = recordingTerminal(() => json({ groups: [] }));
  await runCommandLine(["events", "groups"], nobody);
  equal(nobody.asked[0]!.headers.has("authorization"), false);
  equal(nobody.asked[0]!.headers.has("x-user-id"), false);
});

Deno.test("cli: a service that is not there is told at once, with what to do", async () => {
  for (const words of ["groups", "tail", "replay", "export", "publish a {}"]) {
    const terminal = recordingTerminal(() => {
      throw refusedConnection();
    });
    equal(await runCommandLine(["events", ...words.split(" ")], terminal), 1);
    deepEqual(terminal.told, [
      'Cannot reach Holdfast at http://127.0.0.1:8080: start it with "holdfast", ' +
      "or say where it is with --url or HOLDFAST_URL",
    ]);
    equal(terminal.asked.length, 1);
  }
});

const LASTING: readonly [what: string, error: Error, says: RegExp][] = [
  [
    "a port that the runtime refuses",
    new TypeError("Fetch failed: Requests to port 1 are blocked"),
    /^Cannot ask http:\S+ as Requests to port 1 are blocked: is --url right\?$/,
  ],
  [
    "a redirect",
    new TypeError("Fetch failed: Encountered redirect while redirect mode …"),
    /^Cannot ask http:\S+ as Encountered redirect .*: is --url right\?$/,
  ],
  [
    "what the process may not do",
    Object.assign(new Error("Requires net access"), { name: "NotCapable" }),
    /^Cannot ask http:\S+ as Requires net access/,
  ],
  [
    "another protocol",
    new TypeError("fetch failed", {
      cause: new Error("client error (SendRequest): invalid version parsed"),
    }),
    /^Cannot tell .* did not answer: .*version parsed: is --url right, http or https\?/,
  ],
  [
    "a certificate that nobody vouches for",
    new TypeError("fetch failed", {
      cause: new Error(
        "client error (Connect): invalid peer certificate: UnknownIssuer",
      ),
    }),
    /^Cannot trust http:\S+ as its certificate is not good \(UnknownIssuer\): name .* in DENO_CERT/,
  ],
  [
    "an error that nobody foresaw",
    new TypeError("x is not a function"),
    /^Cannot tell .* did not answer: x is not a function/,
  ],
];

for (const [what, error, says] of LASTING) {
  Deno.test(`cli: ${what} is told at once, and not tried again`, async () => {
    for (const words of ["publish a {}", "replay"]) {
      const terminal = recordingTerminal(() => {
        throw error;
      });
      equal(await runCommandLine(["events", ...words.split(" ")], terminal), 1);
      equal(terminal.asked.length, 1);
      equal(terminal.told.length, 1, terminal.told.join());
      match(terminal.told[0]!, says);
    }
  });
}

Deno.test("cli: while a service that was there cannot be reached, that is told once, and so is its return", async () => {
  let asked = 0;
  const page = { events: [], next_after: 0, resume_token: "0e:0", earliest: 1 };
  const terminal = recordingTerminal(() => {
    if (++asked > 1 && asked < 20) throw refusedConnection();
    return json({ ...page, head: 0 });
  });
  equal(await runCommandLine(["events", "replay"], terminal), 0);
  deepEqual(terminal.told, [
    'Cannot reach Holdfast at http://127.0.0.1:8080: start it with "holdfast", ' +
    "or say where it is with --url or HOLDFAST_URL; trying again for up to 60 s",
    "Connected again",
  ]);
});

Deno.test("cli: something else that answers there is told apart", async () => {
  const page = recordingTerminal(() => new Response("<html>"));
  equal(await runCommandLine(["events", "replay"], page), 1);
  match(page.told[0]!, /no page of events: is --url right\?$/);
  const lost = recordingTerminal(() => new Response("?", { status: 404 }));
  equal(await runCommandLine(["events", "groups"], lost), 1);
  match(lost.told[0]!, /its status is 404; is --url right\?$/);
});

Deno.test("cli: what cannot be undone is asked of a typist, and left alone without a yes", async () => {
  const given = { isInputTyped: true, isOutputRead: true };
  const group = { name: "billing", dead_letters: 2 };
  const terminal = recordingTerminal(
    ({ method }) => method === "GET" ? json(group) : new Response(null),
    given,
  );
  const args = ["events", "groups", "delete", "billing"];
  equal(await runCommandLine(args, terminal), 1);
  deepEqual(terminal.told, [
    "Really delete the group billing and its 2 dead letters?",
    "Nothing was done",
  ]);
  deepEqual(terminal.asked.map(({ method }) => method), ["GET"]);
  terminal.answers.push(true);
  equal(await runCommandLine(args, terminal), 0);
  equal(terminal.asked.at(-1)!.method, "DELETE");
  equal(terminal.said.join(""), "Deleted billing\n");
});

Deno.test("cli: an interruption instead of an answer is one", async () => {
  const given = { isInputTyped: true, isOutputRead: true };
  const terminal = recordingTerminal(silent, given);
  const asking = {
    ...terminal,
    confirm() {
      terminal.interrupt();
      return Promise.resolve(false);
    },
  };
  const words = "events dead-letters redrive billing --all";
  equal(await runCommandLine(words.split(" "), asking), 130);
  deepEqual(terminal.told, []);
});

Deno.test("cli: deno task events may ask the service and read files, and no more", () => {
  const { command } = manifest.tasks.events;
  deepEqual(command.split(" ").slice(2, -2), [
    "--no-prompt",
    "--allow-net",
    "--allow-read",
    "--allow-env=HOLDFAST_URL,HOLDFAST_KEY",
    "--ignore-env",
  ]);
});
