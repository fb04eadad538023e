import { createHoldfast, HoldfastError } from "../../src/client/mod.ts";
import { SYSTEM } from "../../src/client/surroundings.ts";
import {
  deepEqual,
  equal,
  match,
  ok,
  rejects,
  throws,
} from "../support/assert.ts";
import {
  answer,
  openClientWorld,
  problem,
  refused,
  type Responder,
  settle,
  silence,
} from "./client_world.ts";

/** Fails as `failures` say, one after another, then answers. */
function afterAll(...failures: readonly Responder[]): Responder {
  let made = 0;
  return (sent) => failures[made++]?.(sent) ?? answer({ results: [] });
}

const away: Responder = () => problem(503, "unavailable");

async function failureOf(work: Promise<unknown>): Promise<HoldfastError> {
  try {
    await work;
  } catch (error) {
    ok(error instanceof HoldfastError, String(error));
    return error;
  }
  throw new Error("It did not fail");
}

Deno.test("client: a read is made again, less often each time", async () => {
  const { holdfast, clock, sent } = openClientWorld(
    afterAll(away, refused, away),
  );
  await settle(clock, holdfast.signals.model());
  deepEqual(sent.map(({ atMs }) => atMs), [0, 100, 300, 700]);
});

Deno.test("client: it waits as long as the service asks for", async () => {
  const late = () => problem(503, "unavailable", { "Retry-After": "3" });
  const limited = () => problem(429, "rate-limited", { "Retry-After": "2" });
  const { holdfast, clock, sent } = openClientWorld(afterAll(late, limited));
  await settle(clock, holdfast.signals.model());
  deepEqual(sent.map(({ atMs }) => atMs), [0, 3000, 5000]);
});

Deno.test("client: what must wait beyond the deadline fails at once", async () => {
  const late = () => problem(503, "unavailable", { "Retry-After": "60" });
  const { holdfast, clock, sent } = openClientWorld(late);
  const error = await failureOf(settle(clock, holdfast.signals.model()));
  deepEqual([error.code, error.retryAfterMs], ["unavailable", 60_000]);
  equal(sent.length, 1);
  ok(clock.monotonic() <= 100);
});

Deno.test("client: jitter shortens a pause by up to one half", async () => {
  const times: number[] = [];
  const never = new AbortController();
  const holdfast = createHoldfast({}, {
    monotonic: () => 0,
    fraction: () => 0.5,
    uuid: () => "",
    // A deadline is waited for too, and never comes here.
    sleep: (ms, signal) => {
      if (ms === 10_000) return new Promise(() => {});
      times.push(ms);
      if (times.length === 3) never.abort();
      return signal?.aborted
        ? Promise.reject(signal.reason)
        : Promise.resolve();
    },
    fetch: () => Promise.resolve(problem(503, "unavailable")),
  });
  await rejects(holdfast.signals.model({ signal: never.signal }));
  deepEqual(times, [75, 150, 300]);
});

Deno.test("client: what may not be done twice is sent once", async () => {
  const { holdfast, clock, sent } = openClientWorld((request) =>
    request.method === "GET" ? answer({}, { ETag: '"1"' }) : away(request)
  );
  const order = { symbol: "A", side: "buy", qty: "1", order_type: "market" };
  const ref = { position: 1, token: "t" };
  const value = {} as never;
  const calls: Record<string, () => Promise<unknown>> = {
    put: () => holdfast.settings.put("scalp", value),
    patch: () => holdfast.settings.patch("scalp", value),
    update: () => holdfast.settings.update("scalp", (same) => same),
    generate: () => holdfast.signals.generate({ symbols: ["A"] }),
    submit: () => holdfast.orders.submit(order as never),
    cancel: () => holdfast.orders.cancel("x"),
    ack: () => holdfast.groups.ack("g", [ref]),
    nack: () => holdfast.groups.nack("g", [{ ...ref, error: "e" }]),
    extend: () => holdfast.groups.extend("g", [ref]),
    makeGroup: () => holdfast.groups.put("g"),
    anything: () => holdfast.call("POST", "/x"),
  };
  for (const [name, call] of Object.entries(calls)) {
    const before = sent.length;
    const { code, isInDoubt } = await failureOf(settle<unknown>(clock, call()));
    deepEqual([name, code, isInDoubt], [name, "unavailable", true]);
    const writes = sent.slice(before).filter(({ method }) => method !== "GET");
    equal(writes.length, 1, name);
  }
});

Deno.test("client: what names itself is sent again, with the same name", async () => {
  const { holdfast, clock, sent } = openClientWorld((() => {
    let calls = 0;
    return (request) =>
      ++calls % 2 === 1 ? away(request) : answer({ results: [] });
  })());
  const order = { symbol: "A", side: "buy", qty: "1", order_type: "market" };
  const calls = [
    holdfast.events.publish.bind(null, { event_type: "x", data: {} }),
    holdfast.events.publishAll.bind(null, [{ event_type: "x", data: {} }]),
    holdfast.orders.numbers.bind(null, {}),
    holdfast.orders.clientOrderId.bind(null, { type: "E", mode: "ULT" }),
    holdfast.orders.submit.bind(
      null,
      { ...order, client_order_id: "ULT-1" } as never,
    ),
    holdfast.features.batch.bind(null, ["A"], "2024-01-02"),
    holdfast.signals.generate.bind(null, { symbols: ["A"], publish: false }),
  ] as (() => Promise<unknown>)[];
  for (const call of calls) {
    const before = sent.length;
    await settle(clock, call());
    const [first, second, ...more] = sent.slice(before);
    equal(more.length, 0);
    deepEqual(second!.body, first!.body);
    const key = (request: typeof first) =>
      request!.headers.get("Idempotency-Key");
    equal(key(second), key(first));
  }
  const named = "00000000-0000-4000-8000-000000000001";
  equal((sent[0]!.body as { id: string }).id, named);
  ok(sent[4]!.headers.get("Idempotency-Key"));
});

Deno.test("client: a call ends at its deadline, whatever is under way", async () => {
  const { holdfast, clock } = openClientWorld(silence, { timeoutMs: 500 });
  const own = await failureOf(
    settle(clock, holdfast.signals.model({ timeoutMs: 200 })),
  );
  deepEqual([own.code, own.isTransient, own.isInDoubt], [
    "timeout",
    true,
    true,
  ]);
  ok(clock.monotonic() <= 300);
  match((await failureOf(settle(clock, holdfast.health()))).message, /500 ms/);
});

Deno.test("client: a late call tells what had failed before", async () => {
  const { holdfast, clock } = openClientWorld(afterAll(away, silence));
  const error = await failureOf(settle(clock, holdfast.signals.model()));
  match(
    error.message,
    /^Cannot wait longer than 10000 ms .*\(Cannot as unavailable\)$/,
  );
});

Deno.test("client: a signal ends a call with its reason", async () => {
  const { holdfast, clock, sent } = openClientWorld(silence);
  const stop = new AbortController();
  const work = holdfast.signals.model({ signal: stop.signal });
  await clock.advance(10);
  const reason = new Error("enough");
  stop.abort(reason);
  equal(await work.catch((error) => error), reason);
  equal(await holdfast.health({ signal: stop.signal }).catch((e) => e), reason);
  equal(sent.length, 1);
});

Deno.test("client: what will not pass is not asked for again", async () => {
  const { holdfast, clock, sent } = openClientWorld(() =>
    problem(404, "not-found")
  );
  const error = await failureOf(settle(clock, holdfast.orders.get("x")));
  deepEqual([error.code, error.isTransient], ["not-found", false]);
  equal(sent.length, 1);
});

Deno.test("client: errors carry the problem", async () => {
  const { holdfast, clock, sent } = openClientWorld(() =>
    problem(412, "version-conflict")
  );
  const work = holdfast.settings.put("scalp", {} as never, { ifMatch: '"7"' });
  const error = await failureOf(settle(clock, work));
  deepEqual(
    [error.message, error.code, error.status, error.problem?.request_id],
    ["Cannot as version-conflict", "version-conflict", 412, "r"],
  );
  deepEqual([error.isTransient, error.isInDoubt], [false, false]);
  equal(sent[0]!.headers.get("If-Match"), '"7"');
});

Deno.test("client: whatever else answers is found out", async () => {
  for (const status of [200, 404, 500]) {
    const { holdfast, clock } = openClientWorld(() =>
      new Response("<html>", { status })
    );
    const error = await failureOf(settle(clock, holdfast.signals.model()));
    deepEqual([error.code, error.status], ["not-holdfast", status]);
    match(error.message, /is the url right\?/);
  }
});

Deno.test("client: a network that fails is told with its own words", async () => {
  const { holdfast, clock } = openClientWorld(refused, {
    url: "http://holdfast.test/below",
    attempts: 2,
  });
  const error = await failureOf(settle(clock, holdfast.signals.model()));
  equal(error.code, "no-answer");
  equal(
    error.message,
    "Cannot reach Holdfast at http://holdfast.test: connection refused",
  );
});

Deno.test("client: that it cannot serve is an answer of health, a problem is not", async () => {
  const unhealthy = openClientWorld(() =>
    Response.json({ status: "unhealthy" }, { status: 503 })
  );
  const health = await settle(unhealthy.clock, unhealthy.holdfast.health());
  equal(health.status, "unhealthy");
  const closing = openClientWorld(away, { attempts: 1 });
  await failureOf(settle(closing.clock, closing.holdfast.ready()));
});

Deno.test("client: who asks is in headers, never in the address", async () => {
  const { holdfast, clock, sent } = openClientWorld(() => answer({}), {
    url: "https://holdfast.test/base",
    apiKey: "hf_abc_secret",
    user: "ann",
  });
  await settle(clock, holdfast.signals.model());
  await settle(clock, holdfast.as("bob").orders.positions());
  const [own, others] = sent;
  equal(own!.headers.get("Authorization"), "Bearer hf_abc_secret");
  equal(own!.headers.get("X-User-Id"), "ann");
  equal(others!.headers.get("X-User-Id"), "bob");
  equal(others!.headers.get("Authorization"), "Bearer hf_abc_secret");
  equal(own!.url.href, "https://holdfast.test/base/api/v1/model/info");
  ok(!sent.some(({ url }) => url.href.includes("secret")));
});

Deno.test("client: options that cannot be are refused without telling secrets", () => {
  const wrong = [
    { url: "holdfast" },
    { url: "ftp://holdfast.test" },
    { url: "http://u:hidden@holdfast.test" },
    { url: "http://holdfast.test/?key=hidden" },
    { apiKey: "hidden\nkey" },
    { apiKey: "" },
    { user: "a b" },
  ];
  for (const options of wrong) {
    throws(
      () => createHoldfast(options),
      ({ name, message }: Error) =>
        name === "TypeError" && /^Cannot use /.test(message) &&
        !message.includes("hidden"),
    );
  }
});

Deno.test("client: update reads again when it was overtaken, and gives up", async () => {
  let version = 1;
  let losses = 2;
  const { holdfast, clock, sent } = openClientWorld(({ method, headers }) => {
    const tag = `"${version}"`;
    if (method === "GET") return answer({ n: version }, { ETag: tag });
    equal(headers.get("If-Match"), tag);
    if (losses-- > 0) {
      version++;
      return problem(412, "version-conflict");
    }
    return answer({ n: version + 1 }, { ETag: `"${version + 1}"` });
  });
  const change = (value: unknown) => value as never;
  const done = await settle(clock, holdfast.settings.update("scalp", change));
  equal(done.etag, '"4"');
  deepEqual(
    sent.filter(({ method }) => method === "PUT").map(({ body }) => body),
    [{ n: 1 }, { n: 2 }, { n: 3 }],
  );
  losses = Infinity;
  const before = sent.length;
  await failureOf(settle(clock, holdfast.settings.update("scalp", change)));
  equal(sent.length - before, 20);
});

Deno.test("client: without an end to its wait a call is not over at once", async () => {
  for (const ms of [Infinity, 2 ** 31]) {
    const over = new AbortController();
    let isAwake = false;
    const sleeping = SYSTEM.sleep(ms, over.signal)
      .then(() => void (isAwake = true), () => {});
    await SYSTEM.sleep(20);
    equal(isAwake, false, `${ms}`);
    over.abort();
    await sleeping;
  }
});
