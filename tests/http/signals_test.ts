/**
 * The routes of signals and models.
 *
 * @module
 */
import { InvalidInput } from "../../domain/invalid_input.ts";
import { PortError } from "../../ports/port_error.ts";
import type {
  SignalRequest,
  SignalService,
} from "../../src/apps/signal_service.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { createFakeSignals, createHarness, MODEL } from "./harness.ts";

const GENERATE = "/api/v1/signals/generate";

function harness(overrides: Partial<SignalService> = {}) {
  const signals = { ...createFakeSignals(createFakeClock()), ...overrides };
  const { send } = createHarness({ services: { signals } });
  return {
    send,
    generate: (body: unknown) => send("POST", GENERATE, { body }),
  };
}

Deno.test("signals come with the model, the date and the event", async () => {
  const { generate } = harness();
  const { status, json, headers } = await generate({
    symbols: ["SYNA", "SYNB", "SYNC"],
    as_of_date: "2025-06-27",
    top_n: 1,
    bottom_n: 1,
  });
  equal(status, 200);
  deepEqual(json, {
    signals: [
      {
        symbol: "SYNA",
        predicted_return: 0.02,
        score: 1,
        rank: 1,
        target_weight: 1,
      },
      {
        symbol: "SYNB",
        predicted_return: 0,
        score: 0,
        rank: 2,
        target_weight: 0,
      },
      {
        symbol: "SYNC",
        predicted_return: -0.02,
        score: -1,
        rank: 3,
        target_weight: -1,
      },
    ],
    metadata: {
      as_of_date: "2025-06-27",
      model_version: "v2",
      strategy: "alpha_baseline",
      num_signals: 3,
      generated_at: "2026-01-02T03:04:05.000Z",
      top_n: 1,
      bottom_n: 1,
      event: { id: "0196f0c2-0000-7000-8000-000000000001", position: 1 },
    },
  });
  equal(headers.get("x-holdfast-event"), null);
});

Deno.test("what is left out is left to the service", async () => {
  const asked: SignalRequest[] = [];
  const fake = createFakeSignals(createFakeClock());
  const { generate } = harness({
    generate(request, signal) {
      asked.push(request);
      return fake.generate(request, signal);
    },
  });
  await generate({ symbols: ["SYNA"] });
  deepEqual(asked, [{
    symbols: ["SYNA"],
    asOf: undefined,
    topN: undefined,
    bottomN: undefined,
    publish: undefined,
    user: undefined,
  }]);
});

Deno.test("what a user asks for is told as his, what the operator asks for as nobody's", async () => {
  const asked: unknown[] = [];
  const fake = createFakeSignals(createFakeClock());
  const { send } = createHarness({
    services: {
      signals: {
        ...fake,
        generate(request, signal) {
          asked.push(request.user);
          return fake.generate(request, signal);
        },
      },
    },
  });
  const path = "/api/v1/signals/generate";
  const body = { symbols: ["SYNA", "SYNB"] };
  await send("POST", path, { body, headers: { "x-user-id": "eve" } });
  await send("POST", path, { body });
  deepEqual(asked, ["eve", undefined]);
});

Deno.test("a request says whether the log is told", async () => {
  const asked: unknown[] = [];
  const fake = createFakeSignals(createFakeClock());
  const { generate } = harness({
    generate(request, signal) {
      asked.push(request.publish);
      return fake.generate(request, signal);
    },
  });
  await generate({ symbols: ["SYNA"], publish: false });
  await generate({ symbols: ["SYNA"], publish: true });
  deepEqual(asked, [false, true]);
  const { status, json } = await generate({ symbols: ["SYNA"], publish: 1 });
  equal(status, 400);
  equal(json.errors[0].path, "body.publish");
});

Deno.test("symbols are upper-cased", async () => {
  const { generate } = harness();
  const { json } = await generate({ symbols: ["syna", "Brk.b"] });
  deepEqual(
    json.signals.map((s: { symbol: string }) => s.symbol),
    ["SYNA", "BRK.B"],
  );
});

Deno.test("an event that could not be published is told of", async () => {
  const fake = createFakeSignals(createFakeClock());
  const { generate } = harness({
    async generate(request) {
      const run = await fake.generate(request);
      return { ...run, event: undefined, eventError: "Cannot publish" };
    },
  });
  const { status, json, headers } = await generate({ symbols: ["SYNA"] });
  equal(status, 200);
  equal(json.metadata.event, null);
  equal(headers.get("x-holdfast-event"), "unpublished");
});

Deno.test("events that are switched off are no fault", async () => {
  const fake = createFakeSignals(createFakeClock());
  const { generate } = harness({
    generate: async (request) => ({
      ...await fake.generate(request),
      event: undefined,
    }),
  });
  const { headers } = await generate({ symbols: ["SYNA"] });
  equal(headers.get("x-holdfast-event"), null);
});

Deno.test("a bad request is refused, naming what is wrong", async () => {
  const { generate } = harness();
  const cases: [body: unknown, path: string, message: RegExp][] = [
    [{}, "body.symbols", /^is required$/],
    [
      { symbols: "SYNA" },
      "body.symbols",
      /must be a list: current value is "S/,
    ],
    [{ symbols: [] }, "body.symbols", /at least 1 entry:/],
    [
      { symbols: [7] },
      "body.symbols[0]",
      /must be a string: current value is 7/,
    ],
    [{ symbols: [""] }, "body.symbols[0]", /Cannot use symbol ""/],
    [
      { symbols: ["A", "../x"] },
      "body.symbols[1]",
      /Cannot use symbol "\.\.\/x"/,
    ],
    [{ symbols: ["A/B"] }, "body.symbols[0]", /Cannot use symbol/],
    [{ symbols: ["A".repeat(33)] }, "body.symbols[0]", /Cannot use symbol/],
    [
      { symbols: ["a", "B", "A", "b"] },
      "body.symbols",
      /more than once: A, B$/,
    ],
    [
      { symbols: Array.from({ length: 1001 }, (_, i) => `S${i}`) },
      "body.symbols",
      /at most 1000 entries: current value is a list of 1001/,
    ],
    [
      { symbols: ["A"], top_n: -1 },
      "body.top_n",
      /at least 0: current value is -1/,
    ],
    [{ symbols: ["A"], top_n: 1.5 }, "body.top_n", /must be a whole number/],
    [{ symbols: ["A"], top_n: "1" }, "body.top_n", /must be a number: .*"1"/],
    [
      { symbols: ["A"], bottom_n: null },
      "body.bottom_n",
      /current value is null/,
    ],
    [
      { symbols: ["A"], as_of_date: "2025-02-30" },
      "body.as_of_date",
      /Cannot use date "2025-02-30"/,
    ],
    [
      { symbols: ["A"], as_of_date: 20250630 },
      "body.as_of_date",
      /must be a string/,
    ],
    [{ symbols: ["A"], topn: 1 }, "body.topn", /not known here/],
    [{ symbols: ["A"], __proto: 1 }, "body.__proto", /not known here/],
  ];
  for (const [body, path, message] of cases) {
    const { status, json, text } = await generate(body);
    equal(status, 400, text);
    equal(json.type, "urn:holdfast:problem:invalid");
    equal(json.errors[0].path, path);
    match(json.errors[0].message, message);
    ok(json.detail.includes(json.errors[0].message), json.detail);
  }
});

Deno.test("every fault is listed, up to twenty", async () => {
  const { generate } = harness();
  const two = await generate({ symbols: ["A", "a b"], top_n: -1, nope: 1 });
  deepEqual(
    two.json.errors.map((e: { path: string }) => e.path).sort(),
    ["body.nope", "body.symbols[1]", "body.top_n"],
  );
  match(two.json.detail, /\(and 2 more\)$/);
  const many = await generate({ symbols: Array(500).fill("a b") });
  equal(many.json.errors.length, 20);
  match(many.json.detail, /\(and 499 more\)$/);
});

Deno.test("what the service refuses has its status", async () => {
  const cases: [Error, number][] = [
    [new InvalidInput("Cannot choose 3 long"), 400],
    [new PortError("not_found", "Cannot find NOPE"), 404],
    [new PortError("corrupt", "Cannot read SYNA.parquet"), 422],
    [new PortError("quarantined", "Cannot use the bars of SYNA"), 422],
    [new PortError("unavailable", "Cannot generate without a model"), 503],
  ];
  for (const [error, expected] of cases) {
    const { generate } = harness({ generate: () => Promise.reject(error) });
    const { status, json } = await generate({ symbols: ["SYNA"] });
    equal(status, expected);
    equal(json.detail, error.message);
  }
});

Deno.test("the active model is described; without one it is 503", async () => {
  const { json } = await harness().send("GET", "/api/v1/model/info");
  deepEqual(json, {
    strategy: "alpha_baseline",
    version: "v2",
    activated_at: "2026-01-01T00:00:00.000Z",
    objective: "regression",
    num_trees: 100,
    num_features: 158,
  });
  const without = harness({ model: () => undefined });
  equal((await without.send("GET", "/api/v1/model/info")).status, 503);
});

Deno.test("a reload tells what it did", async () => {
  const path = "/api/v1/model/reload";
  const { json } = await harness().send("POST", path);
  deepEqual(json, {
    reloaded: true,
    version: "v2",
    previous_version: "v1",
    message: "Model v2 is active now",
  });

  const model = { info: MODEL, predict: () => 0 };
  const first = harness({
    reload: async () => ({ model, previous: undefined, changed: false }),
  });
  deepEqual((await first.send("POST", path)).json, {
    reloaded: false,
    version: "v2",
    message: "Model v2 is active still: there is no other",
  });
});

Deno.test("a model that cannot be used is not the client's mistake", async () => {
  const codes = [
    ["not_found", 503],
    ["corrupt", 422],
    ["invalid", 422],
  ] as const;
  for (const [code, expected] of codes) {
    const error = new PortError(code, "Cannot load model.txt");
    const { send } = harness({ reload: () => Promise.reject(error) });
    const { status, json } = await send("POST", "/api/v1/model/reload");
    equal(status, expected);
    equal(json.detail, "Cannot load model.txt");
    equal(json.version, "v2", "the model that stays");
  }
});
