/**
 * The routes of order numbers and client order ids.
 *
 * @module
 */
import { deepEqual, equal, match } from "../support/assert.ts";
import { createHarness } from "./harness.ts";

const PATH = "/api/orders/sequence";
const IDS = "/api/orders/client-order-id";
const KEY = "0196f0c2-7d1e-7a40-9c55-3b1f6e0a2d11";

/** Asks as `user`, with a key where one is given. */
function createClient() {
  const { send, ...harness } = createHarness();
  return {
    ...harness,
    ask: (path: string, body: unknown, user = "ann", key?: string) => {
      const named = key === undefined ? {} : { "idempotency-key": key };
      const headers = { "x-user-id": user, ...named };
      return send("POST", path, { body, headers });
    },
  };
}

Deno.test("numbers follow each other, by user and day", async () => {
  const { send } = createHarness();
  const take = async (body: unknown, user = "ann") =>
    (await send("POST", PATH, { body, headers: { "x-user-id": user } })).json;
  const day = "20250630";
  deepEqual(await take({ day }), { user_id: "ann", day, first: 1, last: 1 });
  deepEqual(await take({ day, count: 5 }), {
    user_id: "ann",
    day,
    first: 2,
    last: 6,
  });
  equal((await take({ day }, "bob")).first, 1);
  equal((await take({ day: "20250701" })).first, 1);
});

Deno.test("the day is today in UTC when absent and the user has no time zone", async () => {
  const { send, clock } = createHarness();
  const day = async () => (await send("POST", PATH, { body: {} })).json.day;
  equal(await day(), "20260102");
  await clock.advance(21 * 3600 * 1000);
  equal(await day(), "20260103");
});

Deno.test("a bad request is refused", async () => {
  const { send } = createHarness();
  const cases: [body: unknown, path: string, message: RegExp][] = [
    [{ day: "2025-06-30" }, "body.day", /YYYYMMDD/],
    [{ day: "20250231" }, "body.day", /YYYYMMDD/],
    [{ day: 20250630 }, "body.day", /must be a string/],
    [{ count: 0 }, "body.count", /at least 1/],
    [{ count: 1001 }, "body.count", /at most 1000/],
    [{ count: 1.5 }, "body.count", /whole number/],
    [{ count: 1e400 }, "body.count", /must be/],
    [{ cnt: 1 }, "body.cnt", /not known here/],
    [[], "body", /must be an object: current value is a list of 0/],
  ];
  for (const [body, path, message] of cases) {
    const { status, json, text } = await send("POST", PATH, { body });
    equal(status, 400, text);
    equal(json.errors[0].path, path);
    match(json.errors[0].message, message);
  }
});

Deno.test("the day is today where the user is", async () => {
  const { send, clock } = createHarness();
  const headers = { "x-user-id": "ann" };
  await clock.advance(17 * 3600 * 1000);
  const day = async () =>
    (await send("POST", PATH, { body: {}, headers })).json.day;
  equal(await day(), "20260102");
  const body = { trading: { global_trading: { timezone: "Asia/Kolkata" } } };
  equal(
    (await send("PATCH", "/api/user/settings", { body, headers })).status,
    200,
  );
  equal(await day(), "20260103");
});

Deno.test("a request with a key can be repeated, with another body it is refused", async () => {
  const { ask } = createClient();
  const replayed = "idempotency-replayed";
  for (
    const [path, body, other] of [
      [PATH, { count: 2 }, { count: 3 }],
      [IDS, { mode: "ULT", type: "E" }, { mode: "SCA", type: "E" }],
    ] as const
  ) {
    const key = KEY + path;
    const first = await ask(path, body, "ann", key);
    equal(first.headers.get(replayed), "false");
    const again = await ask(path, body, "ann", key);
    deepEqual([again.status, again.json], [200, first.json]);
    equal(again.headers.get(replayed), "true");
    const { status, json } = await ask(path, other, "ann", key);
    equal(status, 409);
    equal(json.errors[0].path, "header.Idempotency-Key");
    equal((await ask(path, other, "bob", key)).status, 200);
  }
});

Deno.test("a key that is malformed or empty is refused", async () => {
  const { ask } = createClient();
  const bad = [
    "",
    "short-7",
    "x".repeat(129),
    "two words",
    "a-key-1, a-key-1",
    "sch\u00f6n-und-gut",
    "tab\there-it-is",
  ];
  for (const path of [PATH, IDS]) {
    const body = path === PATH ? {} : { mode: "ULT", type: "E" };
    for (const key of bad) {
      const { status, json } = await ask(path, body, "ann", key);
      equal(status, 400, key);
      equal(json.errors[0].path, "header.Idempotency-Key");
      match(json.errors[0].message, /8 to 128 printable/);
    }
    for (const key of ["12345678", "~".repeat(128)]) {
      const user = path === PATH ? "ann" : "bob";
      equal((await ask(path, body, user, key)).status, 200);
    }
  }
});

Deno.test("ids of a chain share their base", async () => {
  const { ask } = createClient();
  const { json: entry } = await ask(IDS, {
    mode: "ultra",
    type: "E",
    symbol: "btcusdt",
  });
  deepEqual(entry, {
    user_id: "ann",
    client_order_id: "ULT-02JAN-00001-E",
    chain: "ULT-02JAN-00001",
    mode: "ULT",
    type: "E",
    day: "20260102",
    number: 1,
    symbol: "BTCUSDT",
    known: false,
  });
  const { chain } = entry;
  for (const type of ["SL", "TP1", "TP4", "DCA3", "HSL", "RB"]) {
    const { json } = await ask(IDS, { mode: "ULT", type, chain });
    const client_order_id = `${chain}-${type}`;
    deepEqual(json, { ...entry, type, client_order_id });
    const again = await ask(IDS, { type, chain });
    deepEqual(again.json, { ...json, known: true });
  }
  const next = await ask(IDS, { mode: "SWI", type: "H" });
  equal(next.json.client_order_id, "SWI-02JAN-00002-H");
  equal(next.json.symbol, undefined);
});

Deno.test("what no id can be made of is refused, naming the field", async () => {
  const { ask } = createClient();
  const chain = "ULT-02JAN-00001";
  const symbol = "BTCUSDT";
  await ask(IDS, { mode: "ULT", type: "E", symbol });
  const cases: [body: unknown, status: number, path: string, says: RegExp][] = [
    [{ type: "E" }, 400, "body.mode", /must be given where no chain is/],
    [{ mode: "SCR", type: "E" }, 400, "body.mode", /one of ULT, SCA, SWI, POS/],
    [{ mode: "ult", type: "E" }, 400, "body.mode", /as it must be one of/],
    [{ mode: 7, type: "E" }, 400, "body.mode", /must be a string/],
    [{ mode: "ULT" }, 400, "body.type", /required|must be/],
    [{ mode: "ULT", type: "TP5" }, 400, "body.type", /must be one of/],
    [{ mode: "ULT", type: "e" }, 400, "body.type", /must be one of/],
    [
      { type: "SL", chain: `${chain}-E` },
      400,
      "body.chain",
      /without its type/,
    ],
    [{ type: "SL", chain: "" }, 400, "body.chain", /without its type/],
    [{ type: "SL", chain: "ULT-30FEB-00001" }, 400, "body.chain", /without/],
    [{ type: "SL", chain: "ULT-02JAN-00000" }, 400, "body.chain", /without/],
    [{ type: "SL", chain, mode: "SCA" }, 400, "body.mode", /that of the chain/],
    [{ type: "SL", chain, symbol: "a/b" }, 400, "body.symbol", /symbol/],
    [{ type: "SL", chain, day: "20260102" }, 400, "body.day", /not known here/],
    [{ type: "SL", chain, symbol: "X" }, 409, "body.symbol", /BTCUSDT/],
    [
      { type: "SL", chain: "ULT-02JAN-00002" },
      404,
      "body.chain",
      /ann has none/,
    ],
    [
      { type: "SL", chain: "ULT-02FEB-00001" },
      404,
      "body.chain",
      /ann has none/,
    ],
  ];
  for (const [body, status, path, says] of cases) {
    const reply = await ask(IDS, body);
    equal(reply.status, status, reply.text);
    equal(reply.json.errors[0].path, path, reply.text);
    match(reply.json.errors[0].message, says);
  }
  const foreign = await ask(IDS, { type: "SL", chain }, "bob");
  deepEqual([foreign.status, foreign.json.errors[0].path], [404, "body.chain"]);
});
