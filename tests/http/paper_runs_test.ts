/**
 * The routes of paper runs.
 *
 * @module
 */
import { parseConfig } from "../../src/config.ts";
import { openHoldfast } from "../../src/holdfast.ts";
import { Report } from "../../src/http/routes/paper_report_schemas.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { needs } from "../support/needs.ts";
import { paperRun } from "../support/paper_run.ts";
import {
  anOutcome,
  createPaperRunsWorld,
} from "../support/paper_runs_world.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { settle } from "../support/turns.ts";
import { createHarness } from "./harness.ts";

const PATH = "/api/v1/paper-runs";
const ANN = { "x-user-id": "ann" };
const BOB = { "x-user-id": "bob" };

function createClient() {
  const world = createPaperRunsWorld({
    clock: createFakeClock(),
    telemetry: createRecordingTelemetry(),
    entropy: createSeededEntropy(),
  });
  const { send } = createHarness({ services: world });
  return {
    ...world,
    post: (body: object, headers: Record<string, string> = ANN) =>
      send("POST", PATH, { body, headers }),
    get: (path: string, headers: Record<string, string> = ANN) =>
      send("GET", PATH + path, { headers }),
    cancel: (id: string, headers: Record<string, string> = ANN) =>
      send("DELETE", `${PATH}/${id}`, { headers }),
  };
}

Deno.test("a paper run is started, asked for until it has ended, and listed", async () => {
  const { post, get, begun } = createClient();
  const started = await post({ symbols: ["aaa"], from: "2025-12-30" });
  equal(started.status, 202);
  const { id, ...rest } = started.json;
  equal(started.headers.get("location"), `${PATH}/${id}`);
  deepEqual(rest, {
    user: "ann",
    status: "running",
    symbols: ["AAA"],
    from: "2025-12-30",
    to: "2026-01-02",
    days: 4,
    days_done: 0,
    started_at: "2026-01-02T03:04:05.000Z",
    ended_at: null,
    error_message: null,
    report: null,
  });
  await begun[0]!.hooks.onDay(2);
  equal((await get(`/${id}`)).json.days_done, 2);
  begun[0]!.finish(anOutcome());
  await settle();
  const { json } = await get(`/${id}`);
  equal(json.status, "completed");
  deepEqual(json.report.results.equity_curve.at(-1), {
    date: "2026-01-02",
    equity: "99950",
    drawdown: "50",
    drawdown_share: 0.0005,
  });
  const { report: _, ...summary } = json;
  deepEqual((await get("")).json, { runs: [summary] });
});

Deno.test("what is wished reaches the run, and what is not is left open", async () => {
  const { post, begun, cancel } = createClient();
  const { json } = await post({});
  deepEqual(begun[0]!.wish, {
    symbols: undefined,
    from: undefined,
    to: undefined,
    capital: undefined,
    maxPositionSize: undefined,
    lots: undefined,
    topN: undefined,
    bottomN: undefined,
    venue: {},
  });
  await cancel(json.id);
  await post({
    symbols: ["BBB", "AAA"],
    from: "2025-12-22",
    to: "2026-01-02",
    capital: "5000.5",
    max_position_size: 400,
    lots: "fractional",
    top_n: 2,
    bottom_n: 0,
    seed: 0,
    slippage_bps: 0.5,
    commission_bps: 1e-7,
    commission_fixed: 0,
    partial: 1,
    nonsense: 0.1,
    late: 0.9,
  });
  deepEqual(begun[1]!.wish, {
    symbols: ["BBB", "AAA"],
    from: "2025-12-22",
    to: "2026-01-02",
    capital: 5000_500_000_000_000n,
    maxPositionSize: 400_000_000_000_000n,
    lots: "fractional",
    topN: 2,
    bottomN: 0,
    venue: {
      slippage_bps: "0.5",
      commission_bps: "0.000000100000",
      commission_fixed: "0",
      partial: "1",
      late: "0.9",
      nonsense: "0.1",
      seed: "0",
    },
  });
});

Deno.test("what is wrong is told at its place in the body", async () => {
  const { post, begun } = createClient();
  const cases: readonly [object, number, readonly string[], RegExp][] = [
    [{ symbols: [] }, 400, ["body.symbols"], /at least 1|list of 1/],
    [
      { symbols: ["AAA", "ZZZ"] },
      404,
      ["body.symbols[1]"],
      /^Cannot run with ZZZ as there is no bar/,
    ],
    [
      { from: "2026-01-02", to: "2026-01-01" },
      400,
      ["body.from"],
      /must not be after to, 2026-01-01: current value is 2026-01-02/,
    ],
    [{ from: "2026-02-30" }, 400, ["body.from"], /2026-02-30/],
    [{ symbols: ["AAA"], from: "2025-12-27", to: "2025-12-28" }, 404, [
      "body.from",
      "body.to",
    ], /no bar of AAA/],
    [
      { top_n: 0, bottom_n: 0 },
      400,
      ["body.top_n", "body.bottom_n"],
      /must not both be 0/,
    ],
    [{ capital: "0" }, 400, ["body.capital"], /must be a decimal above 0/],
    [{ seed: -1 }, 400, ["body.seed"], /must be at least 0/],
    [{ seed: 1.5 }, 400, ["body.seed"], /must be a whole number/],
    [
      { slippage_bps: 1001 },
      400,
      ["body.slippage_bps"],
      /must be at most 1000/,
    ],
    [
      { late: 0.6, nonsense: 0.5 },
      400,
      ["body.late"],
      /must come to at most 1 .*current value is 1.1/,
    ],
    [
      { market_data_dir: "/etc" },
      400,
      ["body.market_data_dir"],
      /is not known here/,
    ],
  ];
  for (const [body, status, paths, said] of cases) {
    const { json, status: answered } = await post(body);
    equal(answered, status, JSON.stringify(json));
    const errors: { path: string; message: string }[] = json.errors;
    deepEqual(errors.map(({ path }) => path), paths);
    match(errors[0]!.message, said);
  }
  equal(begun.length, 0);
});

Deno.test("a second run is refused with what to do, and tells nobody of another's", async () => {
  const { post } = createClient();
  const { id } = (await post({})).json;
  const again = await post({});
  deepEqual([again.status, again.json.id], [409, id]);
  match(
    again.json.detail,
    /is under way: wait until it has ended, or cancel it$/,
  );
  const other = await post({}, BOB);
  equal(other.status, 409);
  ok(!other.text.includes(id), other.text);
});

Deno.test("canceling answers when the run has ended", async () => {
  const { post, cancel, get } = createClient();
  const { id } = (await post({})).json;
  const { json } = await cancel(id);
  equal(json.status, "canceled");
  ok(json.ended_at);
  deepEqual((await cancel(id)).json, json);
  deepEqual((await get(`/${id}`)).json, json);
});

Deno.test("users see their own runs; who administers sees all", async () => {
  const { post, get, cancel } = createClient();
  const { id } = (await post({})).json;
  deepEqual((await get("", BOB)).json, { runs: [] });
  for (const ask of [get(`/${id}`, BOB), cancel(id, BOB)]) {
    const { status, json } = await ask;
    equal(status, 404);
    match(json.detail, /^Cannot find paper run .* as there is none of that id/);
  }
  // Without a name it is the operator.
  equal((await get("", {})).json.runs[0].user, "ann");
  equal((await get(`/${id}`, {})).json.status, "running");
  equal((await cancel(id, {})).json.status, "canceled");
});

if (await needs(import.meta.url, ["read", "write", "env", "net"])) {
  Deno.test("the service's run is that of the command line, and touches nothing of the service", async () => {
    await using service = await openHoldfast(
      parseConfig({ STORE: "memory" }),
      { telemetry: { ...createRecordingTelemetry(), exposition: () => "" } },
    );
    const ask = async (method: string, path: string, body?: object) => {
      const init = body ? { body: JSON.stringify(body) } : {};
      return await (await service.app.request(path, { method, ...init }))
        .json();
    };
    const before = await service.ports.eventBus.head();
    const wish = {
      symbols: ["SYNA", "SYNB", "SYNE"],
      from: "2023-10-25",
      to: "2023-11-17",
      capital: "50000",
      max_position_size: "9000",
      lots: "fractional",
      top_n: 1,
      bottom_n: 1,
      slippage_bps: 5,
      commission_bps: 1,
      commission_fixed: 0.35,
      partial: 0.5,
      reject: 0.05,
      lost_request: 0.05,
      lost_answer: 0.05,
      late: 0.05,
      unavailable: 0.05,
      nonsense: 0.05,
      seed: 7,
    };
    const { id } = await ask("POST", PATH, wish);
    let run = await ask("GET", `${PATH}/${id}`);
    while (run.status === "running") {
      await new Promise((resolve) => setTimeout(resolve, 5));
      run = await ask("GET", `${PATH}/${id}`);
    }
    const flags = Object.entries(wish).flatMap(([name, value]) => [
      `--${name.replaceAll("_", "-")}`,
      String(value),
    ]);
    const { orders, ...report } = (await paperRun(flags)).report;
    ok(orders.length > 20);
    deepEqual(run.report, report);
    Report.parse(run.report);
    deepEqual([run.status, run.days_done], ["partial", run.days]);

    deepEqual((await ask("GET", "/api/v1/orders")).orders, []);
    deepEqual((await ask("GET", "/api/v1/positions")).positions, []);
    deepEqual(await service.ports.eventBus.head(), before);
  });
}
