/**
 * The event service: what it commits, hands out, reads and refuses.
 *
 * @module
 */
import { openMemoryEventBus } from "../../adapters/memory/event_bus.ts";
import { createMemoryLog } from "../../adapters/memory/log.ts";
import { openNoopEventBus } from "../../adapters/noop/event_bus.ts";
import { parseChannelPatterns } from "../../domain/event/channel_pattern.ts";
import { CHANNELS, publishable } from "../../domain/event/registry.ts";
import { parseUserId } from "../../domain/user_id.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import { PortError } from "../../ports/port_error.ts";
import { createEventService } from "../../src/services/events.ts";
import { deepEqual, equal, match, ok, rejects } from "../support/assert.ts";
import { type BusCall, guardedBus } from "../support/event_buses.ts";
import { anEvent } from "../support/events.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { pass, settle } from "../support/turns.ts";

const CALLER = { user: parseUserId("42") };
const ID = "019b7e5d-8c0e-7cc4-9b0a-6f2d1c3e4a5b";

function createWorld(
  wrap: (bus: EventBus) => EventBus = (bus) => bus,
  capacity = 1000,
) {
  const clock = createFakeClock();
  const entropy = createSeededEntropy();
  const bus = openMemoryEventBus(createMemoryLog({ clock, entropy, capacity }));
  const measured: string[] = [];
  const telemetry = {
    log: (level: string, message: string, fields = {}) =>
      void measured.push(`${level} ${message} ${Object.values(fields)}`),
    observe() {},
    count: (metric: string, labels = {}) =>
      void measured.push(`${metric} ${Object.values(labels)}`),
    retain() {},
    onRead: () => () => {},
    gauge: (metric: string, value: number) =>
      void measured.push(`${metric} ${value}`),
  };
  const events = createEventService({
    bus: wrap(bus),
    clock,
    entropy,
    telemetry,
  });
  return { clock, bus, events, measured };
}

const setup = (more: object = {}) => ({
  event_type: "setup.received",
  setup_id: "s-1",
  ...more,
});
const price = (ticker: string, price: string) => ({
  event_type: "market.price_update",
  ticker,
  price,
});

Deno.test("every channel's example can be published by clients", async () => {
  const { events } = createWorld();
  for (const { name, example, lane } of publishable(CHANNELS)) {
    const body = { event_type: name, data: example };
    const [result] = await events.publish(body, CALLER);
    equal(result!.lane, lane);
    equal(result!.position !== undefined, lane === "durable");
  }
});

Deno.test("a durable event is committed and counted", async () => {
  const { events, bus, measured } = createWorld();
  const [result] = await events.publish(setup({ id: ID }), CALLER);
  deepEqual(result, {
    id: ID,
    lane: "durable",
    position: 1,
    duplicate: false,
  });
  equal((await bus.head()).position, 1);
  deepEqual(measured, [
    "holdfast_events_published_total setup.received",
    "holdfast_log_position 1",
  ]);
  const [again] = await events.publish(setup({ id: ID }), CALLER);
  deepEqual(again, { ...result, duplicate: true });
  equal(measured.length, 2);
});

Deno.test("an event without an id gets one that sorts by time", async () => {
  const { events, clock } = createWorld();
  const [a] = await events.publish(setup(), CALLER);
  await clock.advance(1);
  const [b] = await events.publish(setup(), CALLER);
  match(a!.id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/);
  ok(a!.id < b!.id);
});

Deno.test("a batch is committed together, with one refusal for all", async () => {
  const { events, bus } = createWorld();
  await rejects(
    events.publish({ events: [setup(), { event_type: "no" }] }, CALLER),
    { name: "InvalidInput" },
  );
  equal((await bus.head()).position, 0);
  const results = await events.publish(
    {
      events: [
        setup(),
        price("SPY", "1"),
        setup({ priority: 1, data: { setup_id: 1 } }),
      ],
    },
    CALLER,
  );
  deepEqual(
    results.map(({ lane, position, ignored }) => [lane, position, ignored]),
    [
      ["durable", 1, undefined],
      ["volatile", undefined, undefined],
      ["durable", 2, ["setup_id", "priority"]],
    ],
  );
  const page = await events.read({ limit: 10 }, CALLER);
  deepEqual(page.events.map((event) => event.batchEnd), [2, 2]);
});

Deno.test("volatile events reach whoever listens and never the log", async () => {
  const { events, bus } = createWorld();
  const stop = new AbortController();
  const channels = parseChannelPatterns(["market.*"]);
  const heard = events.listen({ channels }, CALLER, stop.signal);
  const first = heard.next();
  await settle();
  const [result] = await events.publish(price("SPY", "478.12"), CALLER);
  deepEqual({ ...result, id: 0 }, {
    id: 0,
    lane: "volatile",
    duplicate: false,
    receivers: 1,
  });
  equal((await first).value![0]!.json, '{"ticker":"SPY","price":"478.12"}');
  equal((await bus.head()).position, 0);
  await heard.return();
  const [unheard] = await events.publish(price("SPY", "478.13"), CALLER);
  equal(unheard!.receivers, 0);
});

Deno.test("dropped volatile events are told of, ever less often", async () => {
  const { events, measured } = createWorld();
  const heard = events.listen({}, CALLER, new AbortController().signal);
  const first = heard.next();
  await settle();
  await events.publish(price("first", "1"), CALLER);
  await first;
  const prices = Array.from({ length: 500 }, (_, i) => price(`K${i}`, "1"));
  for (let i = 0; i < 3; i++) {
    const body = {
      events: prices.map((one) => ({ ...one, ticker: `${one.ticker}-${i}` })),
    };
    await events.publish(body, CALLER);
  }
  deepEqual(
    measured.map((line) => Number(line.split(" ").at(-1))),
    [1, 2, 4, 8, 16, 32, 64, 128, 256],
  );
  ok(measured[0]!.startsWith("warn volatile events dropped"));
  await heard.return();
});

Deno.test("volatile events are not handed out when the durable ones fail", async () => {
  const { events } = createWorld((bus) =>
    guardedBus(bus, (call) => {
      if (call === "publish") throw new PortError("full", "Cannot publish");
    })
  );
  const { signal } = new AbortController();
  const heard = events.listen({}, CALLER, signal);
  let news = 0;
  const first = heard.next().then(() => news++);
  await settle();
  await rejects(
    events.publish({ events: [price("SPY", "1"), setup()] }, CALLER),
    { code: "full" },
  );
  await settle();
  equal(news, 0);
  await events.publish(price("SPY", "2"), CALLER);
  await first;
  await heard.return();
});

Deno.test("a failed commit is tried again with the same ids", async () => {
  const calls: BusCall[] = [];
  const { events, bus, clock, measured } = createWorld((bus) => ({
    ...bus,
    async publish(events, signal) {
      calls.push("publish");
      const receipts = await bus.publish(events, signal);
      // The answer to the first is lost; the events are not.
      if (calls.length === 1) throw new PortError("timeout", "Cannot tell");
      return receipts;
    },
  }));
  const published = events.publish({ events: [setup(), setup()] }, CALLER);
  await pass(clock, 100);
  // They are this call's own, and no duplicates of anything.
  deepEqual(
    (await published).map(({ position, duplicate }) => [position, duplicate]),
    [[1, false], [2, false]],
  );
  equal((await bus.head()).position, 2);
  deepEqual(measured, [
    "holdfast_events_published_total setup.received",
    "holdfast_events_published_total setup.received",
    "holdfast_log_position 2",
  ]);
});

Deno.test("an id of another event is a conflict, one of the same is none", async () => {
  const reads: number[] = [];
  const { events, bus } = createWorld((bus) => ({
    ...bus,
    async read(query, signal) {
      reads.push(query.limit);
      return await bus.read(query, signal);
    },
  }));
  const ids = [1, 2, 3].map((n) => ID.slice(0, -1) + n);
  const data = { ticker: "SPY", setup_id: 1 };
  const first = ids.map((id) => ({ event_type: "setup.received", id, data }));
  await events.publish({ events: first }, CALLER);
  deepEqual(reads, []);

  const again = await events.publish({ events: first }, CALLER);
  deepEqual(
    again.map(({ position, duplicate }) => [position, duplicate]),
    [[1, true], [2, true], [3, true]],
  );
  deepEqual(reads, [3]);
  // A publisher may write names in another order after a crash.
  const reordered = { setup_id: 1, ticker: "SPY" };
  const turned = { ...first[0], data: reordered };
  const [same] = await events.publish(turned, CALLER);
  deepEqual([same!.position, same!.duplicate], [1, true]);

  const others = [
    setup({ id: ids[0], setup_id: "other" }),
    first[1],
    // The same data on another channel is another event.
    { event_type: "signal.triggered", id: ids[2], data },
    setup(),
  ];
  await rejects(events.publish({ events: others }, CALLER), {
    code: "conflict",
    message: `Cannot publish as id ${ids[0]} is that of another event, at ` +
      `position 1; id ${ids[2]} is that of another event, at position 3 ` +
      "(the others are published): give another event an id of its own",
    facts: { position: 1 },
  });
  equal((await bus.head()).position, 4);
});

Deno.test("a duplicate that cannot be compared is one", async () => {
  const { events } = createWorld((bus) =>
    guardedBus(bus, (call) => {
      if (call === "read") throw new PortError("expired", "Cannot read");
    })
  );
  await events.publish(setup({ id: ID }), CALLER);
  const [again] = await events.publish(setup({ id: ID, note: 1 }), CALLER);
  equal(again!.duplicate, true);
});

Deno.test("a commit that keeps failing is given up, one that must fail at once", async () => {
  for (const [code, attempts] of [["unavailable", 3], ["full", 1]] as const) {
    let calls = 0;
    const { events, clock } = createWorld((bus) =>
      guardedBus(bus, () => {
        calls++;
        throw new PortError(code, "Cannot publish");
      })
    );
    const published = rejects(events.publish(setup(), CALLER), { code });
    await pass(clock, 500);
    await published;
    equal(calls, attempts);
  }
});

Deno.test("a publisher that leaves stops the attempts", async () => {
  const { events, clock } = createWorld((bus) =>
    guardedBus(bus, () => {
      throw new PortError("unavailable", "Cannot publish");
    })
  );
  const gone = new AbortController();
  const published = rejects(
    events.publish(setup(), CALLER, undefined, gone.signal),
    { message: "gone" },
  );
  await settle();
  gone.abort(new Error("gone"));
  await published;
  await clock.advance(1);
});

Deno.test("events that are switched off are refused", async () => {
  const { events } = createWorld(() => openNoopEventBus());
  await rejects(events.publish(setup(), CALLER), { code: "unsupported" });
});

Deno.test("reading begins with the oldest held, a position or a time", async () => {
  const { events, clock } = createWorld(undefined, 8);
  for (let i = 0; i < 30; i++) {
    await events.publish(setup(), CALLER);
    await clock.advance(1000);
  }
  const positions = async (
    start?: Parameters<typeof events.read>[0]["start"],
  ) =>
    (await events.read({ start, limit: 3 }, CALLER)).events
      .map((event) => event.position);
  const { earliest } = (await events.read({ limit: 1 }, CALLER)).head;
  ok(earliest > 1);
  deepEqual(await positions(), [earliest, earliest + 1, earliest + 2]);
  deepEqual(await positions({ after: 27 }), [28, 29, 30]);
  deepEqual(await positions({ fromTimeMs: clock.now() - 2000 }), [29, 30]);
  await rejects(positions({ after: 0 }), { code: "expired" });
  await rejects(positions({ after: 30, epoch: "x" }), {
    code: "epoch_changed",
  });
});

Deno.test("a page ends before it holds too much", async () => {
  const { events } = createWorld();
  const note = "x".repeat(60_000);
  const body = {
    event_type: "signals.generated",
    data: { ...CHANNELS.find("signals.generated")!.example, note },
  };
  for (let i = 0; i < 100; i++) await events.publish(body, CALLER);
  const first = await events.read({ limit: 1000 }, CALLER);
  ok(first.events.length > 60 && first.events.length < 75);
  equal(first.scannedTo, first.events.length);
  const rest = await events.read(
    { start: { after: first.scannedTo }, limit: 1000 },
    CALLER,
  );
  equal(first.events.length + rest.events.length, 100);
});

Deno.test("what is trimmed away while it is looked for is passed over", async () => {
  for (const start of [undefined, { fromTimeMs: 0 }]) {
    let trim = async () => {};
    const { events, bus } = createWorld(
      (bus) =>
        guardedBus(bus, async (call) => {
          if (call !== "read") return;
          await trim();
          trim = async () => {};
        }),
      8,
    );
    trim = async () => {
      await bus.publish(Array.from({ length: 30 }, () => anEvent()));
    };
    await bus.publish([anEvent()]);
    const page = await events.read({ start, limit: 3 }, CALLER);
    equal(page.events[0]!.position, page.head.earliest);
    ok(page.head.earliest > 1);
  }
});

Deno.test("an event that comes while a time is looked up fails nothing", async () => {
  const { events, bus, clock } = createWorld((bus) => ({
    ...bus,
    async head(signal) {
      const head = await bus.head(signal);
      await bus.publish([anEvent()]);
      return head;
    },
  }));
  await bus.publish([anEvent()]);
  const start = { fromTimeMs: clock.now() + 1000 };
  const { at, gap } = await events.locate(start);
  deepEqual([at.position, gap], [1, undefined]);
});
