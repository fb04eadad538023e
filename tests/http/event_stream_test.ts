/**
 * Following events over HTTP: frames, starts, gaps and resumption.
 *
 * @module
 */
import fc from "fast-check";
import golden from "../golden/events/stream.sse" with { type: "text" };
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { pass, settle } from "../support/turns.ts";
import {
  createEventWorld,
  follow,
  type Frame,
  positionOf,
} from "./event_client.ts";

const PATH = "/api/v1/events";
const STREAM = `${PATH}/stream`;

const isEvent = (frame: Frame) => frame.event === undefined;
const positions = (frames: readonly Frame[]) =>
  frames.filter(isEvent).map(positionOf);
const from = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

Deno.test("a stream says how it may be passed on, and begins at once", async () => {
  const { app, append, bus } = createEventWorld();
  await append(3);
  const client = await follow(app);
  const { headers, status } = client.response;
  equal(status, 200);
  equal(headers.get("content-type"), "text/event-stream");
  equal(headers.get("cache-control"), "no-cache, no-transform");
  equal(headers.get("x-accel-buffering"), "no");
  const { epoch } = await bus.head();
  deepEqual(await client.next(), {
    retry: "2000",
    event: "position",
    id: `${epoch}:3`,
    data: "",
  });
  await append(2);
  deepEqual(positions(await client.take(2)), [4, 5]);
  await client.leave();
});

Deno.test("frames are what they always were", async () => {
  const { app, send, clock, beginAnew } = createEventWorld();
  const clients = [await follow(app), await follow(app, "?form=flat")];
  const written: string[][] = [[], []];
  const take = async (count: number) => {
    for (const [i, client] of clients.entries()) {
      written[i]!.push(...(await client.take(count)).map(print));
    }
  };
  const publish = (body: object) =>
    send("POST", PATH, {
      headers: { "x-user-id": "42" },
      body: { timestamp: "2026-01-02T21:00:00Z", ...body },
    });
  await take(1);
  await publish({ event_type: "setup.received", setup_id: "s-1" });
  await take(1);
  await publish({
    event_type: "positions.updated",
    data: {
      symbol: "AAPL",
      action: "buy",
      qty_change: 100,
      new_qty: 300,
      price: "187.2500",
      strategy_id: "alpha_baseline",
    },
    metadata: { source: "execution-gateway", user: "42" },
  });
  await take(1);
  await publish({
    event_type: "market.price_update",
    ticker: "SPY",
    price: "478.12",
  });
  await take(1);
  await pass(clock, 15_000);
  await take(1);
  await beginAnew();
  await pass(clock, 5_000);
  await take(1);
  for (const client of clients) await client.leave();
  equal(written.flat().join(""), golden);
});

/** A frame as it was written. */
function print({ retry, event, id, data }: Frame): string {
  const lines = Object.entries({ retry, event, id })
    .filter(([_, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}\n`);
  return `${lines.join("")}data:${data === "" ? "" : ` ${data}`}\n\n`;
}

Deno.test("a stream begins where it is asked to", async () => {
  const { app, append, clock, bus } = createEventWorld();
  for (let i = 0; i < 3; i++) {
    await append(2);
    await clock.advance(1000);
  }
  const { epoch } = await bus.head();
  const begins = async (query: string, lastEventId?: string) => {
    const client = await follow(app, query, {
      ...(lastEventId !== undefined && { lastEventId }),
    });
    const [first] = await client.take(1);
    await client.leave();
    return positionOf(first!);
  };
  equal(await begins(""), 6);
  equal(await begins("?after=0"), 0);
  equal(await begins("?after=4"), 4);
  equal(await begins(`?after=${epoch}:4`), 4);
  equal(await begins("?from_time=2026-01-02T03:04:06Z"), 2);
  equal(await begins("?after=4", `${epoch}:5`), 5);
  equal(await begins("?from_time=2026-01-02T03:04:06Z", "1"), 1);
  equal(await begins("?after=4", ""), 4);
});

Deno.test("a start that cannot be is refused before the stream", async () => {
  const { send, append } = createEventWorld();
  await append(2);
  const bad: [string, Record<string, string>, RegExp][] = [
    ["?after=3", {}, /log ends at 2/],
    ["?after=x", {}, /neither/],
    ["?limit=3", {}, /query\.limit/],
    ["?from_time=noon", {}, /ISO 8601/],
    ["", { "Last-Event-ID": "x" }, /neither/],
    ["?channel=..", {}, /channel pattern/],
  ];
  for (const [query, headers, detail] of bad) {
    const { status, json } = await send("GET", STREAM + query, { headers });
    equal(status, 400);
    match(json.detail, detail);
  }
});

Deno.test("the frames of a page are one write", async () => {
  const { app, append } = createEventWorld();
  await append(300);
  const client = await follow(app, "?after=0");
  await client.chunk();
  const sizes: number[] = [];
  while (sizes.reduce((a, b) => a + b, 0) < 300) {
    sizes.push((await client.chunk())!.length);
  }
  deepEqual(sizes, [128, 128, 44]);
  await client.leave();
});

Deno.test("large frames are not written all at once", async () => {
  const { app, send } = createEventWorld();
  const body = {
    event_type: "signals.generated",
    data: {
      strategy_id: "s",
      symbols: ["SPY"],
      num_signals: 1,
      as_of_date: "2026-01-02",
      note: "x".repeat(30_000),
    },
  };
  for (let i = 0; i < 9; i++) await send("POST", PATH, { body });
  const client = await follow(app, "?after=0");
  await client.chunk();
  const sizes: number[] = [];
  for (let i = 0; i < 3; i++) sizes.push((await client.chunk())!.length);
  deepEqual(sizes, [3, 3, 3]);
  await client.leave();
});

Deno.test("only the channels asked for come, and the id goes along", async () => {
  const { app, append, clock } = createEventWorld();
  const client = await follow(app, "?after=0&channel=signals.*,b");
  await client.next();
  await append(2, "b");
  await append(5, "a");
  deepEqual(positions(await client.take(2)), [1, 2]);
  await settle();
  await pass(clock, 15_000);
  const [position, heartbeat] = await client.take(2);
  equal(position!.event, "position");
  equal(positionOf(position!), 7);
  equal(heartbeat!.event, "heartbeat");
  // Once told, it is not told again.
  await pass(clock, 15_000);
  equal((await client.next()).event, "heartbeat");
  await client.leave();
});

Deno.test("a heartbeat comes every 15 seconds and has no id", async () => {
  const { app, clock } = createEventWorld();
  const client = await follow(app);
  await client.next();
  for (let i = 1; i <= 3; i++) {
    await pass(clock, 15_000);
    deepEqual(await client.next(), {
      event: "heartbeat",
      data: JSON.stringify({ timestamp: new Date(clock.now()).toISOString() }),
    });
  }
  let more = false;
  client.next().then(() => more = true, () => {});
  await pass(clock, 14_000);
  equal(more, false);
  await client.leave();
});

Deno.test("volatile events come without an id, the newest of each key", async () => {
  const { app, send } = createEventWorld();
  const client = await follow(app, "?channel=market.*");
  await client.next();
  await settle();
  const publish = async (ticker: string, price: string) => {
    const body = { event_type: "market.price_update", ticker, price };
    equal((await send("POST", PATH, { body })).json.receivers, 1);
  };
  // The first is being written when the others come.
  for (const price of ["1", "2", "3"]) await publish("SPY", price);
  await publish("QQQ", "9");
  const frames = await client.take(3);
  deepEqual(frames.map(({ id }) => id), [undefined, undefined, undefined]);
  deepEqual(
    frames.map(({ data }) => JSON.parse(data!).data)
      .map(({ ticker, price }) => `${ticker} ${price}`),
    ["SPY 1", "SPY 3", "QQQ 9"],
  );
  ok(!("position" in JSON.parse(frames[0]!.data!).metadata));
  await client.leave();
});

Deno.test("a client that is cut off again and again misses and repeats nothing", async () => {
  const step = fc.oneof(
    fc.record({ publish: fc.integer({ min: 1, max: 200 }) }),
    fc.record({ read: fc.nat({ max: 4 }) }),
    fc.constant({ leave: true } as const),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 30 }),
      fc.boolean(),
      async (steps, filtered) => {
        const { app, append, bus, streams, clock } = createEventWorld();
        const query = filtered ? "?channel=b" : "";
        const { epoch } = await bus.head();
        let lastEventId = `${epoch}:0`;
        let client = await follow(app, query, { lastEventId });
        const got: number[] = [];
        const expected: number[] = [];
        let count = 0;
        const take = (frames: readonly Frame[]) => {
          for (const frame of frames) {
            if (frame.id !== undefined) lastEventId = frame.id;
          }
          got.push(...positions(frames));
        };
        for (const step of steps) {
          if ("publish" in step) {
            const isWanted = !filtered || step.publish % 2 === 0;
            if (isWanted) {
              expected.push(...from(count + 1, count + step.publish));
            }
            await append(step.publish, isWanted ? "b" : "a");
            count += step.publish;
          } else if ("read" in step) {
            await settle();
            for (let i = 0; i < step.read; i++) {
              const chunk = client.chunk().then((frames) => take(frames!));
              await pass(clock, 15_000);
              await chunk;
            }
          } else {
            await client.leave();
            client = await follow(app, query, { lastEventId });
          }
        }
        while (got.length < expected.length) take((await client.chunk())!);
        deepEqual(got, expected);
        await client.leave();
        await settle();
        equal(streams(), 0);
      },
    ),
    { numRuns: 40 },
  );
});

Deno.test("another life of the log is a gap, told with where it goes on", async () => {
  const { app, append, bus, beginAnew } = createEventWorld();
  await append(3);
  const old = await bus.head();
  await beginAnew();
  await append(5);
  const { epoch } = await bus.head();
  const client = await follow(app, "", { lastEventId: `${old.epoch}:2` });
  const gap = await client.next();
  deepEqual({ ...gap, data: JSON.parse(gap.data!) }, {
    retry: "2000",
    event: "gap",
    id: `${epoch}:0`,
    data: {
      requested: 2,
      requested_epoch: old.epoch,
      earliest: 1,
      head: 5,
      epoch,
    },
  });
  deepEqual(positions(await client.take(5)), from(1, 5));
  await client.leave();
});

Deno.test("a log that begins anew under a stream is a gap in it", async () => {
  const { app, append, bus, beginAnew, clock } = createEventWorld();
  const client = await follow(app, "?after=0");
  await append(3);
  deepEqual(positions(await client.take(4)), [1, 2, 3]);
  await settle();
  await beginAnew();
  await append(2);
  await pass(clock, 5_000);
  const gap = await client.next();
  equal(gap.event, "gap");
  equal(gap.id, `${(await bus.head()).epoch}:0`);
  equal(JSON.parse(gap.data!).requested, 3);
  deepEqual(positions(await client.take(2)), [1, 2]);
  await beginAnew();
  await pass(clock, 5_000);
  equal((await client.next()).event, "gap");
  // The gap has told the client where it stands.
  await pass(clock, 15_000);
  equal((await client.next()).event, "heartbeat");
  await client.leave();
});

Deno.test("a start that has expired is a gap up to the oldest event", async () => {
  const { app, append, bus } = createEventWorld({ capacity: 4 });
  await append(20);
  const { earliest, epoch } = await bus.head();
  const client = await follow(app, "?after=2");
  const gap = await client.next();
  equal(gap.id, `${epoch}:${earliest - 1}`);
  deepEqual(JSON.parse(gap.data!), {
    requested: 2,
    earliest,
    head: 20,
    epoch,
  });
  deepEqual(
    positions(await client.take(20 - earliest + 1)),
    from(earliest, 20),
  );
  await client.leave();
});

Deno.test("a reader that is overtaken by the end of the log is told", async () => {
  const { app, append } = createEventWorld({ capacity: 300 });
  await append(300);
  const client = await follow(app, "?after=0");
  const first = positions(await client.take(129));
  deepEqual(first, from(1, 128));
  await append(1000);
  const frames = await client.take(200);
  const gap = frames.find((frame) => frame.event === "gap")!;
  const { requested, earliest } = JSON.parse(gap.data!);
  const got = positions(frames);
  // What was written before the gap is in order, and nothing comes twice.
  ok(requested >= 128 && earliest > requested + 1);
  const before = from(129, requested);
  deepEqual(got, [
    ...before,
    ...from(earliest, earliest + 198 - before.length),
  ]);
  await client.leave();
});
