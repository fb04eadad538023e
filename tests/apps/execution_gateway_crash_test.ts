/**
 * The gateway dies at every step of its work, by turns, and is started again:
 * no order is sent twice, none is lost, and what is kept agrees.
 *
 * @module
 */
import { createTradeBook } from "../../domain/autopilot/trade_book.ts";
import { formatDecimal } from "../../domain/decimal.ts";
import type { Broker } from "../../ports/broker.ts";
import type { TradeLedger } from "../../ports/trade_ledger.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";
import { checkEvents } from "../support/gateway_events.ts";
import {
  ANN,
  createGatewayWorld,
  dec,
  wanted,
} from "../support/gateway_world.ts";

const IDS = ["one", "two", "three", "four"];

/** Counts calls, and ends all work before or after one of them. */
function createReaper(at: number, isAfter: boolean) {
  let calls = 0;
  let isDead = false;
  const { promise: death, resolve: die } = Promise.withResolvers<void>();
  const never = () => new Promise<never>(() => {});
  function reap<Call extends (...args: never[]) => Promise<unknown>>(
    call: Call,
  ): Call {
    return (async (...args: never[]) => {
      const isNow = ++calls === at;
      if (isNow && !isAfter) isDead = true;
      if (isDead) {
        die();
        return await never();
      }
      const result = await call(...args);
      if (isNow) isDead = true;
      if (isDead) die();
      return isDead ? await never() : result;
    }) as Call;
  }
  return {
    death,
    calls: () => calls,
    ledger: (ledger: TradeLedger): TradeLedger => ({
      ...ledger,
      find: reap(ledger.find),
      list: reap(ledger.list),
      commit: reap(ledger.commit),
    }),
    broker: (broker: Broker): Broker => ({
      ...broker,
      submit: reap(broker.submit),
      find: reap(broker.find),
      cancel: reap(broker.cancel),
      open: reap(broker.open),
      positions: reap(broker.positions),
    }),
  };
}

/** One life of work that dies, another that goes on; returns calls of the first. */
async function live(at: number, isAfter: boolean): Promise<number> {
  const world = await createGatewayWorld();
  const { broker, clock, ledger, events, another } = world;
  const reaper = createReaper(at, isAfter);
  const first = another({
    instance: "first",
    ledger: reaper.ledger(ledger),
    broker: reaper.broker(broker),
  });
  async function work() {
    await first.reconcile();
    await first.submit(ANN, wanted({ id: "one" }));
    broker.fill("one", "4", "100", "1");
    await first.refresh();
    broker.script("deaf");
    await first.submit(ANN, wanted({ id: "two", side: "sell" }));
    await first.cancel(ANN, "two");
    broker.script("lost");
    await first.submit(ANN, wanted({ id: "three" }));
    // Over at once: the venue does not know its id again.
    broker.script("fill");
    await first.submit(ANN, wanted({ id: "four" }));
  }
  await Promise.race([work(), reaper.death]);

  const second = another({ instance: "second" });
  await second.reconcile();
  for (let i = 0; i < 4; i++) {
    await clock.advance(8000);
    await second.refresh();
  }
  for (const id of IDS) {
    // Who asks again gets the order, and it is sent at most once.
    await second.submit(
      ANN,
      wanted({ id, side: id === "two" ? "sell" : "buy" }),
    );
  }
  await clock.advance(8000);
  await second.refresh();
  for (const id of IDS) {
    ok(broker.timesTaken(id) <= 1, `${id} was taken twice`);
    equal(broker.timesTaken(id), 1, `${id} was lost`);
    const there = (await broker.find(ANN, id))!;
    if (there.status === "open") {
      broker.fill(id, formatDecimal(there.order.qty - sum(there.fills)), "90");
    }
  }
  await second.refresh();
  await second.refresh();

  const told = await events();
  checkEvents(told);
  const fills = await ledger.list({ kind: "fill", limit: 100 });
  let [held, filled] = [0n, 0n];
  for (const id of IDS) {
    const order = (await second.find(ANN, id))!;
    const there = (await broker.find(ANN, id))!;
    equal(order.status, there.status, id);
    equal(order.filledQty, sum(there.fills), id);
    filled += order.filledQty;
    held += order.side === "buy" ? order.filledQty : -order.filledQty;
    const mine = told.filter(({ data }) => data["client_order_id"] === id);
    const states = mine.filter(({ channel }) => channel === "orders.executed");
    equal(states.at(-1)!.data["status"], order.status);
    deepEqual(
      states.map(({ data }) => data["num_orders"]),
      states.map((_, i) => Number(i === 0)),
    );
    const moves = mine.length - states.length;
    equal(moves, there.fills.length, `${id} tells of each fill once`);
  }
  equal(
    fills.reduce((all, { json }) => all + dec(JSON.parse(json).qty), 0n),
    filled,
  );
  const [position] = await second.positions(ANN);
  equal(position!.qty, held);
  deepEqual((await second.reconcile()).differences, []);
  const book = createTradeBook();
  told.forEach((event) => book.apply(event));
  equal(book.unreadable, 0);
  return reaper.calls();
}

function sum(fills: readonly { readonly qty: bigint }[]): bigint {
  return fills.reduce((all, { qty }) => all + qty, 0n);
}

Deno.test("whenever the gateway dies, the next one finishes its work", async () => {
  const steps = await live(Infinity, false);
  ok(steps > 40, `${steps} steps`);
  for (let step = 1; step <= steps; step++) {
    for (const isAfter of [false, true]) await live(step, isAfter);
  }
});
