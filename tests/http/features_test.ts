/**
 * The routes of feature vectors.
 *
 * @module
 */
import { deepEqual, equal, match } from "../support/assert.ts";
import { createFakeFeatures, createHarness, DATE } from "./harness.ts";

const ROOT = "/api/v1/features";

Deno.test("a vector is answered as it is kept", async () => {
  const { send } = createHarness();
  const { text } = await send("GET", `${ROOT}/SYNA/${DATE}`);
  equal(
    text,
    '{"symbol":"SYNA","date":"2025-06-30","features":{"KMID":0.25,"ROC5":null},' +
      '"source":"cache","computed_at":"2025-06-30T20:00:00.000Z"}',
  );
  const computed = await send("GET", `${ROOT}/synb/${DATE}`);
  equal(computed.json.symbol, "SYNB");
  equal(computed.json.source, "computed");
});

Deno.test("a symbol or a date that is not there is 404 with the range", async () => {
  const { send } = createHarness();
  for (const path of [`NOPE/${DATE}`, "SYNA/2024-02-29"]) {
    const { status, json } = await send("GET", `${ROOT}/${path}`);
    equal(status, 404);
    equal(json.first, "2020-01-02");
    equal(json.last, DATE);
  }
  equal((await send("GET", `${ROOT}/BROKEN/${DATE}`)).status, 422);
});

Deno.test("a bad symbol or date in the path is refused", async () => {
  const { send } = createHarness();
  for (
    const [path, at] of [
      [`..%2Fx/${DATE}`, "path.symbol"],
      [`%2e%2e%2fetc%2fpasswd/${DATE}`, "path.symbol"],
      [`A%00B/${DATE}`, "path.symbol"],
      [`%zz/${DATE}`, "path.symbol"],
      [`${"A".repeat(40)}/${DATE}`, "path.symbol"],
      ["SYNA/2025-02-30", "path.date"],
      ["SYNA/today", "path.date"],
      ["SYNA/20250630", "path.date"],
    ]
  ) {
    const { status, json } = await send("GET", `${ROOT}/${path}`);
    equal(status, 400, path);
    equal(json.errors[0].path, at);
  }
});

Deno.test("both faults of a path are told at once", async () => {
  const { send } = createHarness();
  const { json } = await send("GET", `${ROOT}/a%20b/never`);
  deepEqual(
    json.errors.map((e: { path: string }) => e.path),
    ["path.symbol", "path.date"],
  );
});

Deno.test("a path that climbs is not a symbol", async () => {
  const { send } = createHarness();
  equal((await send("DELETE", `${ROOT}/..%2Fx`)).status, 400);
});

Deno.test("symbols with marks can be named in a path", async () => {
  const { send, features } = createHarness();
  for (const symbol of ["BRK.B", "%5EGSPC", "ES=F", "BTC-USD"]) {
    equal((await send("DELETE", `${ROOT}/${symbol}`)).status, 200);
  }
  deepEqual(
    features.invalidated.map(({ scope }) => scope.symbol as string),
    ["BRK.B", "^GSPC", "ES=F", "BTC-USD"],
  );
});

Deno.test("a batch is in the order asked for, errors beside it", async () => {
  const { send } = createHarness();
  const { status, json } = await send("POST", `${ROOT}/batch`, {
    body: { symbols: ["sync", "NOPE", "SYNA", "BROKEN"], date: DATE },
  });
  equal(status, 200);
  deepEqual(
    json.features.map((v: { symbol: string }) => v.symbol),
    ["SYNC", "SYNA"],
  );
  deepEqual(json.errors, [
    {
      symbol: "NOPE",
      status: 404,
      title: "Not found",
      detail: "Cannot read NOPE on 2025-06-30 as there is no such bar",
    },
    {
      symbol: "BROKEN",
      status: 422,
      title: "Damaged source",
      detail: "Cannot read BROKEN on 2025-06-30 as there is no such bar",
    },
  ]);
});

Deno.test("a batch without a date takes the newest", async () => {
  const { send } = createHarness();
  const body = { symbols: ["SYNA"] };
  const { json } = await send("POST", `${ROOT}/batch`, { body });
  equal(json.features[0].date, DATE);
});

Deno.test("a batch of which nothing is left has the first error", async () => {
  const { send } = createHarness();
  const body = { symbols: ["BROKEN", "NOPE"] };
  const { status, json } = await send("POST", `${ROOT}/batch`, { body });
  equal(status, 422);
  match(json.detail, /BROKEN/);
});

Deno.test("a bad batch is refused", async () => {
  const { send } = createHarness();
  for (
    const body of [
      {},
      { symbols: [] },
      { symbols: ["A", "a"] },
      { symbols: ["A"], date: "x" },
      { symbols: ["A"], dates: [] },
    ]
  ) {
    const { status } = await send("POST", `${ROOT}/batch`, { body });
    equal(status, 400, JSON.stringify(body));
  }
});

Deno.test("forgetting names its scope, and who asked; it is for administrators, as all read the same vectors", async () => {
  const { send, features } = createHarness();
  for (const path of [`/SYNA/${DATE}`, "/SYNA", ""]) {
    const headers = { "x-user-id": "ann" };
    const { status, json } = await send("DELETE", ROOT + path, { headers });
    equal(status, 403);
    match(json.detail, /as it is for the operator$/);
  }
  const forget = async (path: string) =>
    (await send("DELETE", ROOT + path)).json;
  deepEqual(await forget(`/syna/${DATE}`), {
    invalidated: { symbol: "SYNA", date: DATE },
  });
  deepEqual(await forget("/SYNA"), { invalidated: { symbol: "SYNA" } });
  deepEqual(await forget(""), { invalidated: {} });
  deepEqual(features.invalidated.map(({ actor }) => actor), [
    "default",
    "default",
    "default",
  ]);
});

Deno.test("statistics are not a symbol", async () => {
  const { send } = createHarness();
  deepEqual((await send("GET", `${ROOT}/stats`)).json, {
    hits: 3,
    misses: 1,
    hit_rate: 0.75,
    size: 2,
    computations: 1,
    errors: 0,
  });
});

Deno.test("there is no rate before the first read, no size of a store that is away", async () => {
  const features = {
    ...createFakeFeatures(),
    stats: async () => ({
      hits: 0,
      misses: 0,
      computations: 0,
      errors: 1,
      size: undefined,
    }),
  };
  const { send } = createHarness({ services: { features } });
  const { json } = await send("GET", `${ROOT}/stats`);
  equal(json.hit_rate, null);
  equal(json.size, null);
});
