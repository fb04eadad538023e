/**
 * API keys over HTTP: made, used, rotated, revoked; whom they act for; how
 * often they may ask.
 *
 * @module
 */
import { settle } from "../support/turns.ts";
import { createRateLimit } from "../../src/services/rate_limit.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import {
  createFakeSignals,
  createHarness,
  type HarnessOptions,
  type Reply,
} from "./harness.ts";

const KEYS = "/api/admin/api-keys";
const SETTINGS = "/api/user/settings";
const EVENTS = "/api/v1/events";
const ID = "019b7e5d-8c0e-7cc4-9b0a-6f2d1c3e4a5b";

/** An application that asks for keys, and its first one. */
async function open(options: HarnessOptions = {}) {
  const harness = createHarness({ ...options, asksForKeys: true });
  let root = "";
  await harness.apiKeys.begin((text) => void (root = text));
  /** Sends with a key. */
  async function as(
    key: string,
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Reply> {
    return await harness.send(method, path, {
      body,
      headers: { authorization: `Bearer ${key}`, ...headers },
    });
  }
  /** Makes a key of `user`. */
  async function keyOf(user: string, ...scopes: string[]): Promise<string> {
    const wanted = { name: `${user}'s`, scopes, user };
    return (await as(root, "POST", KEYS, wanted)).json.key;
  }
  return { ...harness, root, as, keyOf };
}

Deno.test("a key is made, used, listed without its secret, and revoked", async () => {
  const { root, as, clock } = await open();
  const made = await as(root, "POST", KEYS, {
    name: "scalp bot",
    scopes: ["read", "read", "write"],
    user: "ann",
    expires_in_s: 3600,
  });
  equal(made.status, 201);
  equal(made.headers.get("cache-control"), "no-store");
  const { key, id, ...rest } = made.json;
  deepEqual(rest, {
    name: "scalp bot",
    scopes: ["read", "write"],
    user: "ann",
    created_at: new Date(clock.now()).toISOString(),
    created_by: root.slice(3, 15),
    expires_at: new Date(clock.now() + 3_600_000).toISOString(),
    former_until: null,
    last_used_at: null,
  });
  equal((await as(key, "GET", SETTINGS)).status, 200);
  const list = await as(root, "GET", KEYS);
  equal(list.json.api_keys.length, 2);
  deepEqual(
    list.json.api_keys.find((one: { id: string }) => one.id === id),
    { id, ...rest },
  );
  ok(!list.text.includes(key.slice(16)));

  equal((await as(root, "DELETE", `${KEYS}/${id}`)).status, 204);
  equal((await as(key, "GET", SETTINGS)).status, 401);
  equal((await as(root, "DELETE", `${KEYS}/${id}`)).status, 404);
  equal((await as(root, "GET", KEYS)).json.api_keys.length, 1);
});

Deno.test("a rotation ends the secret at once, or after a while", async () => {
  const { root, as, keyOf } = await open();
  const first = await keyOf("ann", "read");
  const at = `${KEYS}/${first.slice(3, 15)}/rotate`;
  const { json: { key: second } } = await as(root, "POST", at, { grace_s: 60 });
  for (const key of [first, second]) {
    equal((await as(key, "GET", SETTINGS)).status, 200);
  }
  const { json, headers } = await as(root, "POST", at);
  equal(headers.get("cache-control"), "no-store");
  equal(json.former_until, null);
  for (const key of [first, second]) {
    equal((await as(key, "GET", SETTINGS)).status, 401);
  }
  equal((await as(json.key, "GET", SETTINGS)).status, 200);
  const other = at.replace(/hf_|\w{12}/, "zzzzzzzzzzzz");
  equal((await as(root, "POST", other)).status, 404);
});

Deno.test("a key that is over says so to who has it, and to nobody else", async () => {
  const { root, as, clock } = await open();
  const wanted = { name: "a", scopes: ["read"], user: "ann", expires_in_s: 60 };
  const { json: { key } } = await as(root, "POST", KEYS, wanted);
  await clock.advance(60_000);
  match((await as(key, "GET", SETTINGS)).json.detail, /as it has expired/);
  const guessed = `${key.slice(0, 20)}${"A".repeat(39)}`;
  match(
    (await as(guessed, "GET", SETTINGS)).json.detail,
    /none of this service/,
  );
});

Deno.test("keys that cannot be are refused, with what to do", async () => {
  const { root, as } = await open();
  const good = { name: "a", scopes: ["read"], user: "ann" };
  const cases: readonly [more: object, path: string][] = [
    [{ name: "" }, "body.name"],
    [{ name: "x".repeat(129) }, "body.name"],
    [{ name: "a\nb" }, "body.name"],
    [{ scopes: [] }, "body.scopes"],
    [{ scopes: ["root"] }, "body.scopes[0]"],
    [{ user: undefined }, "body.user"],
    [{ user: "a b" }, "body.user"],
    [{ expires_in_s: 0 }, "body.expires_in_s"],
    [{ expires_in_s: 1e10 }, "body.expires_in_s"],
    [{ secret: "x" }, "body.secret"],
  ];
  for (const [more, path] of cases) {
    const { status, json } = await as(root, "POST", KEYS, { ...good, ...more });
    equal(status, 400, path);
    equal(json.errors[0].path, path);
  }
  equal((await as(root, "DELETE", `${KEYS}/none`)).status, 400);
  const rotate = `${KEYS}/${root.slice(3, 15)}/rotate`;
  equal((await as(root, "POST", rotate, { grace_s: -1 })).status, 400);
  equal((await as(root, "GET", KEYS)).json.api_keys.length, 1);
});

Deno.test("an admin key acts for the user whom it names, and the log names both", async () => {
  const { root, as, keyOf, telemetry } = await open();
  const id = root.slice(3, 15);
  const ann = await keyOf("ann", "read", "write");
  const named = { "x-user-id": "ann" };
  const change = { custom: { note: "by the operator" } };
  equal((await as(root, "PATCH", SETTINGS, change, named)).status, 200);
  const { json } = await as(ann, "GET", SETTINGS);
  equal(json.custom.note, "by the operator");
  const line = telemetry.lines.findLast(({ message, fields }) =>
    message === "request" && fields["method"] === "PATCH"
  );
  deepEqual([line?.fields["user_id"], line?.fields["actor"]], ["ann", id]);
  const { json: history } = await as(ann, "GET", `${SETTINGS}/history`);
  equal(history.entries.at(-1).actor, id);

  // For her it does what she could, and no more.
  const refused = await as(root, "GET", KEYS, undefined, named);
  equal(refused.status, 403);
  match(refused.json.detail, /leave X-User-Id out$/);
  const nobody = { "x-user-id": "no body" };
  equal((await as(root, "GET", SETTINGS, undefined, nobody)).status, 400);
});

Deno.test("a key sees the events of its own user and of nobody, an admin's all", async () => {
  const { root, as, keyOf } = await open();
  const [ann, bob] = [
    await keyOf("ann", "read", "write"),
    await keyOf("bob", "read", "write"),
  ];
  for (const [key, symbol] of [[ann, "A"], [bob, "B"]] as const) {
    const { status, text } = await as(key, "PATCH", SETTINGS, {
      custom: { symbol },
    });
    equal(status, 200, text);
  }
  const keysSeen = async (key: string, headers = {}) => {
    const { json } = await as(key, "GET", EVENTS, undefined, headers);
    const users = json.events.flatMap((
      { event_type: type, data }: { event_type: string; data: { key: string } },
    ) => type === "settings.updated" ? [data.key.split(":")[1]] : []);
    return [...new Set(users)].filter((user) => user !== "defaults").sort();
  };
  deepEqual(await keysSeen(ann), ["ann"]);
  deepEqual(await keysSeen(bob), ["bob"]);
  deepEqual(await keysSeen(root), ["ann", "bob"]);
  deepEqual(await keysSeen(root, { "x-user-id": "bob" }), ["bob"]);
});

Deno.test("streams end with the key that opened them", async () => {
  const { root, app, as, keyOf } = await open();
  for (const path of [`${EVENTS}/stream`, `${SETTINGS}/watch`]) {
    const key = await keyOf("ann", "read");
    const response = await app.request(path, {
      headers: { authorization: `Bearer ${key}` },
    });
    equal(response.status, 200);
    const reader = response.body!.getReader();
    ok(!(await reader.read()).done);
    await as(root, "DELETE", `${KEYS}/${key.slice(3, 15)}`);
    while (!(await reader.read()).done);
  }
});

Deno.test("signals that orders may be sent for are told of only by who may trade", async () => {
  const { root, as, keyOf } = await open();
  const writes = await keyOf("ann", "read", "write");
  const trades = await keyOf("ann", "read", "write", "trade");
  const event = {
    event_type: "signals.generated",
    data: {
      strategy_id: "s",
      symbols: ["SYNA"],
      num_signals: 1,
      as_of_date: "2025-06-30",
    },
  };
  for (const body of [event, { events: [event] }]) {
    const { status, text } = await as(writes, "POST", EVENTS, body);
    equal(status, 400, text);
    match(text, /event_type needs the scope trade/);
  }
  const asked = await as(writes, "POST", `${EVENTS}/request`, event);
  equal(asked.status, 400, asked.text);
  for (const key of [trades, root]) {
    equal((await as(key, "POST", EVENTS, event)).status, 201);
  }
  const generate = "/api/v1/signals/generate";
  const wanted = { symbols: ["SYNA"], publish: true };
  equal((await as(writes, "POST", generate, wanted)).status, 403);
  equal((await as(trades, "POST", generate, wanted)).status, 200);
});

Deno.test("a key that may not trade has signals, and nothing is published", async () => {
  const asked: unknown[] = [];
  const clock = createFakeClock();
  const fake = createFakeSignals(clock);
  const signals = {
    ...fake,
    generate: (request: Parameters<typeof fake.generate>[0]) => {
      asked.push(request.publish);
      return fake.generate(request);
    },
  };
  const { as, keyOf } = await open({ services: { signals } });
  for (const scopes of [["write"], ["write", "trade"]]) {
    const key = await keyOf("ann", ...scopes);
    const wanted = { symbols: ["SYNA"] };
    equal(
      (await as(key, "POST", "/api/v1/signals/generate", wanted)).status,
      200,
    );
  }
  deepEqual(asked, [false, undefined]);
});

Deno.test("what was waited for is not told to a key that has ended meanwhile", async () => {
  const { root, as } = await open();
  const made = await as(root, "POST", KEYS, { name: "a", scopes: ["admin"] });
  const { key, id } = made.json;
  const group = { channels: ["signal.triggered"] };
  await as(root, "PUT", `${EVENTS}/groups/g`, group);
  const data = { setup_id: "s-1" };
  const question = { event_type: "setup.received", id: ID, data };
  const waiting = [
    as(key, "GET", `${EVENTS}/groups/g/next?member=m&wait=60`),
    as(key, "POST", `${EVENTS}/request`, question),
  ];
  await settle();
  equal((await as(root, "DELETE", `${KEYS}/${id}`)).status, 204);
  await as(root, "POST", EVENTS, {
    event_type: "signal.triggered",
    data: { ticker: "SPY", setup_id: "s-1" },
    metadata: { correlation_id: ID },
  });
  for (const { status, text } of await Promise.all(waiting)) {
    equal(status, 401, text);
  }
});

Deno.test("who asks too often is told so, and how long to wait", async () => {
  const clock = createFakeClock();
  const rateLimit = createRateLimit(2, clock);
  const { root, as, keyOf, send } = await open({ rateLimit });
  await clock.advance(60_000);
  const [ann, bob] = [await keyOf("ann", "read"), await keyOf("bob", "read")];
  const replies: Reply[] = [];
  for (let i = 0; i < 5; i++) replies.push(await as(ann, "GET", SETTINGS));
  deepEqual(replies.map(({ status }) => status), [200, 200, 200, 200, 429]);
  deepEqual(
    replies.map(({ headers }) => headers.get("ratelimit")),
    [3, 2, 1, 0, 0].map((left) => `"caller";r=${left};t=${left ? 0 : 1}`),
  );
  const { headers, json } = replies[4]!;
  equal(headers.get("retry-after"), "1");
  equal(headers.get("ratelimit-policy"), '"caller";q=4;w=2');
  equal(json.type, "urn:holdfast:problem:rate-limited");
  match(json.detail, /more than 2 requests a second .*: try again in 0\.5 s$/);
  // Neither others nor open routes are kept waiting.
  equal((await as(bob, "GET", SETTINGS)).status, 200);
  const live = await send("GET", "/health/live");
  deepEqual([live.status, live.headers.get("ratelimit")], [200, null]);
  await clock.advance(500);
  equal((await as(ann, "GET", SETTINGS)).status, 200);
  equal((await as(ann, "GET", SETTINGS)).status, 429);
  // Nor does a key act for others more often.
  const acting = { "x-user-id": "ann" };
  const last: number[] = [];
  for (let i = 0; i < 4; i++) {
    last.push((await as(root, "GET", SETTINGS, undefined, acting)).status);
  }
  deepEqual(last, [200, 200, 200, 429]);
});

Deno.test("keys can be made where nobody is asked for one, to begin with", async () => {
  const { send } = createHarness();
  const wanted = { name: "a", scopes: ["admin"] };
  const made = await send("POST", KEYS, { body: wanted });
  equal(made.status, 201);
  equal(made.json.created_by, "default");
  const headers = { "x-user-id": "ann" };
  equal((await send("GET", KEYS, { headers })).status, 403);
});
