/**
 * What is refused of settings, and how: a row a mistake.
 *
 * @module
 */
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { defaultDocument, userSettings } from "../support/default_documents.ts";
import { openSettings, PATHS, PLACES } from "./settings_client.ts";

const SETTINGS = PATHS["settings:all"];
const SCALP = PATHS["mode:scalp"];
const BREAKER = PATHS.circuit_breaker;
const ALLOCATION = PATHS.capital_allocation;
const REENTRY = PATHS.scalp_reentry;

/** A request that is refused. */
interface Row {
  readonly what: string;
  readonly method?: "PUT" | "PATCH" | "POST";
  readonly path: string;
  /** A text is sent as it is. */
  readonly body: unknown;
  readonly status: number;
  /** The paths of all errors, and what is said of each. */
  readonly errors?: readonly (readonly [path: string, says: string])[];
  readonly detail?: RegExp;
  /** More members of the problem. */
  readonly facts?: Readonly<Record<string, unknown>>;
}

const PATCHES: readonly Omit<Row, "status">[] = [
  {
    what: "an unknown field",
    path: SCALP,
    body: { sltp: { stop_los_percent: 1 }, turbo: true },
    errors: [
      [
        "sltp.stop_los_percent",
        "is not known here: check its spelling or leave it out",
      ],
      ["turbo", "is not known here: check its spelling or leave it out"],
    ],
  },
  {
    what: "values of a wrong type",
    path: SCALP,
    body: {
      enabled: "true",
      sltp: { stop_loss_percent: "1.5", tp_allocation: 100 },
      size: { leverage: 2.5 },
      timeframe: { trend_timeframe: 15 },
      assignment: { expected_hold_min: 15 },
    },
    errors: [
      ["enabled", 'must be true or false: current value is "true"'],
      [
        "timeframe.trend_timeframe",
        'must be one of "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M": current value is 15',
      ],
      ["size.leverage", "must be a whole number: current value is 2.5"],
      ["sltp.stop_loss_percent", 'must be a number: current value is "1.5"'],
      [
        "sltp.tp_allocation",
        "must be a list of at most 4 numbers from 0 to 100: current value is 100",
      ],
      [
        "assignment.expected_hold_min",
        'must be a duration such as "90s", "15m", "4h", "3d", or "0": current value is 15',
      ],
    ],
  },
  {
    what: "null where there is no null",
    path: BREAKER,
    body: { enabled: null, max_daily_loss: null },
    errors: [
      ["enabled", "must be true or false: current value is null"],
      ["max_daily_loss", "must be a number: current value is null"],
    ],
  },
  {
    what: "a group that is no group",
    path: SCALP,
    body: { sltp: null, size: [1], risk: 7 },
    errors: [
      ["size", "must be an object: current value is [1]"],
      ["sltp", "must be an object: current value is null"],
      ["risk", "must be an object: current value is 7"],
    ],
  },
  {
    what: "a number beyond all doubles",
    path: BREAKER,
    body: '{"max_daily_loss":1e999,"max_loss_per_hour":-1e999}',
    errors: [
      ["max_loss_per_hour", "must be a number: current value is -Infinity"],
      ["max_daily_loss", "must be a number: current value is Infinity"],
    ],
  },
  {
    what: "values out of range",
    path: BREAKER,
    body: {
      max_loss_per_hour: 0,
      max_consecutive_losses: 101,
      min_win_rate: -0.1,
      win_rate_check_after: 10_001,
    },
    errors: [
      ["max_loss_per_hour", "must be at least 1: current value is 0"],
      ["max_consecutive_losses", "must be at most 100: current value is 101"],
      ["win_rate_check_after", "must be at most 10000: current value is 10001"],
      ["min_win_rate", "must be at least 0: current value is -0.1"],
    ],
  },
  {
    what: "take profits out of order",
    path: REENTRY,
    body: { tp1_percent: 0.9, tp2_percent: 0.8, tp3_percent: 0.7 },
    errors: [
      ["tp1_percent", "must be below tp2_percent: current values are 0.9, 0.8"],
      ["tp2_percent", "must be below tp3_percent: current values are 0.8, 0.7"],
    ],
  },
  {
    what: "a take profit not above the stop loss",
    path: SCALP,
    body: { sltp: { stop_loss_percent: 3 } },
    errors: [[
      "sltp.stop_loss_percent",
      "must be below sltp.take_profit_percent: current values are 3, 3",
    ]],
  },
  {
    what: "allocations that are not the whole",
    path: ALLOCATION,
    body: { scalp_percent: 30.2 },
    errors: [[
      "ultra_fast_percent",
      "must add up to 100 with scalp_percent, swing_percent, position_percent: current values are 20, 30.2, 35, 15",
    ]],
  },
  {
    what: "a dynamic stop loss that does not add up",
    path: REENTRY,
    body: { dynamic_sl_protect_pct: 61 },
    errors: [[
      "dynamic_sl_protect_pct",
      "must add up to 100 with dynamic_sl_max_loss_pct: current values are 61, 40",
    ]],
  },
  {
    what: "confidences out of order, a range and a sum, all at once",
    path: SCALP,
    body: {
      confidence: { min_confidence: 90, ultra_confidence: 101 },
      mtf: { primary_weight: 0.9 },
      sltp: { tp_allocation: [40, 40] },
    },
    errors: [
      [
        "confidence.ultra_confidence",
        "must be at most 100: current value is 101",
      ],
      ["sltp.tp_allocation", "must add up to 100: current value is [40,40]"],
      [
        "confidence.min_confidence",
        "must be below confidence.high_confidence: current values are 90, 75",
      ],
      [
        "mtf.primary_weight",
        "must add up to 1 with mtf.secondary_weight, mtf.tertiary_weight: current values are 0.9, 0.35, 0.25",
      ],
    ],
  },
  {
    what: "a time zone and a text that are none",
    path: SETTINGS,
    body: {
      trading: { global_trading: { timezone: "Mars/Olympus" } },
      custom: [1],
    },
    errors: [
      [
        "trading.global_trading.timezone",
        'must be a time zone such as "UTC" or "Europe/Berlin": current value is "Mars/Olympus"',
      ],
      ["custom", "must be an object: current value is [1]"],
    ],
  },
  {
    what: "a number under custom that would lose digits",
    path: SETTINGS,
    body: '{"custom":{"a":[{"n":9007199254740993}]}}',
    errors: [[
      "custom.a.0.n",
      "must not be a whole number beyond 9007199254740991, not even one such as 1e22, as its digits could get lost: give it as a text",
    ]],
  },
];

const ROWS: readonly Row[] = [
  ...PATCHES.map((row): Row => ({ ...row, method: "PATCH", status: 422 })),
  {
    what: "an unknown mode",
    path: "/api/futures/ginie/modes/turbo",
    body: {},
    status: 404,
    detail:
      /^Cannot find mode "turbo" as there are ultra, scalp, swing, position only$/,
    facts: { modes: ["ultra", "scalp", "swing", "position"] },
  },
  {
    what: "a part that breaks a rule, by the paths of what was sent",
    method: "PUT",
    path: `${SETTINGS}/notifications`,
    body: {},
    status: 422,
    errors: Object.keys(defaultDocument("settings:all").notifications)
      .map((name) => [name, "is required"]),
  },
  {
    what: "a part that has a wrong value, by its path in what was sent",
    method: "PATCH",
    path: `${SETTINGS}/trading`,
    body: { global_trading: { timezone: "Mars" }, turbo: 1 },
    status: 422,
    errors: [
      [
        "global_trading.timezone",
        'must be a time zone such as "UTC" or "Europe/Berlin": current value is "Mars"',
      ],
      ["turbo", "is not known here: check its spelling or leave it out"],
    ],
  },
  ...[
    [SETTINGS, "PATCH", '{"custom":', 5001],
    ["/api/admin/defaults", "PUT", '{"a":', 20_000],
    [SCALP, "PUT", "[", 20_000],
  ].map(([path, method, open, levels]): Row => ({
    what: `${levels} levels of nesting at ${method} ${path}`,
    method: method as "PUT",
    path: path as string,
    body: `${open}${'{"a":'.repeat(Number(levels))}1${
      "}".repeat(Number(levels))
    }${open === "[" ? "]" : "}"}`,
    status: 400,
    errors: [["body", "is nested more than 64 levels deep"]],
    detail: /^Cannot accept the body as it is nested more than 64 levels deep$/,
  })),
  {
    what: "a mode in capitals",
    method: "PATCH",
    path: "/api/futures/ginie/modes/Scalp",
    body: {},
    status: 404,
    detail: /as there are ultra, scalp, swing, position only$/,
  },
  ...["__proto__", "constructor", "toString"].map((name): Row => ({
    what: `the mode ${name}`,
    path: `/api/futures/ginie/modes/${name}`,
    body: {},
    status: 404,
  })),
  {
    what: "NaN",
    path: BREAKER,
    body: '{"max_daily_loss": NaN}',
    status: 400,
    errors: [["body", "is not JSON at line 1, column 20"]],
    detail: /at line 1, column 20 stands "N" instead of a value$/,
  },
  {
    what: "an empty body",
    path: BREAKER,
    body: "",
    status: 400,
    detail: /it is empty: JSON is expected$/,
  },
  {
    what: "a whole document of which a group is missing",
    path: SCALP,
    body: (() => {
      const { sltp: _, ...rest } = defaultDocument("mode:scalp");
      return rest;
    })(),
    status: 422,
    errors: [["sltp", "is required"]],
  },
  {
    what: "a whole document without anything",
    path: ALLOCATION,
    body: {},
    status: 422,
    errors: Object.keys(defaultDocument("capital_allocation"))
      .map((name) => [name, "is required"]),
  },
  {
    what: "an unknown question",
    path: `${BREAKER}?mode=scalp`,
    body: defaultDocument("circuit_breaker"),
    status: 400,
    errors: [[
      "query.mode",
      "is not known here: check its spelling or leave it out",
    ]],
  },
];

for (const { what, method = "PUT", path, body, status, ...says } of ROWS) {
  Deno.test(`refused with ${status}: ${what}`, async () => {
    const { get, harness } = openSettings();
    await get(SCALP);
    const reply = await harness.send(method, path, { body });
    equal(reply.status, status, reply.text);
    const { errors, detail, facts = {} } = says;
    for (const [name, fact] of Object.entries(facts)) {
      deepEqual(reply.json[name], fact);
    }
    if (errors) {
      deepEqual(
        reply.json.errors,
        errors.map(([path, message]) => ({ path, message })),
      );
    }
    if (detail) match(reply.json.detail, detail);
    // Whatever was refused, nothing was written.
    const { json } = await harness.send("GET", "/api/v1/events?after=9");
    deepEqual(json.events, []);
  });
}

Deno.test("a body that is no object is refused for every document", async () => {
  const { harness } = openSettings();
  for (const [, path] of PLACES) {
    for (const method of ["PUT", "PATCH"]) {
      for (const body of ["[]", "null", '"x"', "1", "true"]) {
        const reply = await harness.send(method, path, { body });
        equal(reply.status, 422, `${method} ${path} ${body}`);
        match(reply.json.detail, /it must be an object/);
      }
    }
  }
});

Deno.test("of very many faults every one of a field is told, of unknown names fifty", async () => {
  const { put } = openSettings();
  const wrong = Object.fromEntries(
    Object.keys(defaultDocument("scalp_reentry")).map((name) => [name, {}]),
  );
  const { json } = await put(REENTRY, wrong);
  equal(json.errors.length, 54);
  const names = Object.fromEntries(
    Array.from({ length: 200 }, (_, i) => [`x${i}`, i]),
  );
  const reply = await put(BREAKER, {
    ...defaultDocument("circuit_breaker"),
    ...names,
    ["y".repeat(500)]: 1,
  });
  equal(reply.json.errors.length, 51);
  equal(reply.json.errors[50].message, "has 151 more names that are not known");
  ok(reply.text.length < 10_000);
});

Deno.test("settings of more than 1 MiB are kept, of more than 5 MiB refused", async () => {
  const { get, put, patch } = openSettings();
  const mib = (n: number) => userSettings({ text: "x".repeat(n * 2 ** 20) });
  for (const size of [1.5, 4.75]) {
    const { status } = await put(SETTINGS, mib(size));
    equal(status, 200);
    equal((await get(SETTINGS)).text, JSON.stringify(mib(size)));
    const changed = await patch(SETTINGS, {
      notifications: { enabled: false },
    });
    equal(changed.status, 200);
    equal(changed.json.custom.text.length, size * 2 ** 20);
  }
  const before = (await get(SETTINGS)).headers.get("etag");
  const { status, json } = await put(SETTINGS, mib(5));
  equal(status, 413);
  match(json.detail, /larger than 5242880 bytes$/);
  equal((await get(SETTINGS)).headers.get("etag"), before);
});

Deno.test("a document cannot grow beyond 5 MiB piece by piece", async () => {
  const { get, patch } = openSettings();
  const piece = "x".repeat(2 ** 21);
  equal((await patch(SETTINGS, { custom: { a: piece } })).status, 200);
  equal((await patch(SETTINGS, { custom: { b: piece } })).status, 200);
  const { status, json } = await patch(SETTINGS, { custom: { c: piece } });
  equal(status, 413);
  match(json.detail, /would be larger than 5242880 bytes: remove something/);
  deepEqual(Object.keys((await get(SETTINGS)).json.custom), ["a", "b"]);
  const smaller = { custom: { a: null, c: piece } };
  equal((await patch(SETTINGS, smaller)).status, 200);
});
