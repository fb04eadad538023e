/**
 * Whose settings a caller may see and change.
 *
 * @module
 */
import { deepEqual, equal, match } from "../support/assert.ts";
import { defaultDocument } from "../support/default_documents.ts";
import { clientOf, openSettings, PATHS, PLACES } from "./settings_client.ts";

const USER = "/api/user/settings";

/** Every route of settings that is about one user, with a body that it takes. */
const REQUESTS: readonly [method: string, path: string, body?: unknown][] = [
  ...PLACES.flatMap(([document, path]): [string, string, unknown?][] => [
    ["GET", path],
    ["PUT", path, defaultDocument(document)],
    ["PATCH", path, {}],
  ]),
  ["PATCH", PATHS.circuit_breaker, { max_daily_loss: 400 }],
  ["POST", PATHS.scalp_reentry, defaultDocument("scalp_reentry")],
  ["GET", "/api/futures/modes/allocations"],
  ...["trading", "notifications"].flatMap((
    part,
  ): [string, string, unknown?][] => [
    ["GET", `${USER}/${part}`],
    ["PUT", `${USER}/${part}`, defaultDocument("settings:all")[part]],
    ["PATCH", `${USER}/${part}`, {}],
  ]),
  ["GET", `${USER}?include=all`],
  ["GET", `${USER}/comparison`],
  ["POST", `${USER}/load-defaults`],
  ["POST", `${USER}/load-defaults?preview=true`],
  ["POST", `${USER}/reset`, { path: "circuit_breaker" }],
  ["GET", `${USER}/history`],
  ["POST", `${USER}/revert`, { version: 5 }],
];

const withUser = (path: string, user: string) =>
  `${path}${path.includes("?") ? "&" : "?"}user=${user}`;

Deno.test("another user's settings are 403, whatever is asked of them", async () => {
  const { harness } = openSettings();
  const [ann, bob] = [clientOf(harness, "ann"), clientOf(harness, "bob")];
  await ann.patch(USER, { custom: { secret: "hunter2" } });
  const before = await ann.versions();
  const headers = { "x-user-id": "bob" };
  const all = [...REQUESTS, ["GET", `${USER}/watch`] as const];
  for (const [method, path, body] of all) {
    const at = withUser(path, "ann");
    const { status, json, text } = await harness.send(method, at, {
      body,
      headers,
    });
    equal(status, 403, `${method} ${at}`);
    equal(json.type, "urn:holdfast:problem:forbidden");
    match(json.detail, /^Cannot show bob what belongs to ann/);
    equal(text.includes("hunter2"), false);
  }
  deepEqual(await ann.versions(), before);
  equal((await bob.get(withUser(USER, "default"))).status, 403);
});

Deno.test("one may name oneself, and the operator anybody", async () => {
  for (
    const [caller, named] of [["ann", "ann"], [undefined, "ann"]] as const
  ) {
    const { harness } = openSettings();
    const ann = clientOf(harness, "ann");
    await ann.get(USER);
    const headers: Record<string, string> = caller === undefined
      ? {}
      : { "x-user-id": caller };
    for (const [method, path, body] of REQUESTS) {
      const at = withUser(path, named);
      const { status, text } = await harness.send(method, at, {
        body,
        headers,
      });
      equal(status, 200, `${method} ${at} ${text}`);
    }
    const { json } = await harness.send("GET", "/api/v1/events?after=1");
    const keys = json.events.map((e: { data: { key: string } }) => e.data.key);
    equal(keys.length >= 20, true, String(keys.length));
    for (const key of keys) match(key, /^user:ann:/);
  }
});

Deno.test("the defaults are for the operator: others are 403", async () => {
  const { harness } = openSettings();
  const ann = clientOf(harness, "ann");
  for (
    const reply of [
      await ann.get("/api/admin/defaults"),
      await ann.get("/api/admin/defaults/history"),
      await ann.put("/api/admin/defaults", {}),
      await ann.post("/api/admin/sync-defaults"),
      // Nor does the name of the operator make one.
      await clientOf(harness, "default").get("/api/admin/defaults"),
    ]
  ) {
    equal(reply.status, 403);
    match(
      reply.json.detail,
      /^Cannot let \w+ do this as it is for the operator$/,
    );
  }
});

Deno.test("a user that is none is refused", async () => {
  const { get } = openSettings();
  for (const user of ["", "a%20b", "a:b", "a/b", "x".repeat(129), "*"]) {
    const { status, json } = await get(`${USER}?user=${user}`);
    equal(status, 400, user);
    equal(json.errors[0].path, "query.user");
  }
  equal((await get(`${USER}?user=a&user=b`)).status, 400);
});
