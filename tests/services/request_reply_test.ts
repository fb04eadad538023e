/**
 * Request and reply: one answer to a question, whoever asks, and whenever.
 *
 * @module
 */
import { parseUserId } from "../../domain/user_id.ts";
import { PortError } from "../../ports/port_error.ts";
import {
  MAX_PENDING,
  MAX_USER_PENDING,
  type Question,
} from "../../src/services/request_reply.ts";
import { deepEqual, equal, match, ok, rejects } from "../support/assert.ts";
import { guardedBus } from "../support/event_buses.ts";
import { anEvent } from "../support/events.ts";
import {
  CALLER,
  createRequestWorld,
  dataOf,
  ID,
  QUESTION,
  TRACE,
} from "../support/request_world.ts";
import { pass, settle } from "../support/turns.ts";

Deno.test("a question is in the log, durable, and names itself", async () => {
  const { ask, answer, bus } = createRequestWorld();
  const asked = ask({ key: "mine", reply_to: "setup.*" });
  await settle();
  const { events: [event] } = await bus.read({ after: 0, limit: 10 });
  equal(event!.id, ID);
  equal(event!.channel, "signal.triggered");
  equal(event!.key, "mine");
  equal(event!.json, '{"ticker":"SPY","setup_id":"s-1"}');
  deepEqual(event!.meta, {
    timestamp: "2026-01-02T03:04:05.000Z",
    correlation_id: ID,
    reply_to: "setup.*",
    expires_at: "2026-01-02T03:04:10.000Z",
    traceparent: TRACE,
  });
  const position = await answer(7);
  const { reply, epoch, ...rest } = await asked;
  deepEqual(rest, { id: ID, position: 1, duplicate: false });
  equal(reply.position, position);
  equal(reply.meta.correlation_id, ID);
  equal(epoch, (await bus.head()).epoch);
});

Deno.test("the first event after it that names it is the answer, and no other", async () => {
  const { ask, answer, bus } = createRequestWorld();
  // Before the question, of another one, without one.
  await answer(1);
  const asked = ask();
  await settle();
  await answer(2, "019b7e5d-8c0e-7cc4-9b0a-6f2d1c3e4a00");
  await bus.publish([anEvent({ n: 3 })]);
  await settle();
  await answer(4);
  await answer(5);
  equal(dataOf(await asked), 4);
  equal(dataOf(await ask()), 4);
});

Deno.test("an answer counts on the channels that the question names", async () => {
  const { ask, answer } = createRequestWorld();
  const asked = ask({ reply_to: "positions.*" });
  await settle();
  await answer(1, ID, "setup.received");
  await answer(2, ID, "positions.updated");
  equal(dataOf(await asked), 2);
  // What was asked first stands, whatever is said when it is asked again.
  equal(dataOf(await ask({ reply_to: "setup.*" })), 2);
});

Deno.test("without an id one is made, and told when it is too late", async () => {
  const { ask, clock, answer, bus } = createRequestWorld();
  const { id: _, ...question } = QUESTION;
  const asked = ask({ ...question, id: undefined }, 100);
  asked.catch(() => {});
  await settle();
  const { events: [event] } = await bus.read({ after: 0, limit: 1 });
  const { id } = event!;
  await pass(clock, 100);
  await rejects(asked, { code: "timeout", facts: { id, position: 1 } });
  await answer(1, id);
  equal(dataOf(await ask({ id })), 1);
});

Deno.test("the deadline is kept, to the millisecond, and nothing is left behind", async () => {
  const { ask, clock } = createRequestWorld();
  let ended = false;
  const asked = ask({}, 250).catch((error) => {
    ended = true;
    return error;
  });
  await settle();
  await clock.advance(249);
  await settle();
  equal(ended, false);
  await clock.advance(1);
  const error = await asked;
  ok(error instanceof PortError);
  equal(error.code, "timeout");
  match(error.message, /^Cannot answer as no reply to .* within 250 ms: ask/);
});

Deno.test("a reply that comes late is the answer of who asks again, for ever, after a restart too", async () => {
  const { ask, answer, clock, start, bus } = createRequestWorld();
  const first = ask({}, 100);
  first.catch(() => {});
  await pass(clock, 100);
  await rejects(first, { code: "timeout" });
  await answer(1);
  await answer(2);
  for (let i = 0; i < 3; i++) {
    const again = await ask();
    equal(dataOf(again), 1);
    equal(again.duplicate, true);
    equal(again.position, 1);
  }
  const restarted = await start().ask(QUESTION, 5000, CALLER);
  equal(dataOf(restarted), 1);
  equal((await bus.head()).position, 3);
});

Deno.test("many who ask at once get one answer to one question", async () => {
  const { ask, answer, start, bus } = createRequestWorld();
  const other = start();
  const askers = [
    ...Array.from({ length: 20 }, () => ask()),
    ...Array.from({ length: 20 }, () => other.ask(QUESTION, 5000, CALLER)),
  ];
  await settle(500);
  equal((await bus.head()).position, 1);
  await answer(1);
  await answer(2);
  const answers = await Promise.all(askers);
  deepEqual(new Set(answers.map(dataOf)), new Set([1]));
  equal(answers.filter(({ duplicate }) => !duplicate).length, 1);
});

Deno.test("an id in capitals is the same id", async () => {
  const { ask, answer } = createRequestWorld();
  const asked = ask({ id: ID.toUpperCase() });
  await settle();
  await answer(1);
  equal((await asked).id, ID);
  equal(dataOf(await ask()), 1);
});

Deno.test("questions do not hear each other's answers", async () => {
  const { ask, answer } = createRequestWorld();
  const ids = Array.from(
    { length: 30 },
    (_, i) => `019b7e5d-8c0e-7cc4-9b0a-6f2d1c3e4a${10 + i}`,
  );
  const asked = ids.map((id) => ask({ id }));
  await settle(500);
  for (const [i, id] of [...ids.entries()].reverse()) await answer(i, id);
  deepEqual((await Promise.all(asked)).map(dataOf), ids.map((_, i) => i));
});

Deno.test("a failing log is waited out until the deadline", async () => {
  let isAway = false;
  const { ask, answer, clock } = createRequestWorld({
    wrap: (bus) =>
      guardedBus(bus, () => {
        if (isAway) throw new PortError("unavailable", "Cannot reach it");
      }),
  });
  const asked = ask({}, 60_000);
  await settle();
  isAway = true;
  await answer(1);
  await pass(clock, 20_000);
  isAway = false;
  await pass(clock, 2_000);
  equal(dataOf(await asked), 1);
});

Deno.test("a question whose publication hangs is given up at its deadline", async () => {
  const never = new Promise<never>(() => {});
  const { ask, clock } = createRequestWorld({
    wrap: (bus) => ({
      ...guardedBus(bus, () => {}),
      publish: (_, signal) =>
        new Promise((_, reject) =>
          signal?.addEventListener("abort", () => reject(new Error("odd")))
        ),
    }),
  });
  const asked = ask({}, 50);
  asked.catch(() => {});
  await pass(clock, 50);
  await rejects(Promise.race([asked, never]), { code: "timeout" });
});

Deno.test("who has gone waits no longer", async () => {
  const { ask } = createRequestWorld();
  const gone = new AbortController();
  const asked = ask({}, 5000, gone.signal);
  await settle();
  gone.abort(new Error("gone"));
  await rejects(asked, { message: "gone" });
  await rejects(ask({}, 5000, gone.signal), { message: "gone" });
});

Deno.test("an id of another event, and of one that asks nothing, is refused", async () => {
  const { ask, bus } = createRequestWorld();
  const { event_type: channel, data } = QUESTION;
  await bus.publish([
    anEvent(data as Record<string, unknown>, { id: ID, channel }),
  ]);
  await rejects(ask(), { code: "conflict", message: /asks nothing/ });
  await rejects(ask({ data: { ticker: "QQQ", setup_id: 1 } }), {
    code: "conflict",
    message: /is that of another event/,
  });
});

Deno.test("a stored question that nobody can answer is no fault of who asks", async () => {
  const { ask, bus } = createRequestWorld();
  const { event_type: channel, data } = QUESTION;
  const meta = {
    timestamp: "2026-01-02T03:04:05Z",
    correlation_id: ID,
    reply_to: "No pattern!",
  };
  await bus.publish([
    anEvent(data as Record<string, unknown>, { id: ID, channel, meta }),
  ]);
  await rejects(ask(), {
    code: "conflict",
    message: /is that of a question whose reply_to is no channel: give/,
    facts: { position: 1 },
  });
});

Deno.test("the question in the log counts, however uncertain it was who asked it", async () => {
  let isUncertain = false;
  const { ask, answer, clock } = createRequestWorld({
    wrap: (bus) => ({
      ...guardedBus(bus, () => {}),
      async publish(events, signal) {
        const receipts = await bus.publish(events, signal);
        if (!isUncertain) return receipts;
        isUncertain = false;
        throw new PortError("timeout", "Cannot tell whether it was stored");
      },
    }),
  });
  const first = ask({ reply_to: "setup.*" });
  await settle();
  isUncertain = true;
  const second = ask({ reply_to: "positions.*" });
  await pass(clock, 100);
  equal(isUncertain, false);
  await answer(1, ID, "positions.updated");
  await answer(2, ID, "setup.received");
  deepEqual((await Promise.all([first, second])).map(dataOf), [2, 2]);
});

Deno.test("a question is waited for where the log is read late", async () => {
  let isLate = true;
  const { ask, answer, clock } = createRequestWorld({
    wrap: (bus) => ({
      ...guardedBus(bus, () => {}),
      async read(query, signal) {
        const page = await bus.read(query, signal);
        if (!isLate) return page;
        const head = { ...page.head, position: query.after };
        return { events: [], scannedTo: query.after, head };
      },
    }),
  });
  const asked = ask();
  await settle();
  isLate = false;
  await answer(1);
  await pass(clock, 6_000);
  equal(dataOf(await asked), 1);
});

Deno.test("a user has so many questions wait, and others can ask all the same", async () => {
  const { ask, start, clock } = createRequestWorld();
  const asked = Array.from(
    { length: MAX_USER_PENDING },
    () => ask({ id: undefined }),
  );
  const ended = Promise.allSettled(asked);
  await settle(2000);
  await rejects(ask({ id: undefined }), {
    code: "unavailable",
    message:
      `Cannot ask as ${MAX_USER_PENDING} questions of yours wait for an answer already: try again later`,
  });
  await pass(clock, 5000);
  await ended;
  const again = ask({ id: undefined });
  await settle();
  await pass(clock, 5000);
  await rejects(again, { code: "timeout" });
  const one = start();
  const many = Array.from(
    { length: MAX_USER_PENDING },
    () => one.ask({ ...QUESTION, id: undefined }, 100, CALLER),
  );
  const bob = { user: parseUserId("bob") };
  const others = one.ask({ ...QUESTION, id: undefined }, 100, bob);
  const all = Promise.allSettled([...many, others]);
  await settle(2000);
  await pass(clock, 100);
  for (const result of await all) {
    equal(result.status === "rejected" && result.reason.code, "timeout");
  }
});

Deno.test("no more than so many questions wait; the others are told to come back", async () => {
  const { start, answer, bus, clock } = createRequestWorld();
  const service = start();
  const operator = { ...CALLER, isAdmin: true };
  const ask = (more: object = {}) =>
    service.ask({ ...QUESTION, ...more }, 5000, operator);
  const idOf = (i: number) => `019b7e5d-8c0e-7cc4-9b0a-6f2d1c3e${1000 + i}`;
  const asked = Array.from(
    { length: MAX_PENDING },
    (_, i) => ask({ id: idOf(i) }),
  );
  const ended = Promise.allSettled(asked);
  await settle(2000);
  equal((await bus.head()).position, MAX_PENDING);
  await rejects(ask({ id: ID }), {
    code: "unavailable",
    message:
      `Cannot ask as ${MAX_PENDING} questions wait for an answer already: try again later`,
  });
  equal((await bus.head()).position, MAX_PENDING);
  // What is wrong with a question is told all the same.
  await rejects(ask({ reply_to: "." }), { name: "InvalidInput" });
  // One that is answered makes room for one.
  await answer(1, idOf(0));
  equal(dataOf(await asked[0]!), 1);
  const another = ask({ id: ID });
  await settle();
  await rejects(ask({ id: idOf(999) }), { code: "unavailable" });
  await answer(2);
  equal(dataOf(await another), 2);
  // So does one that was too late.
  await pass(clock, 5000);
  await ended;
  equal(dataOf(await ask()), 2);
});

Deno.test("a question that the log has forgotten is asked anew", async () => {
  const { ask, answer, bus, clock } = createRequestWorld({ capacity: 5 });
  const asked = ask({}, 10);
  asked.catch(() => {});
  await pass(clock, 10);
  await rejects(asked, { code: "timeout" });
  for (let i = 0; i < 9; i++) await bus.publish([anEvent()]);
  const anew = ask();
  await settle();
  await answer(2);
  const { position, duplicate, ...rest } = await anew;
  deepEqual([position, duplicate, dataOf(rest)], [11, false, 2]);
});

Deno.test("bad questions are refused, and not published", async () => {
  const { ask, bus } = createRequestWorld();
  const cases: [Partial<Question>, string][] = [
    [{ event_type: "nope" }, "event_type"],
    [{ event_type: "settings.updated" }, "event_type"],
    [{ event_type: "market.price_update" }, "event_type"],
    [{ data: { ticker: 1 } }, "data.ticker"],
    [{ data: undefined }, "data"],
    [{ id: "x" }, "id"],
    [{ key: "" }, "key"],
    [{ reply_to: "a..b" }, "reply_to"],
  ];
  for (const [more, path] of cases) {
    await rejects(
      ask(more),
      (error: Error & { errors?: { path: string }[] }) => {
        equal(error.name, "InvalidInput");
        ok(error.errors?.some((fault) => fault.path === path), error.message);
        return true;
      },
    );
  }
  equal((await bus.head()).position, 0);
});
