/**
 * What `holdfast keys` asks, and what is told of the answers.
 *
 * @module
 */
import { runCommandLine } from "../../src/cli/mod.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { json, recordingTerminal } from "../support/cli_terminal.ts";

const ID = "k3u9x0a7b2qd";
const TEXT = `hf_${ID}_${"A".repeat(43)}`;
const KEY = {
  ...{ id: ID, name: "scalp bot", scopes: ["read", "trade"], user: "42" },
  ...{ expires_at: null, last_used_at: "2026-01-02T03:04:05.000Z" },
};

/** Runs `words` where everything is answered with `answer`. */
async function run(
  words: readonly string[],
  answer: unknown,
  options: { readonly isOutputRead?: boolean; readonly status?: number } = {},
) {
  const { isOutputRead = true, status = 200 } = options;
  const terminal = recordingTerminal(
    () =>
      status === 204 ? new Response(null, { status }) : json(answer, status),
    { isOutputRead },
  );
  const code = await runCommandLine(["keys", ...words], terminal);
  const { told, said, asked } = terminal;
  const requests = asked.map(({ method, path, body }) =>
    `${method} ${path.replace("/api/admin/api-keys", "")} ${body}`.trim()
  );
  return { code, told, said: said.join(""), requests };
}

Deno.test("keys: a person sees a table, a program a line of JSON each", async () => {
  const answer = { api_keys: [KEY, { ...KEY, user: null }] };
  const { said, requests } = await run(["list"], answer);
  deepEqual(requests, ["GET"]);
  equal(
    said,
    "ID            NAME       SCOPES      USER  EXPIRES  LAST USED\n" +
      `${ID}  scalp bot  read,trade  42    never    2026-01-02T03:04:05.000Z\n` +
      `${ID}  scalp bot  read,trade  -     never    2026-01-02T03:04:05.000Z\n`,
  );
  const lines = await run(["list"], answer, { isOutputRead: false });
  deepEqual(lines.said.trim().split("\n").map((line) => JSON.parse(line)), [
    KEY,
    { ...KEY, user: null },
  ]);
});

Deno.test("keys: one is made as it is wanted, and its text is all that is written", async () => {
  const words = ["create", "scalp bot", "--scopes", "trade, read"];
  const { said, told, requests } = await run(
    [...words, "--of", "42", "--days", "30"],
    { ...KEY, key: TEXT },
  );
  deepEqual(requests, [
    `POST  {"name":"scalp bot","scopes":["read","trade"],"user":"42","expires_in_s":2592000}`,
  ]);
  equal(said, `${TEXT}\n`);
  deepEqual(told, [`Made key ${ID}; this is the only time that it is shown`]);
  const piped = await run([...words, "--of", "42"], { ...KEY, key: TEXT }, {
    isOutputRead: false,
  });
  deepEqual(JSON.parse(piped.said), { ...KEY, key: TEXT });
  deepEqual(piped.told, []);
});

Deno.test("keys: a rotation tells what becomes of the secret before", async () => {
  const until = "2026-01-02T04:00:00.000Z";
  const graced = await run(["rotate", ID, "--grace", "3600"], {
    ...KEY,
    key: TEXT,
    former_until: until,
  });
  deepEqual(graced.requests, [`POST /${ID}/rotate {"grace_s":3600}`]);
  equal(graced.said, `${TEXT}\n`);
  deepEqual(graced.told, [`The secret before is good until ${until}`]);
  const now = await run(["rotate", ID], { key: TEXT, former_until: null });
  deepEqual(now.requests, [`POST /${ID}/rotate {"grace_s":0}`]);
  deepEqual(now.told, ["The secret before is good for nothing any more"]);
});

Deno.test("keys: one is revoked when that is meant", async () => {
  const { requests, said, code } = await run(
    ["revoke", ID, "--yes"],
    undefined,
    { status: 204 },
  );
  deepEqual([code, requests], [0, [`DELETE /${ID}`]]);
  equal(said, `revoked  ${ID}\n`);
  const unsure = await run(["revoke", ID], undefined, { status: 204 });
  deepEqual([unsure.code, unsure.requests], [2, []]);
  match(unsure.told.join(), /--yes/);
});

Deno.test("keys: what cannot be is said before anybody is asked", async () => {
  for (
    const words of [
      ["create", "a"],
      ["create", "a", "--scopes", "root"],
      ["create", "a", "--scopes", ""],
      ["create", "", "--scopes", "admin"],
      ["create", "x".repeat(129), "--scopes", "admin"],
      ["create", "a", "--scopes", "admin", "--days", "0"],
      ["create", "a", "--scopes", "admin", "--days", "-1"],
      ["create", "a", "--scopes", "read,trade"],
      ["rotate", ID, "--grace", "soon"],
    ]
  ) {
    const { code, requests, told } = await run(words, {});
    deepEqual([code, requests], [2, []], words.join(" "));
    match(told.join(), /^Cannot /);
  }
});

Deno.test("keys: one that is to be somebody's asks whose, and one of an administrator does not", async () => {
  const nobodys = await run(["create", "a", "--scopes", "read"], {});
  match(nobodys.told.join(), /^Cannot tell whose .*: give --of USER$/);
  const admins = await run(["create", "a", "--scopes", "admin"], { key: TEXT });
  equal(admins.code, 0);
});

Deno.test("keys: of a whole key, as it is found where it leaked, only the id is sent and shown", async () => {
  const revoked = await run(["revoke", TEXT, "--yes"], undefined, {
    status: 204,
  });
  deepEqual(revoked.requests, [`DELETE /${ID}`]);
  equal(revoked.said, `revoked  ${ID}\n`);
  const unsure = await run(["revoke", TEXT], {}, { isOutputRead: false });
  equal(unsure.code, 2);
  const rotated = await run(["rotate", TEXT], {
    key: TEXT,
    former_until: null,
  });
  equal(rotated.requests[0]!.split(" ")[1], `/${ID}/rotate`);
  // A part of one, or a mistyped one, goes nowhere either.
  const part = await run(["revoke", TEXT.slice(0, 40), "--yes"], undefined);
  deepEqual([part.code, part.requests], [2, []]);
  for (const { told } of [revoked, unsure, part]) {
    ok(!told.join("").includes("AAAA"), told.join("\n"));
  }
});

Deno.test("keys: one that was typed in the wrong place is not repeated", async () => {
  for (const words of [[TEXT], ["list", TEXT]]) {
    const { code, told } = await run(words, {});
    equal(code, 2);
    ok(!told.join("").includes("AAAA"), told.join("\n"));
  }
});
