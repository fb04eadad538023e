/**
 * Log lines without secrets, and metrics as Prometheus reads them.
 *
 * @module
 */
import { createMetrics } from "../../adapters/system/metrics.ts";
import {
  createSystemTelemetry,
  LOG_LEVELS,
} from "../../adapters/system/telemetry.ts";
import { METRICS } from "../../ports/telemetry.ts";
import type { LogFields, LogLevel } from "../../ports/telemetry.ts";
import golden from "../golden/metrics.txt" with { type: "text" };
import { deepEqual, equal, ok } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";

/** Telemetry whose lines are kept. */
function createWorld(
  format: "json" | "pretty" = "json",
  level: LogLevel = "debug",
) {
  const lines: string[] = [];
  const telemetry = createSystemTelemetry({
    clock: createFakeClock(),
    level,
    format,
    write: (line) => void lines.push(line),
  });
  return { lines, telemetry };
}

/** `message` and `fields` as a line in JSON has them. */
function logged(fields: LogFields, message = "hello") {
  const { lines, telemetry } = createWorld();
  telemetry.log("info", message, fields);
  const { time: _t, level: _l, ...rest } = JSON.parse(lines[0]!);
  return rest;
}

/** The line on a terminal, without its colours. */
function shown(fields: LogFields, message = "hello") {
  const { lines, telemetry } = createWorld("pretty");
  telemetry.log("info", message, fields);
  // deno-lint-ignore no-control-regex
  return lines[0]!.replaceAll(/\x1b\[\d+m/g, "");
}

Deno.test("log: a line is one JSON object with time, level and message first", () => {
  const { lines, telemetry } = createWorld();
  telemetry.log("warn", 'two\nlines of "text"', { n: 1, deep: { list: [1] } });
  telemetry.log("info", "no fields");
  deepEqual(lines, [
    '{"time":"2026-01-02T03:04:05.000Z","level":"warn","message":"two\\nlines of \\"text\\"","n":1,"deep":{"list":[1]}}',
    '{"time":"2026-01-02T03:04:05.000Z","level":"info","message":"no fields"}',
  ]);
});

Deno.test("log: a line for people is short, and coloured by level", () => {
  const { lines, telemetry } = createWorld("pretty");
  telemetry.log("warn", "careful", { symbol: "AAA", n: 1, none: undefined });
  deepEqual(lines, [
    '03:04:05.000 \x1b[33mwarn \x1b[0m careful symbol="AAA" n=1',
  ]);
});

Deno.test("log: the newest lines at warn and above are remembered, without secrets", () => {
  const { telemetry } = createWorld("pretty");
  telemetry.log("info", "nobody need look");
  telemetry.log("warn", "lost redis://me:hidden@host", {
    password: "x",
    n: 1n,
  });
  telemetry.log("error", "no fields");
  const at = Date.parse("2026-01-02T03:04:05.000Z");
  deepEqual(telemetry.recent(), [
    {
      at,
      level: "warn",
      message: "lost redis://[redacted]@host",
      fields: { password: "[redacted]", n: "1" },
    },
    { at, level: "error", message: "no fields", fields: {} },
  ]);
});

Deno.test("log: what is remembered is bounded, in lines and in length", () => {
  const { telemetry } = createWorld("json", "error");
  telemetry.log("warn", "not written, so not remembered");
  for (let i = 0; i < 250; i++) telemetry.log("error", `line ${i}`);
  const messages = () => telemetry.recent().map(({ message }) => message);
  deepEqual(
    messages(),
    Array.from({ length: 200 }, (_, i) => `line ${50 + i}`),
  );
  telemetry.log("error", "m".repeat(9000), { long: "x".repeat(9000) });
  equal(JSON.stringify(telemetry.recent().at(-1)).length < 4300, true);
  equal(messages()[0], "line 51");
});

Deno.test("log: a remembered line does not change with what was given", () => {
  const { telemetry } = createWorld();
  const fields: Record<string, unknown> = { n: 1 };
  telemetry.log("warn", "one", fields);
  fields.n = 2;
  fields.self = fields;
  telemetry.log("warn", "circular", fields);
  const [one, circular] = telemetry.recent();
  deepEqual(one!.fields, { n: 1 });
  ok(String(circular!.fields.unprintable).startsWith("TypeError"));
});

Deno.test("log: lines below the level are not written", () => {
  for (const [i, level] of LOG_LEVELS.entries()) {
    const { lines, telemetry } = createWorld("json", level);
    for (const each of LOG_LEVELS) telemetry.log(each, each);
    deepEqual(
      lines.map((line) => JSON.parse(line).level),
      LOG_LEVELS.slice(i),
    );
  }
});

Deno.test("log: what is undefined is left out, and a bigint is a text", () => {
  const none = { none: undefined, token: undefined };
  deepEqual(logged({ ...none, big: 2n ** 64n, nil: null }), {
    message: "hello",
    big: "18446744073709551616",
    nil: null,
  });
  equal(shown({ ...none, big: 7n }).endsWith('hello big="7"'), true);
});

const SECRET_NAMES = [
  "password",
  "dbPasswd",
  "PASSPHRASE",
  "client_secret",
  "token",
  "refreshToken",
  "Authorization",
  "apiKey",
  "api_key",
  "X-Api-Key",
  "credentials",
  "cookie",
  "private_key",
];

for (const name of SECRET_NAMES) {
  Deno.test(`log: the value of ${name} is never written, at any depth`, () => {
    const values = ["s3cret", ["s3cret"], { a: "s3cret" }, 77, null];
    for (const value of values) {
      const fields = { [name]: value, list: [{ deep: { [name]: value } }] };
      for (const line of [JSON.stringify(logged(fields)), shown(fields)]) {
        ok(!/s3cret|77|null/.test(line), line);
        equal(line.match(/\[redacted\]/g)?.length, 2);
      }
    }
  });
}

Deno.test("log: names that only look alike are written", () => {
  const fields = { key: "user:42", passed: 3, symbol: "AAA", path: "/x" };
  deepEqual(logged(fields), { message: "hello", ...fields });
});

const URLS = [
  ["redis://:s3cret@host:6379/0", "redis://[redacted]@host:6379/0"],
  ["postgres://me:s3cret@host/db", "postgres://[redacted]@host/db"],
  ["postgres://me:s3c@ret@host/db", "postgres://[redacted]@host/db"],
  ["postgres://me:s3c:ret@host", "postgres://[redacted]@host"],
  ["https://s3cret@sentry.example/1", "https://[redacted]@sentry.example/1"],
  [
    "from rediss://a:s3cret@h1 to postgres+ssl://b:s3cret@h2.",
    "from rediss://[redacted]@h1 to postgres+ssl://[redacted]@h2.",
  ],
] as const;

for (const [text, redacted] of URLS) {
  Deno.test(`log: ${redacted} has no credentials, wherever it stands`, () => {
    deepEqual(logged({ url: text, list: [{ a: text }] }, text), {
      message: redacted,
      url: redacted,
      list: [{ a: redacted }],
    });
    equal(
      shown({ url: text }, text).slice(19),
      `${redacted} url="${redacted}"`,
    );
  });
}

const SECRETS = [
  [
    "my_hf_ab12cd34ef56_c2VjcmV0-_x is off",
    "my_hf_ab12cd34ef56_[redacted] is off",
  ],
  [
    "key hf_ab12cd34ef56_c2VjcmV0-_x is off",
    "key hf_ab12cd34ef56_[redacted] is off",
  ],
  [
    "Authorization: Bearer abc.DEF-1~2+3/4==",
    "Authorization: Bearer [redacted]",
  ],
  ["basic dXNlcjpwYXNz!", "basic [redacted]!"],
  ["/x?api_key=abc&limit=3", "/x?api_key=[redacted]&limit=3"],
  ["/x?access_token=abc", "/x?access_token=[redacted]"],
  ["host=a password=s3cret user=b", "host=a password=[redacted] user=b"],
  ["AUTH_SECRET=0123456789", "AUTH_SECRET=[redacted]"],
] as const;

for (const [text, redacted] of SECRETS) {
  Deno.test(`log: ${redacted} tells no secret, wherever it stands`, () => {
    deepEqual(logged({ said: text, list: [{ a: text }] }, text), {
      message: redacted,
      said: redacted,
      list: [{ a: redacted }],
    });
    const line = shown({ said: text }, text);
    equal(line.slice(19), `${redacted} said="${redacted}"`);
  });
}

Deno.test("log: what only looks like a secret is written", () => {
  const texts = [
    "hf_log and hf:checkpoint",
    "the bearer of bad news",
    "token = x",
    "the password is wrong",
    "tokens=3",
  ];
  for (const text of texts) equal(logged({ text }).text, text);
});

Deno.test("log: what is no credentials in a URL is written", () => {
  const texts = [
    "http://127.0.0.1:8080/x?mail=a@b",
    "https://jsr.io/@std/path",
    "mail a@b about http://host:1/",
    "12:30 @ noon",
  ];
  for (const text of texts) equal(logged({ text }).text, text);
});

Deno.test("log: a long text costs little", () => {
  const texts = [
    ...["a", ":", "a:", "a@", "://", "x://a:"],
    ...["hf_", "hf_a_", "bearer ", " ", "password", "token=", "api_"],
  ];
  const fields = Object.fromEntries(
    texts.map((text, i) => [`f${i}`, text.repeat(1_000_000)]),
  );
  const began = performance.now();
  logged({ ...fields, nested: Object.values(fields) });
  ok(performance.now() - began < 5000);
});

Deno.test("log: what cannot be printed is no error of whoever logs it", () => {
  const circular: Record<string, unknown> = {};
  circular["self"] = circular;
  const thrower = {
    toJSON() {
      throw new TypeError("no");
    },
  };
  for (const fields of [{ circular }, { thrower }]) {
    equal(logged(fields).message, "hello");
    equal(shown(fields).includes("hello"), true);
  }
});

Deno.test("metrics: the exposition is what Prometheus reads", () => {
  const { telemetry } = createWorld();
  const route = { method: "GET", route: "/health" };
  telemetry.count("holdfast_http_requests_total", { ...route, status: "200" });
  telemetry.count("holdfast_http_requests_total", { ...route, status: "200" });
  telemetry.count("holdfast_http_requests_total", { ...route, status: "503" });
  for (const seconds of [0.0001, 0.0005, 0.25, 0.5, 8]) {
    telemetry.observe(
      "holdfast_http_request_duration_seconds",
      seconds,
      route,
    );
  }
  telemetry.observe("holdfast_http_request_duration_seconds", 1);
  telemetry.count("holdfast_feature_reads_total", { result: "hit" }, 5);
  telemetry.count("holdfast_feature_computations_total");
  telemetry.count("holdfast_port_errors_total", {
    port: 'a "quoted" \\ name\nof two lines',
    code: "full",
  });
  telemetry.gauge("holdfast_event_streams", 3);
  telemetry.gauge("holdfast_event_streams", 2);
  telemetry.gauge("holdfast_log_position", 9_007_199_254_740_991);
  equal(telemetry.exposition(), golden);
});

Deno.test("metrics: without a measurement every metric is described, and 0 where it has no labels", () => {
  const lines = createMetrics().exposition().trimEnd().split("\n");
  deepEqual(
    lines,
    Object.entries(METRICS).flatMap(([name, metric]) => [
      `# HELP ${name} ${metric.help}`,
      `# TYPE ${name} ${metric.kind}`,
      ..."isAlone" in metric ? [`${name} 0`] : [],
    ]),
  );
});

Deno.test("metrics: buckets are cumulative, and end with all", () => {
  const metrics = createMetrics();
  const name = "holdfast_http_request_duration_seconds";
  const values = [0, 0.0005, 0.00051, 0.3, 5, 5.1, 100];
  for (const value of values) metrics.observe(name, {}, value);
  const buckets = metrics.exposition().matchAll(/_bucket\{le="(.+)"\} (\d+)/g)
    .map((
      [, end, count],
    ) => [Number(end!.replace("+Inf", "Infinity")), Number(count)])
    .toArray();
  deepEqual(
    buckets,
    buckets.map(([end]) => [end, values.filter((v) => v <= end!).length]),
  );
  equal(buckets.at(-1)![0], Infinity);
});

Deno.test("metrics: labels that are frozen are the same series as others that say the same", () => {
  const metrics = createMetrics();
  const name = "holdfast_orders_total";
  const frozen = Object.freeze({ status: "filled" });
  const printed = () => metrics.exposition().match(/orders_total\{.*/g);
  metrics.add(name, frozen, 1);
  metrics.add(name, { status: "filled" }, 1);
  metrics.add(name, frozen, 1);
  deepEqual(printed(), ['orders_total{status="filled"} 3']);
  metrics.retain("status", new Set());
  equal(printed(), null);
  metrics.add(name, frozen, 1);
  deepEqual(printed(), ['orders_total{status="filled"} 1']);
});

Deno.test("metrics: who is asked when they are read tells them what is at that moment", () => {
  const { telemetry } = createWorld();
  let streams = 1;
  const stop = telemetry.onRead(() =>
    telemetry.gauge("holdfast_event_streams", streams)
  );
  const read = () =>
    /^holdfast_event_streams (.*)$/m.exec(telemetry.exposition())?.[1];
  equal(read(), "1");
  streams = 2;
  equal(read(), "2");
  stop();
  streams = 3;
  equal(read(), "2");
});

Deno.test("metrics: what is fast is told apart from what is faster", () => {
  const metrics = createMetrics();
  metrics.observe("holdfast_redis_call_seconds", {}, 0.0002);
  const text = metrics.exposition();
  ok(text.includes('redis_call_seconds_bucket{le="0.0001"} 0'));
  ok(text.includes('redis_call_seconds_bucket{le="0.00025"} 1'));
});

Deno.test("metrics: names follow the customs of Prometheus", () => {
  for (const [name, { kind, help }] of Object.entries(METRICS)) {
    ok(/^(holdfast|process)_[a-z_]+$/.test(name));
    equal(name.endsWith("_total"), kind === "counter");
    ok(!/[\\\n]/.test(help) && help.endsWith("."));
  }
});
