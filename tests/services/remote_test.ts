/**
 * Calls of other processes: which are repeated, after how long, and how the
 * others are.
 *
 * @module
 */
import { createHttpClient } from "../../adapters/http/client.ts";
import { createHttpOrderEntry } from "../../adapters/http/order_entry.ts";
import { createHttpSignalSource } from "../../adapters/http/signal_source.ts";
import { createSystemClock } from "../../adapters/system/clock.ts";
import { ONE } from "../../domain/decimal.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { parseUserId } from "../../domain/user_id.ts";
import type { Clock } from "../../ports/clock.ts";
import type { OrderEntry, WantedOrder } from "../../ports/order_entry.ts";
import { PortError, type PortErrorCode } from "../../ports/port_error.ts";
import type { SignalSource } from "../../ports/signal_source.ts";
import { createRemoteHealth } from "../../src/services/health_remotes.ts";
import {
  createPatientOrders,
  createPatientSignals,
} from "../../src/services/remote.ts";
import {
  deepEqual,
  equal,
  notDeepEqual,
  ok,
  rejects,
} from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";

const ANN = parseUserId("ann");
const SYMBOLS = [parseSymbol("AAA")];
const ORDER: WantedOrder = {
  id: "R-1",
  symbol: SYMBOLS[0]!,
  side: "buy",
  qty: ONE,
  kind: "market",
  timeInForce: "day",
  reduceOnly: false,
  strategyId: "s",
};

/** A clock on which waiting takes no time of ours, and what was waited. */
function createQuickClock() {
  const clock = createFakeClock();
  const pauses: number[] = [];
  let elapsed = 0;
  return {
    ...clock,
    pauses,
    monotonic: () => elapsed,
    /** Lets time pass while a call is under way. */
    pass: (ms: number) => void (elapsed += ms),
    async sleep(ms: number) {
      pauses.push(ms);
      elapsed += ms;
    },
  } satisfies Clock & Record<string, unknown>;
}

/** Ports whose calls fail with `code`, each after `tookMs`. */
function createFailing(code: PortErrorCode, { tookMs = 0, seed = 1 } = {}) {
  const clock = createQuickClock();
  const calls: unknown[][] = [];
  const entropy = createSeededEntropy(seed);
  const fail = (...args: unknown[]) => {
    calls.push(args.filter((arg) => arg !== undefined));
    clock.pass(tookMs);
    return Promise.reject(new PortError(code, `Cannot as it is ${code}`));
  };
  const entry: OrderEntry = {
    submit: fail,
    find: fail,
    cancel: fail,
    positions: fail,
  };
  const source: SignalSource = { signals: fail };
  return {
    clock,
    calls,
    orders: createPatientOrders(entry, { clock, entropy }),
    signals: createPatientSignals(source, { clock, entropy }),
  };
}

type Failing = ReturnType<typeof createFailing>;

const SAFE: Readonly<Record<string, (to: Failing) => Promise<unknown>>> = {
  "an order, which is entered once under its id": ({ orders }) =>
    orders.submit(ANN, ORDER),
  "a look for an order": ({ orders }) => orders.find(ANN, "R-1"),
  "a cancellation": ({ orders }) => orders.cancel(ANN, "R-1"),
  "a look at positions": ({ orders }) => orders.positions(ANN),
  "signals that the log is not told of": ({ signals }) =>
    signals.signals({ symbols: SYMBOLS, publish: false }),
};

for (const [what, call] of Object.entries(SAFE)) {
  for (const code of ["unavailable", "timeout"] as const) {
    Deno.test(`${what}: tried three times where it is ${code}, each time the same`, async () => {
      const failing = createFailing(code);
      await rejects(call(failing), { name: "PortError", code });
      equal(failing.calls.length, 3);
      deepEqual(failing.calls[1], failing.calls[0]);
      deepEqual(failing.calls[2], failing.calls[0]);
    });
  }

  Deno.test(`${what}: not repeated where it is refused`, async () => {
    for (const code of ["conflict", "invalid", "corrupt"] as const) {
      const failing = createFailing(code);
      await rejects(call(failing), { code });
      equal(failing.calls.length, 1);
    }
  });

  Deno.test(`${what}: who has waited for a deadline does not wait for another one`, async () => {
    const failing = createFailing("timeout", { tookMs: 30_000 });
    await rejects(call(failing), { code: "timeout" });
    equal(failing.calls.length, 1);
    deepEqual(failing.clock.pauses, []);
  });
}

Deno.test("signals that the log is told of are asked for once, as it would be told twice", async () => {
  for (const publish of [true, undefined]) {
    const failing = createFailing("timeout");
    const request = { symbols: SYMBOLS, publish };
    await rejects(failing.signals.signals(request), { code: "timeout" });
    equal(failing.calls.length, 1);
  }
});

Deno.test("an order without an id is sent once: after midnight in UTC it would be another one", async () => {
  const { id: _, ...nameless } = ORDER;
  for (const code of ["unavailable", "timeout"] as const) {
    const failing = createFailing(code);
    await rejects(failing.orders.submit(ANN, nameless), { code });
    equal(failing.calls.length, 1);
  }
});

Deno.test("pauses double, and those who failed together do not come back together", async () => {
  const seen: number[][] = [];
  for (let seed = 0; seed < 20; seed++) {
    const { orders, clock } = createFailing("unavailable", { seed });
    await rejects(orders.positions(ANN));
    const [first, second] = clock.pauses as [number, number];
    ok(first > 10 - 1e-9 && first <= 20, `${first}`);
    ok(second > 20 - 1e-9 && second <= 40, `${second}`);
    seen.push(clock.pauses);
  }
  for (const pauses of seen.slice(1)) notDeepEqual(pauses, seen[0]);
});

Deno.test("a call that succeeds when it is repeated has succeeded", async () => {
  let calls = 0;
  const source: SignalSource = {
    async signals() {
      if (++calls < 3) throw new PortError("unavailable", "Cannot yet");
      return { ...SET };
    },
  };
  const pacing = { clock: createQuickClock(), entropy: createSeededEntropy() };
  const patient = createPatientSignals(source, pacing);
  const request = { symbols: SYMBOLS, publish: false };
  deepEqual(await patient.signals(request), SET);
  equal(calls, 3);
});

const SET: Awaited<ReturnType<SignalSource["signals"]>> = {
  signals: [],
  asOf: "2026-01-02" as never,
  strategyId: "s",
  modelVersion: "m",
  topN: 0,
  bottomN: 0,
};

/** A server that takes requests and keeps its callers waiting. */
function serveHanging(begin?: (request: Request) => Response) {
  let asked = 0;
  const first = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const options = { port: 0, hostname: "127.0.0.1", onListen: () => {} };
  const server = Deno.serve(options, async (request) => {
    asked++;
    first.resolve();
    if (begin) return begin(request);
    await end.promise;
    return new Response();
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    asked: () => asked,
    isAsked: first.promise,
    async [Symbol.asyncDispose]() {
      end.resolve();
      await server.shutdown();
    },
  };
}

const clock = createSystemClock();
const turn = () => new Promise((resolve) => setTimeout(resolve, 1));

Deno.test("a signal service that hangs costs one deadline of 30 s, not three", async () => {
  await using hanging = serveHanging();
  const { url } = hanging;
  const clock = createFakeClock();
  const client = createHttpClient({ name: "signal service", url, clock });
  const source = createHttpSignalSource(client);
  const pacing = { clock, entropy: createSeededEntropy() };
  const patient = createPatientSignals(source, pacing);
  let isOver = false;
  const asking = patient.signals({ symbols: SYMBOLS, publish: false })
    .finally(() => isOver = true);
  const refused = rejects(asking, {
    code: "timeout",
    message:
      "Cannot tell what the signal service did as its answer is missing: ask again",
  });
  await hanging.isAsked;
  await clock.advance(29_999);
  equal(isOver, false);
  await clock.advance(1);
  for (let i = 0; i < 100 && !isOver; i++) await turn();
  equal(isOver, true);
  await refused;
  equal(hanging.asked(), 1);
});

Deno.test("an answer that begins and never ends is late, too", async () => {
  const closed = new AbortController();
  await using hanging = serveHanging(() =>
    new Response(
      new ReadableStream({
        start: (stream) => {
          stream.enqueue(new TextEncoder().encode('{"signals":['));
          closed.signal.addEventListener("abort", () => stream.close());
        },
      }),
    )
  );
  const { url } = hanging;
  const client = createHttpClient({ name: "x", url, clock, timeoutMs: 50 });
  const source = createHttpSignalSource(client);
  await rejects(source.signals({ symbols: SYMBOLS }), { code: "timeout" });
  closed.abort();
});

Deno.test("an order whose answer nobody understands may have been entered: it is not given up", async () => {
  for (const [status, body] of [[201, {}], [404, "no"], [403, {}]] as const) {
    await using other = serveHanging(() => Response.json(body, { status }));
    const { url } = other;
    const client = createHttpClient({ name: "gateway", url, clock });
    const entry = createHttpOrderEntry(client);
    await rejects(entry.submit(ANN, ORDER), { code: "timeout" });
    await rejects(entry.positions(ANN), { code: "corrupt" });
  }
});

Deno.test("other processes are looked at together, once a second at most", async () => {
  const clock = createFakeClock();
  const looks = { signalService: 0, executionGateway: 0 };
  const gateway = Promise.withResolvers<boolean>();
  const health = createRemoteHealth({
    signalService: async () => ++looks.signalService > 1,
    executionGateway: () => (looks.executionGateway++, gateway.promise),
  }, clock);
  const both = Promise.all([health.check(), health.check()]);
  deepEqual(looks, { signalService: 1, executionGateway: 1 });
  gateway.resolve(true);
  const [first, second] = await both;
  deepEqual(first, second);
  deepEqual(first, {
    healthy: { signalService: false, executionGateway: true },
    losses: [
      "Cannot reach the signal service as it does not answer: start it, or correct SIGNAL_SERVICE_URL",
    ],
  });
  await clock.advance(999);
  deepEqual(await health.check(), first);
  deepEqual(looks, { signalService: 1, executionGateway: 1 });
  await clock.advance(1);
  deepEqual((await health.check()).losses, []);
  deepEqual(looks, { signalService: 2, executionGateway: 2 });
});
