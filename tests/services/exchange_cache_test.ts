/**
 * What the venue says of accounts: asked for once, never older than 5 s, and
 * never from before an order of ours.
 *
 * @module
 */
import { ONE, parseDecimal } from "../../domain/decimal.ts";
import type { ExchangeCache } from "../../ports/exchange_cache.ts";
import { PortError } from "../../ports/port_error.ts";
import { anOrder } from "../contracts/exchange_cache.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import {
  ANN,
  AWAY,
  BOB,
  BTC,
  createWorld,
  look,
} from "../support/exchange_world.ts";
import { settle } from "../support/turns.ts";

Deno.test("the venue is asked once in 5 s for each user and part", async () => {
  for (const sharing of ["shared", "none"] as const) {
    const { accounts, clock, venue } = createWorld(sharing);
    const kept = sharing === "shared" ? "redis" : "memory";
    equal(await look(accounts), "1 broker");
    venue.trade(ANN, 2n); // by hand, at the venue
    await clock.advance(4999);
    equal(await look(accounts), `1 ${kept}`);
    equal(await look(accounts, BOB), "7 broker");
    deepEqual((await accounts.orders(ANN)).source, "broker");
    equal(venue.calls(), 3);
    await clock.advance(1);
    equal(await look(accounts), "2 broker");
    equal(venue.calls(), 4);
  }
});

Deno.test("an answer tells when the venue was asked, and how long ago that is", async () => {
  const { accounts, clock, venue } = createWorld();
  const began = clock.now();
  const [release, asked] = [venue.hold(), venue.asked()];
  const answer = accounts.positions(ANN);
  await asked;
  await clock.advance(300);
  release();
  const { rows, fetchedAt, ageMs } = await answer;
  deepEqual([fetchedAt, ageMs], [began, 300]);
  deepEqual(rows, [
    { symbol: "BTCUSDT", qty: "1", avg_entry_price: "42000.1" },
  ]);
  await clock.advance(700);
  clock.jumpWall(3_600_000);
  const again = await accounts.positions(ANN);
  deepEqual([again.fetchedAt, again.ageMs], [began, 1000]);
});

Deno.test("orders are shown with all that they say, conditional ones too", async () => {
  const { accounts, venue } = createWorld();
  const order = {
    user: ANN,
    id: "ULT-06JAN-00001-SL",
    symbol: BTC,
    side: "sell",
    qty: parseDecimal("0.015")!,
    kind: "stop_limit",
    limitPrice: parseDecimal("41000")!,
    stopPrice: parseDecimal("41500.5")!,
    timeInForce: "gtc",
    reduceOnly: true,
  } as const;
  const fill = (qty: string) => ({
    id: qty,
    qty: parseDecimal(qty)!,
    price: ONE,
    commission: 0n,
    at: 0,
  });
  const report = { order, brokerId: "88213", status: "open" } as const;
  const { limitPrice: _limit, stopPrice: _stop, ...market } = order;
  venue.list([
    { ...report, fills: [] },
    { ...report, order: market, fills: [fill("0.005"), fill("0.0025")] },
  ]);
  const shown = anOrder(order.id);
  deepEqual((await accounts.orders(ANN)).rows, [
    shown,
    { ...shown, limit_price: null, stop_price: null, filled_qty: "0.0075" },
  ]);
});

Deno.test("100 callers at once are one call of the venue", async () => {
  const { accounts, venue } = createWorld("none");
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => look(accounts)),
  );
  deepEqual([...new Set(answers)], ["1 broker"]);
  equal(venue.calls(), 1);
});

Deno.test("a caller who leaves takes the answer from nobody", async () => {
  const { accounts, venue } = createWorld();
  const [release, asked] = [venue.hold(), venue.asked()];
  const gone = new AbortController();
  const left = accounts.positions(ANN, gone.signal);
  const stays = look(accounts);
  await asked;
  gone.abort(new Error("gone"));
  await rejects(left, { message: "gone" });
  await rejects(accounts.positions(ANN, gone.signal), { message: "gone" });
  release();
  equal(await stays, "1 broker");
  equal(venue.calls(), 1);
});

Deno.test("after an order of ours the venue is asked anew", async () => {
  for (const sharing of ["shared", "none"] as const) {
    const { accounts, venue } = createWorld(sharing);
    await look(accounts);
    await accounts.orders(ANN);
    await look(accounts, BOB);
    venue.trade(ANN, 2n);
    await accounts.invalidate(ANN);
    equal(await look(accounts), "2 broker");
    equal((await accounts.orders(ANN)).source, "broker");
    ok(!(await look(accounts, BOB)).endsWith("broker"));
  }
});

Deno.test("what was asked for before an order is never kept after it", async () => {
  for (const sharing of ["shared", "none"] as const) {
    const { accounts, venue } = createWorld(sharing);
    const [release, asked] = [venue.hold(), venue.asked()];
    const before = look(accounts);
    await asked;
    venue.trade(ANN, 2n);
    await accounts.invalidate(ANN);
    // Who asks now does not wait for what was asked for before either.
    const after = look(accounts);
    release();
    equal(await before, "1 broker");
    equal(await after, "2 broker");
    equal((await look(accounts)).slice(0, 1), "2");
  }
});

Deno.test("nor by another instance than the one that entered the order", async () => {
  const { accounts, venue, open, shared } = createWorld();
  const other = open();
  const [release, asked] = [venue.hold(), venue.asked()];
  const before = look(accounts);
  await asked;
  venue.trade(ANN, 2n);
  await other.accounts.invalidate(ANN);
  release();
  equal(await before, "1 broker");
  // Neither for others, nor for itself when Redis goes away.
  shared.fail(AWAY);
  equal(await look(accounts), "2 broker");
  shared.fail();
  equal(await look(other.accounts), "2 broker");
});

Deno.test("who asks while an invalidation is under way does not get what it is about", async () => {
  const { venue, cache, open } = createWorld();
  const { promise: mayGoOn, resolve: goOn } = Promise.withResolvers<void>();
  let first = true;
  const { accounts } = open({
    ...cache,
    async invalidate(...args) {
      if (first) {
        first = false;
        await mayGoOn;
      }
      await cache.invalidate(...args);
    },
  });
  equal(await look(accounts), "1 broker");
  venue.trade(ANN, 2n);
  const invalidating = accounts.invalidate(ANN);
  await settle();
  equal(await look(accounts), "2 broker");
  goOn();
  await invalidating;
});

Deno.test("the word that one order is forgotten says nothing of a later one", async () => {
  const { venue, cache, open } = createWorld();
  const { promise: mayTell, resolve: tell } = Promise.withResolvers<void>();
  const answers = [
    () => mayTell,
    () => Promise.reject(new PortError("timeout", "Cannot tell")),
  ];
  const { accounts } = open({
    ...cache,
    async invalidate(...args) {
      const answer = answers.shift();
      if (answers.length > 0 || !answer) await cache.invalidate(...args);
      await answer?.();
    },
  });
  const first = accounts.invalidate(ANN);
  await settle();
  equal(await look(open().accounts), "1 broker");
  venue.trade(ANN, 2n);
  await accounts.invalidate(ANN);
  tell();
  await first;
  equal(await look(accounts), "2 broker");
});

Deno.test("instances share what the venue said", async () => {
  const { accounts, venue, open } = createWorld();
  const other = open();
  equal(await look(accounts), "1 broker");
  equal(await look(other.accounts), "1 redis");
  other.shared.fail(AWAY);
  equal(await look(other.accounts), "1 memory");
  equal(venue.calls(), 1);
});

Deno.test("who hears that another instance is asking waits for it, not for long", async () => {
  const { clock, venue, cache, open } = createWorld();
  let looks = 0;
  const hinting: ExchangeCache = {
    ...cache,
    async read(...args) {
      looks++;
      return { ...await cache.read(...args), isAsked: true };
    },
  };
  const { accounts } = open(hinting);
  const slow = look(accounts);
  for (let ms = 0; ms < 500; ms += 25) {
    await settle();
    await clock.advance(25);
  }
  equal(await slow, "1 broker");
  equal(looks, 17);
  await accounts.invalidate(ANN);

  const yielding = look(accounts);
  await settle();
  const { token } = await cache.read(ANN, "positions");
  await cache.fill(token, ANN, "positions", {
    rows: [],
    fetchedAt: 0,
    ageMs: 0,
  });
  await clock.advance(25);
  equal(await yielding, " redis");
  equal(venue.calls(), 1);
});

Deno.test("without Redis answers are kept in memory, and nothing fails", async () => {
  const { accounts, venue, shared, telemetry, clock } = createWorld();
  shared.fail(AWAY);
  equal(await look(accounts), "1 broker");
  equal(await look(accounts), "1 memory");
  venue.trade(ANN, 2n);
  await accounts.invalidate(ANN);
  equal(await look(accounts), "2 broker");
  await clock.advance(5000);
  equal(await look(accounts), "2 broker");
  const labels = { port: "exchange_cache", code: "unavailable" };
  ok(telemetry.counted("holdfast_port_errors_total", labels) >= 4);
});

Deno.test("an invalidation that Redis has not taken is made good before it is believed", async () => {
  const { accounts, venue, shared, clock } = createWorld();
  equal(await look(accounts), "1 broker");
  venue.trade(ANN, 2n);
  shared.fail(new PortError("timeout", "Cannot tell what it has done"));
  await accounts.invalidate(ANN);
  equal(await look(accounts), "2 broker");
  shared.fail();
  shared.calls.length = 0;
  equal(await look(accounts), "2 broker");
  deepEqual(shared.calls, ["invalidate", "read", "fill"]);
  equal(await look(accounts), "2 redis");
  // What was in doubt is over by itself, too.
  shared.fail(AWAY);
  await accounts.invalidate(BOB);
  await clock.advance(6000);
  await accounts.invalidate(ANN);
  shared.fail();
  shared.calls.length = 0;
  await look(accounts, BOB);
  deepEqual(shared.calls, ["read", "fill"]);
});

Deno.test("a fill that Redis does not take leaves the answer in memory", async () => {
  const { accounts, cache, open } = createWorld();
  const full = {
    ...cache,
    fill: () => Promise.reject(new PortError("full", "Cannot keep it")),
  };
  const { accounts: other, shared } = open(full);
  equal(await look(other), "1 broker");
  shared.fail(AWAY);
  equal(await look(other), "1 memory");
  equal(await look(accounts), "1 broker");
});

Deno.test("when the venue fails so does the answer: nothing old is given for it", async () => {
  const { accounts, venue, clock } = createWorld();
  await look(accounts);
  await clock.advance(5000);
  venue.fail(AWAY);
  const calls = venue.calls();
  const failed = await Promise.allSettled([look(accounts), look(accounts)]);
  deepEqual(failed.map(({ status }) => status), ["rejected", "rejected"]);
  equal(venue.calls(), calls + 1);
  await rejects(look(accounts), AWAY);
  venue.fail(undefined);
  equal(await look(accounts), "1 broker");
});

Deno.test("a venue that does not answer is waited for 4 s", async () => {
  const { accounts, venue, clock } = createWorld();
  const [release, asked] = [venue.hold(), venue.asked()];
  const answer = look(accounts);
  await asked;
  await clock.advance(3999);
  const late = rejects(answer, { code: "timeout", message: /venue.* 4000 ms/ });
  await clock.advance(1);
  await late;
  release();
  equal(await look(accounts), "1 broker");
});

Deno.test("what is no error of a port is not absorbed", async () => {
  const { accounts, shared } = createWorld();
  shared.fail(new TypeError("a bug"));
  await rejects(look(accounts), { message: "a bug" });
});
