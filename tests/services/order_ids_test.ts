/**
 * Order numbers and client order ids: each given out once, and kept before.
 *
 * @module
 */
import { parseIdempotencyKey } from "../../domain/idempotency_key.ts";
import {
  type ModeCode,
  type OrderType,
  parseClientOrderId,
  readChainId,
} from "../../domain/order/client_order_id.ts";
import { parseSequenceDay } from "../../domain/sequence.ts";
import { parseSettingsKey } from "../../domain/settings.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { parseUserId, type UserId } from "../../domain/user_id.ts";
import type { OrderIntents } from "../../ports/order_intents.ts";
import type { SequencePort } from "../../ports/sequence_port.ts";
import { createOrderIds } from "../../src/services/order_ids.ts";
import { CHAIN_DAYS } from "../../src/services/order_ids/chains.ts";
import { createTimeZones } from "../../src/services/settings/time_zone.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { aPortError, guardPort } from "../support/guarded_port.ts";
import { createMemoryWorld } from "../support/memory_world.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";
import { pass } from "../support/turns.ts";

const ANN = parseUserId("ann");
const BOB = parseUserId("bob");
const KEY = parseIdempotencyKey("request-1");
const BTC = parseSymbol("BTCUSDT");
const HOUR_MS = 3_600_000;

interface Options {
  readonly intents?: (intents: OrderIntents) => OrderIntents;
  readonly sequence?: SequencePort;
}

/** Services over one memory, on 2 January 2026. */
function openWorld(options: Options = {}) {
  const world = createMemoryWorld();
  const { clock } = world;
  const telemetry = createRecordingTelemetry();
  const { intents: wrap = (intents) => intents } = options;
  const guarded = guardPort(wrap(world.intents()));
  const sequence = guardPort(options.sequence ?? world.sequence());
  const settings = world.settings();
  const open = () =>
    createOrderIds({
      sequence: sequence.port,
      intents: guarded.port,
      timeZone: createTimeZones(settings),
      clock,
      telemetry,
    });
  return {
    clock,
    telemetry,
    settings,
    intents: guarded,
    sequence,
    orders: open(),
    other: open(),
  };
}

function entry(mode: ModeCode = "ULT", type: OrderType = "E") {
  return { of: mode, type, symbol: BTC };
}

function related(chain: string, type: OrderType) {
  return { of: readChainId(chain), type, symbol: undefined };
}

async function setZone(
  { settings }: ReturnType<typeof openWorld>,
  user: UserId,
  timezone: unknown,
): Promise<void> {
  const key = parseSettingsKey(`user:${user}:settings:all`);
  const json = JSON.stringify({ trading: { global_trading: { timezone } } });
  await settings.write([{ key, json }], user);
}

Deno.test("a repeat with its key gets the same numbers, from another instance too", async () => {
  const { orders, other } = openWorld();
  const first = await orders.issue(ANN, { count: 3 }, KEY);
  const answer = { day: "20260102", first: 1, last: 3 };
  deepEqual(first, { answer, isRepeat: false });
  for (const service of [orders, other]) {
    const repeat = await service.issue(ANN, { count: 3 }, KEY);
    deepEqual(repeat, { answer, isRepeat: true });
  }
  equal((await orders.issue(ANN, {})).answer.first, 4);
});

Deno.test("a repeat past midnight gets the numbers of the day before", async () => {
  const { orders, clock } = openWorld();
  const { answer } = await orders.issue(ANN, {}, KEY);
  await clock.advance(24 * HOUR_MS);
  deepEqual((await orders.issue(ANN, {}, KEY)).answer, answer);
  equal((await orders.issue(ANN, {})).answer.day, "20260103");
});

Deno.test("a key belongs to one request of one user", async () => {
  const { orders } = openWorld();
  const day = parseSequenceDay("20260102");
  await orders.issue(ANN, { day }, KEY);
  const conflict = { code: "conflict", facts: { field: "key" } };
  await rejects(orders.issue(ANN, { day, count: 2 }, KEY), conflict);
  await rejects(orders.issue(ANN, {}, KEY), conflict);
  await rejects(orders.make(ANN, entry(), KEY), conflict);
  equal((await orders.issue(ANN, { day, count: 1 }, KEY)).isRepeat, true);
  const bobs = await orders.issue(BOB, { day, count: 2 }, KEY);
  deepEqual([bobs.isRepeat, bobs.answer.first], [false, 1]);
});

Deno.test("requests at once with one key get one answer", async () => {
  const { orders, other } = openWorld();
  for (
    const ask of [
      (i: number) => (i % 2 ? orders : other).issue(ANN, {}, KEY),
      (i: number) => (i % 2 ? orders : other).make(BOB, entry(), KEY),
    ]
  ) {
    const given = await Promise.all(
      Array.from({ length: 40 }, (_, i) => ask(i)),
    );
    equal(new Set(given.map(({ answer }) => JSON.stringify(answer))).size, 1);
    equal(given.filter(({ isRepeat }) => !isRepeat).length, 1);
  }
});

Deno.test("nothing is given that could not be kept", async () => {
  const { orders, intents } = openWorld();
  intents.fail("keep", "unavailable");
  await rejects(orders.issue(ANN, {}, KEY), { code: "unavailable" });
  await rejects(orders.make(ANN, entry()), { code: "unavailable" });
  intents.mend();
  // The numbers that nobody has heard of are skipped.
  equal((await orders.issue(ANN, {}, KEY)).answer.first, 3);
});

Deno.test("what was kept is given to a repeat where the first answer was lost", async () => {
  let isLost = true;
  const { orders } = openWorld({
    intents: (intents) => ({
      ...intents,
      async keep(...call) {
        const inTheWay = await intents.keep(...call);
        if (isLost) throw aPortError("timeout");
        return inTheWay;
      },
    }),
  });
  await rejects(orders.make(ANN, entry(), KEY), { code: "timeout" });
  isLost = false;
  const { answer, isRepeat } = await orders.make(ANN, entry(), KEY);
  deepEqual([answer.id, isRepeat], ["ULT-02JAN-00001-E", true]);
});

Deno.test("without what was kept a repeat would get something else", async () => {
  const { orders } = openWorld({
    intents: (intents) => ({
      ...intents,
      keep: async () => [],
      find: async (_user, names) => names.map(() => undefined),
    }),
  });
  const ids = [1, 2].map(() => orders.make(ANN, entry(), KEY));
  const [one, two] = await Promise.all(ids);
  ok(one!.answer.id !== two!.answer.id);
});

Deno.test("an answer is kept for 72 hours, a chain for 180 days, and no longer", async () => {
  const { orders, clock, intents, telemetry } = openWorld();
  const stop = new AbortController();
  const running = orders.run(stop.signal);
  const hours = (count: number) => pass(clock, count * HOUR_MS);
  const { answer } = await orders.make(ANN, entry(), KEY);
  await hours(71);
  deepEqual((await orders.make(ANN, entry(), KEY)).answer, answer);
  await hours(2);
  const fresh = await orders.make(ANN, entry(), KEY);
  equal(fresh.answer.id, "ULT-05JAN-00001-E");

  for (let day = 4; day < CHAIN_DAYS; day++) await hours(24);
  const late = await orders.make(ANN, related(answer.chain, "SL"));
  equal(late.answer.id, "ULT-02JAN-00001-SL");
  await hours(24);
  await rejects(orders.make(ANN, related(answer.chain, "SL")), {
    code: "not_found",
  });
  ok(intents.calls("trim") > CHAIN_DAYS * 15);
  intents.fail("trim", "unavailable");
  await hours(1);
  intents.mend();
  await hours(1);
  equal(telemetry.logged("warn").length, 1);
  stop.abort();
  await running;
});

Deno.test("related orders share the base, and the same order has the same id", async () => {
  const { orders, other } = openWorld();
  const { answer } = await orders.make(ANN, entry("POS"));
  deepEqual(answer, {
    id: "POS-02JAN-00001-E",
    chain: "POS-02JAN-00001",
    mode: "POS",
    type: "E",
    day: "20260102",
    number: 1,
    symbol: "BTCUSDT",
    isKnown: false,
  });
  const stop = await other.make(ANN, related(answer.chain, "SL"));
  deepEqual(stop.answer, { ...answer, type: "SL", id: "POS-02JAN-00001-SL" });
  const again = await orders.make(ANN, related(answer.chain, "SL"), KEY);
  deepEqual(again.answer, { ...stop.answer, isKnown: true });
  const first = await orders.make(ANN, related(answer.chain, "E"));
  deepEqual(first.answer, { ...answer, isKnown: true });
});

Deno.test("of requests at once for one order of a chain all get its id, and one is first", async () => {
  const { orders, other } = openWorld();
  const { chain } = (await orders.make(ANN, entry())).answer;
  const given = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      (i % 2 ? orders : other).make(
        ANN,
        related(chain, "TP1"),
        i % 4 ? undefined : parseIdempotencyKey(`request-${i}`),
      )),
  );
  equal(new Set(given.map(({ answer }) => answer.id)).size, 1);
  equal(given.filter(({ answer }) => !answer.isKnown).length, 1);
});

Deno.test("a chain that is unknown or somebody else's is refused, and so is another symbol", async () => {
  const { orders } = openWorld();
  const { chain } = (await orders.make(ANN, entry())).answer;
  const unknown = { code: "not_found", facts: { field: "chain" } };
  await rejects(orders.make(BOB, related(chain, "SL")), unknown);
  await rejects(orders.make(ANN, related("ULT-02JAN-00002", "SL")), unknown);
  await rejects(orders.make(ANN, related("SCA-02JAN-00001", "SL")), unknown);
  const other = { ...related(chain, "SL"), symbol: parseSymbol("ETHUSDT") };
  await rejects(orders.make(ANN, other), {
    code: "conflict",
    facts: { field: "symbol" },
  });
  const same = await orders.make(ANN, { ...other, symbol: BTC });
  equal(same.answer.isKnown, false);
});

Deno.test("a chain of December goes on in January, and that of a year ago is another", async () => {
  const { orders, clock } = openWorld();
  await clock.advance(363 * 24 * HOUR_MS);
  const { answer } = await orders.make(ANN, entry());
  equal(answer.day, "20261231");
  await clock.advance(20 * 24 * HOUR_MS);
  const stop = await orders.make(ANN, related(answer.chain, "SL"));
  deepEqual([stop.answer.day, stop.answer.id], [
    "20261231",
    "ULT-31DEC-00001-SL",
  ]);
  await clock.advance(345 * 24 * HOUR_MS);
  const next = await orders.make(ANN, entry());
  deepEqual([next.answer.day, next.answer.id], ["20271231", answer.id]);
  const other = await orders.make(ANN, related(answer.chain, "SL"));
  deepEqual([other.answer.day, other.answer.isKnown], ["20271231", false]);
});

Deno.test("a number that has come twice is not used twice, and is told", async () => {
  let number = 0;
  const repeating: SequencePort = {
    async next() {
      const n = Math.ceil(++number / 2);
      return { first: n, last: n };
    },
    async [Symbol.asyncDispose]() {},
  };
  const { orders, telemetry } = openWorld({ sequence: repeating });
  const chains = [];
  for (let i = 0; i < 3; i++) {
    chains.push((await orders.make(ANN, entry())).answer.chain);
  }
  equal(new Set(chains).size, 3);
  equal(telemetry.logged("error").length, 2);
});

Deno.test("a number that always comes again is refused in the end", async () => {
  const stuck: SequencePort = {
    next: async () => ({ first: 1, last: 1 }),
    async [Symbol.asyncDispose]() {},
  };
  const { orders } = openWorld({ sequence: stuck });
  await orders.make(ANN, entry());
  await rejects(orders.make(ANN, entry()), { code: "unavailable" });
});

Deno.test("above 99 999 ids get wider", async () => {
  const { orders } = openWorld();
  for (let i = 0; i < 100; i++) await orders.issue(ANN, { count: 1000 });
  const { id, number } = (await orders.make(ANN, entry())).answer;
  deepEqual([id, number], ["ULT-02JAN-100001-E", 100_001]);
  equal(parseClientOrderId(id)!.number, 100_001);
});

Deno.test("the day is that of the user's time zone, else of the defaults', else of UTC", async () => {
  const world = openWorld();
  const { orders, clock, settings } = world;
  await clock.advance(17 * HOUR_MS); // 20:04 or so
  const dayOf = async (user: UserId) =>
    (await orders.issue(user, {})).answer.day;
  equal(await dayOf(ANN), "20260102");
  await setZone(world, ANN, "Asia/Kolkata");
  equal(await dayOf(ANN), "20260103");
  equal((await orders.make(ANN, entry())).answer.id, "ULT-03JAN-00002-E");
  equal(await dayOf(BOB), "20260102");
  const json = JSON.stringify({
    hash: "",
    defaults: { global_trading: { timezone: "Asia/Tokyo" } },
  });
  const key = parseSettingsKey("admin:defaults:all");
  await settings.write([{ key, json }], "admin");
  equal(await dayOf(BOB), "20260103");
  for (const zone of ["Mars/Olympus", 7]) {
    await setZone(world, BOB, zone);
    equal(await dayOf(BOB), "20260102");
  }
  // Asking for a number stores no settings.
  const { documents } = await settings.read([
    parseSettingsKey("user:carl:settings:all"),
  ]);
  await dayOf(parseUserId("carl"));
  deepEqual(documents, [undefined]);
});

Deno.test("a chain that was begun in another time zone is found", async () => {
  const world = openWorld();
  await setZone(world, ANN, "Pacific/Kiritimati");
  const { answer } = await world.orders.make(ANN, entry());
  await setZone(world, ANN, "Pacific/Pago_Pago");
  const stop = await world.orders.make(ANN, related(answer.chain, "SL"));
  deepEqual([stop.answer.day, stop.answer.number], [answer.day, 1]);
});

Deno.test("what earlier programs have kept is understood", async () => {
  const { orders, intents } = openWorld();
  const keptUntil = Date.UTC(2026, 5, 1);
  const order = {
    id: "ULT-01JAN-00001-E",
    chain: "ULT-01JAN-00001",
    mode: "ULT",
    type: "E",
    day: "20260101",
    number: 1,
    symbol: "BTCUSDT",
    isKnown: false,
  };
  const request = '["client-order-id","ULT","E","BTCUSDT"]';
  await intents.port.keep(
    ANN,
    [
      ["chain:20260101:ULT-01JAN-00001", '{"symbol":"BTCUSDT"}'],
      ["order:20260101:ULT-01JAN-00001-E", JSON.stringify(order)],
      ["key:request-1", JSON.stringify({ request, answer: order })],
      [
        "key:request-2",
        '{"request":"[\\"sequence\\",null,1]","answer":{"day":"20260101","first":2,"last":2}}',
      ],
    ].map(([name, json]) => ({ name: name!, json: json!, keptUntil })),
  );
  deepEqual(await orders.make(ANN, entry(), KEY), {
    answer: order,
    isRepeat: true,
  });
  const second = parseIdempotencyKey("request-2");
  equal((await orders.issue(ANN, {}, second)).answer.first, 2);
  const stop = await orders.make(ANN, related(order.chain, "SL"));
  equal(stop.answer.symbol, "BTCUSDT");
});

Deno.test("what was given is counted", async () => {
  const { orders, telemetry } = openWorld();
  const { chain } = (await orders.make(ANN, entry(), KEY)).answer;
  await orders.make(ANN, entry(), KEY);
  await orders.make(ANN, related(chain, "E"));
  await orders.issue(ANN, {});
  const counted = (operation: string, result: string) =>
    telemetry.counted("holdfast_order_requests_total", { operation, result });
  deepEqual([
    counted("client_order_id", "new"),
    counted("client_order_id", "repeated"),
    counted("client_order_id", "known"),
    counted("sequence", "new"),
  ], [1, 1, 1, 1]);
});
