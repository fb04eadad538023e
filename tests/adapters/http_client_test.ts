/**
 * Another process, asked over HTTP: what its answers, its problems and its
 * silence become.
 *
 * @module
 */
import { createHttpClient } from "../../adapters/http/client.ts";
import { createHttpOrderEntry } from "../../adapters/http/order_entry.ts";
import { createHttpSignalSource } from "../../adapters/http/signal_source.ts";
import { createSystemClock } from "../../adapters/system/clock.ts";
import { formatDecimal, ONE } from "../../domain/decimal.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { parseUserId } from "../../domain/user_id.ts";
import type { WantedOrder } from "../../ports/order_entry.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";

const ANN = parseUserId("ann");
const clock = createSystemClock();

type Handler = (request: Request) => Response | Promise<Response>;

/** A server that answers as `handler` does. */
function serve(
  handler: Handler,
  most: { readonly timeoutMs?: number; readonly maxBytes?: number } = {},
) {
  const server = Deno.serve({ port: 0, onListen: () => {} }, handler);
  const url = `http://127.0.0.1:${server.addr.port}/`;
  const client = createHttpClient({ name: "gateway", url, clock, ...most });
  return { client, [Symbol.asyncDispose]: () => server.shutdown() };
}

const get = { method: "GET", path: "/x" } as const;

Deno.test("a question carries the user and the body, an answer its status", async () => {
  let seen: unknown;
  await using server = serve(async (request) => {
    const { method, url, headers } = request;
    seen = [
      method,
      new URL(url).pathname,
      headers.get("x-user-id"),
      await request.json(),
    ];
    return Response.json({ a: 1 }, { status: 201 });
  });
  const question = {
    method: "POST",
    path: "/x",
    user: ANN,
    body: { b: 2 },
  } as const;
  deepEqual(await server.client.ask(question), {
    status: 201,
    json: { a: 1 },
    isReplayed: false,
  });
  deepEqual(seen, ["POST", "/x", "ann", { b: 2 }]);
});

Deno.test("a problem of ours is the error that it was there", async () => {
  await using server = serve(() =>
    Response.json(
      { type: "urn:holdfast:problem:version-conflict", detail: "Cannot" },
      { status: 412 },
    )
  );
  const expected = {
    name: "PortError",
    code: "version_conflict",
    message: "Cannot",
  };
  await rejects(server.client.ask(get), expected);
});

Deno.test("the facts of a problem are those that it was thrown with", async () => {
  const facts = { retryAfterMs: 1500, run_id: "r", differences: ["a", "b"] };
  await using server = serve(() =>
    Response.json({
      ...facts,
      type: "urn:holdfast:problem:unavailable",
      title: "Not available now",
      status: 503,
      detail: "Cannot",
      instance: "/x",
      request_id: "q",
      errors: ["none of the facts"],
      odd: { not: "a fact" },
      mixed: [1, "a"],
    }, { status: 503 })
  );
  await rejects(server.client.ask(get), { code: "unavailable", facts });
});

Deno.test("a service that is closing is away: none of our own ports is closed", async () => {
  await using server = serve(() =>
    Response.json(
      { type: "urn:holdfast:problem:closed", detail: "Cannot" },
      { status: 503 },
    )
  );
  await rejects(server.client.ask(get), { code: "unavailable" });
});

Deno.test("an answer that is too long is not read to its end", async () => {
  let sent = 0;
  const stopped = Promise.withResolvers<void>();
  await using server = serve(
    () =>
      new Response(
        new ReadableStream({
          pull: (stream) => {
            sent += 1024;
            stream.enqueue(new TextEncoder().encode(" ".repeat(1024)));
          },
          cancel: () => stopped.resolve(),
        }),
      ),
    { maxBytes: 4096 },
  );
  await rejects(server.client.ask(get), { code: "corrupt" });
  await stopped.promise;
  ok(sent < 10 * 1024 * 1024, `${sent} bytes were sent`);
});

Deno.test("an answer of just as many bytes is read, whole letters wherever it is cut", async () => {
  const text = JSON.stringify({ text: "ü€😀".repeat(10_000) });
  const bytes = new TextEncoder().encode(text);
  await using fits = serve(() => new Response(bytes), {
    maxBytes: bytes.length,
  });
  deepEqual((await fits.client.ask(get)).json, JSON.parse(text));
  await using over = serve(() => new Response(bytes), {
    maxBytes: bytes.length - 1,
  });
  await rejects(over.client.ask(get), { code: "corrupt" });
});

for (
  const [status, code] of [
    [429, "unavailable"],
    [502, "unavailable"],
    [
      504,
      "timeout",
    ],
    [500, "timeout"],
    [404, "corrupt"],
    [200, "corrupt"],
  ] as const
) {
  Deno.test(`an answer ${status} of somebody else is ${code}`, async () => {
    await using server = serve(() => new Response("<html>", { status }));
    await rejects(server.client.ask(get), { name: "PortError", code });
  });
}

Deno.test("where nobody listens nothing was sent; where the answer is lost nobody knows", async () => {
  const left = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const there = `http://127.0.0.1:${(left.addr as Deno.NetAddr).port}`;
  left.close();
  const nobody = createHttpClient({ name: "gateway", url: there, clock });
  await rejects(nobody.ask(get), { code: "unavailable" });

  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const closing = (async () => {
    const connection = await listener.accept();
    await connection.read(new Uint8Array(1024));
    connection.close();
  })();
  const url = `http://127.0.0.1:${port}`;
  const silent = createHttpClient({ name: "gateway", url, clock });
  await rejects(silent.ask(get), { code: "timeout" });
  await closing;
  listener.close();
});

Deno.test("who does not answer in time has timed out; who has gone hears his own reason", async () => {
  const held = Promise.withResolvers<void>();
  await using server = serve(async () => {
    await held.promise;
    return Response.json({});
  }, { timeoutMs: 20 });
  await rejects(server.client.ask(get), { code: "timeout" });
  const gone = new AbortController();
  const asking = server.client.ask(get, gone.signal);
  gone.abort(new Error("gone"));
  await rejects(asking, { message: "gone" });
  held.resolve();
});

const ORDER = {
  client_order_id: "X-1",
  status: "partially_filled",
  broker_order_id: "B-1",
  symbol: "AAPL",
  side: "buy",
  qty: "1.5",
  order_type: "limit",
  limit_price: "100.25",
  stop_price: null,
  time_in_force: "gtc",
  reduce_only: false,
  filled_qty: "0.5",
  filled_value: "50",
  commission: "0.01",
  reason: null,
  strategy_id: "s",
  run_id: "r",
  created_at: "2026-01-02T03:04:05.678Z",
  updated_at: "2026-01-02T03:04:06.000Z",
};

Deno.test("an order goes there and comes back as it is", async () => {
  let body: Record<string, unknown> = {};
  let headers: HeadersInit = { "Idempotency-Replayed": "false" };
  await using server = serve(async (request) => {
    body = await request.json();
    return Response.json(ORDER, { status: 201, headers });
  });
  const entry = createHttpOrderEntry(server.client);
  const wanted: WantedOrder = {
    id: "X-1",
    symbol: parseSymbol("AAPL"),
    side: "buy",
    qty: ONE * 3n / 2n,
    kind: "limit",
    limitPrice: ONE * 401n / 4n,
    timeInForce: "gtc",
    reduceOnly: false,
    strategyId: "s",
    runId: "r",
  };
  const { order, isRepeat } = await entry.submit(ANN, wanted);
  equal(isRepeat, false);
  const { filled_qty: _, filled_value: __, ...told } = ORDER;
  for (const name of Object.keys(body)) {
    equal(body[name], told[name as keyof typeof told], name);
  }
  equal(
    Object.keys(body).length,
    10,
    "no stop price is sent where there is none",
  );
  equal(formatDecimal(order.filledValue), "50");
  equal(order.user, ANN);
  equal(order.updatedAt, Date.UTC(2026, 0, 2, 3, 4, 6));
  // Whether it was there before the header tells, whatever the status.
  headers = { "Idempotency-Replayed": "true" };
  equal((await entry.submit(ANN, wanted)).isRepeat, true);
});

Deno.test("a cancellation asks for that order, and gives it as it is then", async () => {
  let asked = "";
  let answer = Response.json({ ...ORDER, status: "pending_cancel" }, {
    status: 202,
  });
  await using server = serve((request) => {
    asked = `${request.method} ${new URL(request.url).pathname}`;
    return answer;
  });
  const entry = createHttpOrderEntry(server.client);
  equal((await entry.cancel(ANN, "X/1")).status, "pending_cancel");
  equal(asked, "DELETE /api/v1/orders/X%2F1");
  answer = Response.json(
    { type: "urn:holdfast:problem:not-found", detail: "Cannot" },
    { status: 404 },
  );
  await rejects(entry.cancel(ANN, "X-1"), { code: "not_found" });
});

Deno.test("an order that is not there is none; an answer out of shape is refused by name", async () => {
  let answer = Response.json(
    { type: "urn:holdfast:problem:not-found", detail: "Cannot" },
    { status: 404 },
  );
  await using server = serve(() => answer);
  const entry = createHttpOrderEntry(server.client);
  equal(await entry.find(ANN, "X-1"), undefined);
  answer = Response.json({ ...ORDER, qty: "much" });
  await rejects(entry.find(ANN, "X-1"), { code: "corrupt", message: /qty/ });
  answer = Response.json({ positions: [{}] });
  await rejects(entry.positions(ANN), { code: "corrupt" });
});

Deno.test("a symbol that is none is not taken for one", async () => {
  await using server = serve(() => Response.json({ ...ORDER, symbol: "a/b" }));
  const entry = createHttpOrderEntry(server.client);
  await rejects(entry.find(ANN, "X-1"), { code: "corrupt", message: /symbol/ });
});

/** What is wrong with an answer to a question for AAPL and MSFT. */
const WRONG_SIGNALS: readonly (readonly [
  what: string,
  why: RegExp,
  signals: readonly Readonly<Record<string, unknown>>[],
  metadata?: Readonly<Record<string, unknown>>,
])[] = [
  ["one is missing", /one of each of the 2 symbols/, [{ symbol: "AAPL" }]],
  ["one is there twice", /one of each/, [
    { symbol: "AAPL" },
    { symbol: "AAPL" },
  ]],
  ["one was not asked for", /one of each/, [
    { symbol: "AAPL" },
    { symbol: "TSLA" },
  ]],
  ["one is no symbol", /signals.1.symbol/, [{}, { symbol: "ms ft" }]],
  ["one is not written as here", /signals.1.symbol/, [{}, { symbol: "msft" }]],
  ["a weight is above 1", /signals.0.target_weight/, [
    { target_weight: 1e31 },
    { symbol: "MSFT" },
  ]],
  ["a weight is below -1", /signals.0.target_weight/, [
    { target_weight: -1.01 },
    { symbol: "MSFT" },
  ]],
  ["the date is none", /as_of_date/, [{}, { symbol: "MSFT" }], {
    as_of_date: "2026-02-30",
  }],
];

const SIGNAL = {
  symbol: "AAPL",
  predicted_return: 0.01,
  score: 0.5,
  rank: 1,
  target_weight: 1,
};
const METADATA = {
  as_of_date: "2026-01-02",
  model_version: "m",
  strategy: "s",
  top_n: 1,
  bottom_n: 0,
};

for (const [what, why, signals, metadata] of WRONG_SIGNALS) {
  Deno.test(`signals of which ${what} are not acted on`, async () => {
    await using server = serve(() =>
      Response.json({
        signals: signals.map((one) => ({ ...SIGNAL, ...one })),
        metadata: { ...METADATA, ...metadata },
      })
    );
    const source = createHttpSignalSource(server.client);
    const symbols = ["AAPL", "MSFT"].map(parseSymbol);
    await rejects(source.signals({ symbols }), {
      code: "corrupt",
      message: why,
    });
  });
}

Deno.test("signals come back as they are", async () => {
  let body: unknown;
  await using server = serve(async (request) => {
    body = await request.json();
    return Response.json({ signals: [SIGNAL], metadata: METADATA });
  });
  const source = createHttpSignalSource(server.client);
  const symbols = [parseSymbol("AAPL")];
  const set = await source.signals({ symbols, publish: false });
  deepEqual(body, { symbols, publish: false });
  deepEqual(set, {
    signals: [{
      symbol: symbols[0],
      predictedReturn: 0.01,
      score: 0.5,
      rank: 1,
      targetWeight: 1,
    }],
    asOf: "2026-01-02",
    strategyId: "s",
    modelVersion: "m",
    topN: 1,
    bottomN: 0,
  });
});
