/**
 * The routes of the orchestrator.
 *
 * @module
 */
import { ONE } from "../../domain/decimal.ts";
import { PortError } from "../../ports/port_error.ts";
import { createApp } from "../../src/http/app.ts";
import { createHostGuard } from "../../src/http/host_guard.ts";
import { createIdentity } from "../../src/http/identity.ts";
import { orchestrationRoutes } from "../../src/http/routes/orchestration.ts";
import { Run, RunList } from "../../src/http/routes/orchestration_schemas.ts";
import { deepEqual, equal, match } from "../support/assert.ts";
import {
  createOrchestratorWorld,
  USER,
} from "../support/orchestrator_world.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { holdToDeclaration, read } from "./harness.ts";

const PATH = "/api/v1/orchestration";
const MINE: Readonly<Record<string, string>> = { "X-User-Id": USER };
const SYMBOLS = ["AAA", "BBB", "CCC"];

function createClient() {
  const world = createOrchestratorWorld();
  const routes = orchestrationRoutes(world.orchestrator);
  const app = createApp({
    routes,
    identity: createIdentity(),
    guard: createHostGuard({ loopback: true }),
    clock: world.clock,
    entropy: createSeededEntropy(),
    telemetry: world.telemetry,
  });
  async function send(method: string, path: string, init: RequestInit) {
    const reply = await read(await app.request(path, { ...init, method }));
    holdToDeclaration(routes, method, path, reply);
    return reply;
  }
  return {
    ...world,
    post: (body: unknown, headers = MINE) =>
      send("POST", `${PATH}/run`, { body: JSON.stringify(body), headers }),
    get: (path: string, headers = MINE) =>
      send("GET", `${PATH}/runs${path}`, { headers }),
  };
}

Deno.test("a run is answered whole, and again as it is", async () => {
  const { post, get, gateway, price, clock } = createClient();
  gateway.hold("BBB", 5);
  price("CCC", "unknown");
  const { status, json, headers } = await post({
    symbols: ["aaa", "BBB", "CCC"],
    as_of_date: "2025-06-30",
    capital: "50000",
    max_position_size: 4000.5,
    top_n: 1,
    bottom_n: 2,
  });
  equal(status, 200);
  equal(headers.get("idempotency-replayed"), "false");
  const { run_id, mappings, ...rest } = json;
  match(run_id, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-/);
  deepEqual(rest, {
    status: "partial",
    strategy_id: "alpha_baseline",
    as_of_date: "2025-06-30",
    dry_run: false,
    symbols: SYMBOLS,
    capital: "50000",
    max_position_size: "4000.5",
    num_signals: 3,
    signal_metadata: {
      model_version: "v1",
      top_n: 1,
      bottom_n: 2,
      lots: "whole",
    },
    num_orders_submitted: 2,
    num_orders_accepted: 2,
    num_orders_rejected: 0,
    num_orders_denied: 0,
    num_orders_filled: 2,
    started_at: "2026-01-02T03:04:05.000Z",
    completed_at: "2026-01-02T03:04:05.000Z",
    duration_seconds: 0,
    error_message: "CCC has no price",
  });
  const [aaa, bbb, ccc] = mappings;
  match(aaa.client_order_id, /^R-[0-9a-f]{24}$/);
  deepEqual({ ...aaa, client_order_id: "" }, {
    symbol: "AAA",
    predicted_return: 0,
    rank: 1,
    target_weight: 0.1,
    price: "100",
    held_qty: "0",
    target_qty: "40",
    client_order_id: "",
    order_qty: "40",
    order_side: "buy",
    broker_order_id: "b-2",
    order_status: "filled",
    filled_qty: "40",
    filled_avg_price: "100",
    skip_reason: null,
    message: null,
  });
  deepEqual(
    [bbb.order_side, bbb.order_qty, bbb.held_qty, bbb.target_qty],
    ["sell", "5", "5", "0"],
  );
  deepEqual(
    [ccc.skip_reason, ccc.order_qty, ccc.target_qty, ccc.order_status],
    ["price_fetch_failed", null, null, null],
  );

  await clock.advance(5000);
  const again = await post({
    symbols: SYMBOLS,
    as_of_date: "2025-06-30",
    capital: 50_000,
    max_position_size: "4000.50",
    top_n: 1,
    bottom_n: 2,
  });
  equal(again.headers.get("idempotency-replayed"), "true");
  deepEqual(again.json, json);
  deepEqual((await get(`/${run_id}`)).json, json);
});

Deno.test("other terms for the same strategy and date get 409, which says what differs", async () => {
  const { post } = createClient();
  const { json: { run_id } } = await post({ symbols: SYMBOLS });
  const { status, json } = await post({ symbols: SYMBOLS, capital: 7 });
  equal(status, 409);
  equal(json.run_id, run_id);
  deepEqual(json.differences, ["capital"]);
  match(json.detail, /run with another capital \(100000, now 7\)/);
  deepEqual(json.errors, [{
    path: "body.capital",
    message: "was 100000 in the run: current value is 7",
  }]);
});

Deno.test("where the gateway tries only, the run says so, and can be made again", async () => {
  const { post, gateway } = createClient();
  for (const symbol of SYMBOLS) gateway.fate(symbol, "dry_run");
  const { json } = await post({ symbols: SYMBOLS });
  equal(json.dry_run, true);
  equal(json.num_orders_accepted, 0);
  for (const symbol of SYMBOLS) gateway.fate(symbol, "filled");
  const { json: real, headers } = await post({ symbols: SYMBOLS });
  equal(headers.get("idempotency-replayed"), "false");
  deepEqual([real.run_id, real.dry_run], [json.run_id, false]);
  deepEqual(gateway.held(), ["AAA 100", "CCC -100"]);
});

Deno.test("a symbol whose side changes has two mappings, and is one signal", async () => {
  const { post, gateway } = createClient();
  gateway.hold("AAA", -30);
  const { json } = await post({ symbols: SYMBOLS });
  equal(json.num_signals, 3);
  equal(json.num_orders_submitted, 3);
  type Mapping = Readonly<Record<string, unknown>>;
  deepEqual(
    json.mappings.slice(0, 2).map((one: Mapping) => [
      one["symbol"],
      one["held_qty"],
      one["target_qty"],
      one["order_side"],
      one["order_qty"],
    ]),
    [["AAA", "-30", "0", "buy", "30"], ["AAA", "0", "100", "buy", "100"]],
  );
});

Deno.test("symbols and dates that are not there are refused by name", async () => {
  const { post, signals } = createClient();
  const cases = [[{}, "body.symbols"], [
    { first: "2020-01-02", last: "2025-06-30" },
    "body.as_of_date",
  ]] as const;
  for (const [facts, path] of cases) {
    const message = "Cannot read bars of AAA";
    signals.failure = new PortError("not_found", message, { facts });
    const { status, json } = await post({ symbols: SYMBOLS });
    equal(status, 404);
    deepEqual(json.errors, [{ path, message }]);
    equal(json.first, "first" in facts ? facts.first : undefined);
  }
});

Deno.test("a dry run tells, and is not kept", async () => {
  const { post, get, gateway } = createClient();
  const { json } = await post({ symbols: SYMBOLS, dry_run: true });
  equal(json.dry_run, true);
  deepEqual(
    json.mappings.map((one: { order_status: unknown }) => one.order_status),
    ["dry_run", null, "dry_run"],
  );
  equal(gateway.orders.size, 0);
  deepEqual((await get("")).json, { runs: [] });
});

Deno.test("runs are listed without mappings, in pages, and nobody sees another's", async () => {
  const { post, get, clock } = createClient();
  for (const date of ["2025-06-27", "2025-06-28", "2025-06-30"]) {
    await clock.advance(1000);
    await post({ symbols: SYMBOLS, as_of_date: date });
  }
  const dates = async (query: string) =>
    (await get(query)).json.runs.map((run: { as_of_date: string }) =>
      run.as_of_date
    );
  deepEqual(await dates(""), ["2025-06-30", "2025-06-28", "2025-06-27"]);
  deepEqual(await dates("?limit=1&offset=1"), ["2025-06-28"]);
  const [first] = (await get("")).json.runs;
  deepEqual(await dates(`?limit=1&before=${first.run_id}`), ["2025-06-28"]);
  equal((await get("?before=nope")).status, 400);
  equal(first.mappings, undefined);
  equal(first.num_orders_submitted, 0);
  const other = { "X-User-Id": "43" };
  deepEqual((await get("", other)).json.runs, []);
  equal((await get(`/${first.run_id}`, other)).status, 404);
  equal((await get(`/${first.run_id}`)).status, 200);
});

Deno.test("what was cut off is running, and the same request goes on with it", async () => {
  const { post, get, gateway } = createClient();
  gateway.fate("CCC", { refuse: "unavailable" });
  const { status, json } = await post({ symbols: SYMBOLS });
  equal(status, 503);
  const shown = (await get(`/${json.run_id}`)).json;
  deepEqual(
    [shown.status, shown.completed_at, shown.duration_seconds],
    ["running", null, null],
  );
  deepEqual(
    [shown.num_orders_submitted, shown.mappings[2].order_status],
    [1, null],
  );
  gateway.fate("CCC", "filled");
  const done = await post({ symbols: SYMBOLS });
  equal(done.json.status, "completed");
  equal(done.headers.get("idempotency-replayed"), "true");
});

Deno.test("what the venue does later is shown", async () => {
  const { post, get, gateway } = createClient();
  gateway.fate("AAA", "accepted");
  const { json: { run_id, mappings } } = await post({ symbols: SYMBOLS });
  equal(mappings[0].order_status, "accepted");
  gateway.put(USER, mappings[0].client_order_id, {
    status: "partially_filled",
    filledQty: 3n * ONE,
    filledValue: 301n * ONE,
  });
  const { json } = await get(`/${run_id}`);
  equal(json.mappings[0].order_status, "partially_filled");
  equal(json.mappings[0].filled_qty, "3");
  equal(json.mappings[0].filled_avg_price, "100.333333333333");
});

Deno.test("signals that are not there are told as they are, and nothing is kept", async () => {
  const { post, get, signals } = createClient();
  for (
    const [code, expected] of [
      ["unavailable", 503],
      ["not_found", 404],
      ["corrupt", 422],
      ["quarantined", 422],
      ["timeout", 504],
    ] as const
  ) {
    signals.failure = new PortError(code, `Cannot score as it is ${code}`);
    const { status, json } = await post({ symbols: SYMBOLS });
    equal(status, expected);
    equal(json.detail, `Cannot score as it is ${code}`);
  }
  deepEqual((await get("")).json, { runs: [] });
});

Deno.test("bad input is refused by name", async () => {
  const { post, get } = createClient();
  const cases = [
    [{}, "body.symbols", /is required/],
    [{ symbols: [] }, "body.symbols", /at least 1 entry/],
    [{ symbols: ["AAA", "aaa"] }, "body.symbols", /named more than once/],
    [{ symbols: ["no/good"] }, "body.symbols[0]", /Cannot use symbol/],
    [{ as_of_date: "2025-02-30" }, "body.as_of_date", /calendar date/],
    [{ capital: 0 }, "body.capital", /above 0.*current value is 0/],
    [{ capital: -1 }, "body.capital", /above 0/],
    [{ capital: "lots" }, "body.capital", /current value is "lots"/],
    [{ capital: "1e13" }, "body.capital", /at most 1000000000000/],
    [{ max_position_size: "0" }, "body.max_position_size", /above 0/],
    [{ max_position_size: 1e25 }, "body.max_position_size", /at most/],
    [{ top_n: -1 }, "body.top_n", /at least 0/],
    [{ top_n: 1.5 }, "body.top_n", /whole number/],
    [{ top_n: 3, bottom_n: 1 }, "body.top_n", /at most the number of symbols/],
    [{ dry_run: "yes" }, "body.dry_run", /true or false/],
    [{ lots: "whole" }, "body.lots", /is not known here/],
  ] as const;
  for (const [part, path, why] of cases) {
    const body = Object.keys(part).length > 0
      ? { symbols: SYMBOLS, ...part }
      : {};
    const { status, json } = await post(body);
    equal(status, 400, path);
    equal(json.errors[0].path, path);
    match(json.errors[0].message, why);
  }
  for (const query of ["?limit=0", "?limit=101", "?offset=-1", "?after=x"]) {
    equal((await get(query)).status, 400, query);
  }
  const { status, json } = await get("/nope");
  equal(status, 404);
  equal(json.detail, "Cannot find run nope as there is none of that id");
});

Deno.test("the examples are such that their schemas take them", () => {
  for (const schema of [Run, RunList]) {
    const { example } = schema.meta() as { example: unknown };
    deepEqual(schema.parse(example), example);
  }
});
