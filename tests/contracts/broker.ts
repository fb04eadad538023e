/**
 * The broker contract: the laws that every venue obeys while it answers. What
 * it does when it does not answer is for the tests of each adapter.
 *
 * @module
 */
import fc from "fast-check";
import { divideRounded, ONE, parseDecimal } from "../../domain/decimal.ts";
import { deepEqual, equal, notEqual, ok, rejects } from "../support/assert.ts";
import {
  ANN,
  BOB,
  type BrokerSubject,
  far,
  filledQty,
  held,
  openIds,
  order,
  type Some,
  trade,
} from "./broker_subject.ts";
import { testLaws, type Waivers } from "./law.ts";

/** The laws. */
export const BROKER_LAWS = {
  "what is submitted is filled, found and held": async (subject) => {
    const [symbol] = subject.symbols;
    const report = await trade(subject, {});
    deepEqual(report.order, order(subject));
    equal(report.status, "filled");
    equal(filledQty(report), 10n * ONE);
    deepEqual(await held(subject), [[symbol, 10n * ONE]]);
    deepEqual(await openIds(subject), []);
  },

  "the answer to a submit is the order as find has it": async (subject) => {
    for (const some of [far(subject), { id: "b" }]) {
      const sent = order(subject, some);
      const answer = await subject.broker.submit(sent);
      deepEqual(answer, await subject.broker.find(ANN, sent.id));
      deepEqual(answer.order, sent);
      ok(answer.brokerId);
    }
  },

  "an order whose price is not met stays open until it is canceled": async (
    subject,
  ) => {
    const { price, broker } = subject;
    const cases = {
      limit: far(subject),
      stop: { kind: "stop", stopPrice: price * 2n },
      limitSale: { kind: "limit", limitPrice: price * 2n, side: "sell" },
      stopSale: { kind: "stop", stopPrice: price / 2n, side: "sell" },
      stopLimit: {
        kind: "stop_limit",
        stopPrice: price * 2n,
        limitPrice: price * 3n,
      },
    } as const;
    const ids = Object.keys(cases).sort();
    for (const [id, some] of Object.entries(cases)) {
      equal((await trade(subject, { id, ...some })).status, "open");
    }
    deepEqual(await openIds(subject), ids);
    for (const id of ids) {
      const canceled = await broker.cancel(ANN, id);
      equal(canceled?.status, "canceled");
      ok(canceled?.reason);
      deepEqual(await broker.find(ANN, id), canceled);
    }
    deepEqual(await openIds(subject), []);
    await subject.settle();
    deepEqual(await held(subject), []);
  },

  "the same order again is the order that is there": async (subject) => {
    const { broker } = subject;
    const open = order(subject, { id: "open", ...far(subject) });
    const first = await broker.submit(open);
    deepEqual(await broker.submit(open), first);
    deepEqual(await openIds(subject), ["open"]);
    const done = await trade(subject, { id: "done" });
    deepEqual(await broker.submit(done.order), done);
    await subject.settle();
    deepEqual(await broker.find(ANN, "done"), done);
    deepEqual(await held(subject), [[subject.symbols[0], 10n * ONE]]);
    deepEqual(await broker.cancel(ANN, "open"), await broker.submit(open));
  },

  "the id of an order with other terms is refused, and nothing changed": async (
    subject,
  ) => {
    const { broker, price } = subject;
    const stop = {
      ...far(subject),
      kind: "stop_limit",
      stopPrice: price * 2n,
    } as const;
    const report = await broker.submit(order(subject, stop));
    const others: readonly Some[] = [
      { symbol: subject.symbols[1] },
      { side: "sell" },
      { qty: 10n * ONE + 1n },
      { kind: "limit", stopPrice: undefined },
      { limitPrice: stop.limitPrice + 1n },
      { stopPrice: stop.stopPrice + 1n },
      { timeInForce: "day" },
      { reduceOnly: true },
    ];
    for (const other of others) {
      const sent = order(subject, { ...stop, ...other });
      await rejects(broker.submit(sent), { code: "conflict" });
    }
    deepEqual(await broker.find(ANN, report.order.id), report);
    deepEqual(await openIds(subject), [report.order.id]);
  },

  "of submits of one order at one time there is one order": async (subject) => {
    const sent = order(subject);
    const reports = await Promise.all(
      Array.from({ length: 20 }, () => subject.broker.submit(sent)),
    );
    equal(new Set(reports.map(({ brokerId }) => brokerId)).size, 1);
    await subject.settle();
    deepEqual(await held(subject), [[sent.symbol, sent.qty]]);
  },

  "orders at one time are all filled, and all held": async (subject) => {
    const sent = Array.from({ length: 30 }, (_, i) =>
      order(subject, {
        id: `${i}`,
        side: i % 3 ? "buy" : "sell",
        symbol: subject.symbols[i % 2]!,
      }));
    await Promise.all(sent.map((one) => subject.broker.submit(one)));
    await subject.settle();
    deepEqual(
      await held(subject),
      subject.symbols.toSorted().map((symbol) => [symbol, 50n * ONE]),
    );
  },

  "an order that the venue does not have is undefined": async (subject) => {
    const { broker } = subject;
    await broker.submit(order(subject, { user: BOB }));
    equal(await broker.find(ANN, order(subject).id), undefined);
    equal(await broker.cancel(ANN, order(subject).id), undefined);
    deepEqual(await broker.open(ANN), []);
    deepEqual(await broker.positions(ANN), []);
  },

  "ids are taken up to their limits, and not beyond": async (subject) => {
    const good = ["a", ".A:/z0_-", "x".repeat(36), "X".repeat(36)];
    for (const id of good) {
      equal((await trade(subject, { id })).order.id, id);
    }
    deepEqual(await held(subject), [[subject.symbols[0], 40n * ONE]]);
    for (const id of ["", "x".repeat(37), "a b", "ü", "a\n"]) {
      const sent = order(subject, { id });
      await rejects(subject.broker.submit(sent), { code: "invalid" });
    }
  },

  "canceling what is over changes nothing": async (subject) => {
    const done = await trade(subject, {});
    deepEqual(await subject.broker.cancel(ANN, done.order.id), done);
    const sent = order(subject, { id: "b", ...far(subject) });
    await subject.broker.submit(sent);
    const canceled = await subject.broker.cancel(ANN, "b");
    deepEqual(await subject.broker.cancel(ANN, "b"), canceled);
    deepEqual(await held(subject), [[subject.symbols[0], 10n * ONE]]);
  },

  "users do not see each other's orders and positions": async (subject) => {
    await trade(subject, {});
    await trade(subject, { user: BOB, side: "sell" });
    deepEqual(await held(subject), [[subject.symbols[0], 10n * ONE]]);
    deepEqual(await held(subject, BOB), [[subject.symbols[0], -10n * ONE]]);
    await trade(subject, { user: BOB, id: "b", ...far(subject) });
    deepEqual(await openIds(subject), []);
    deepEqual(await openIds(subject, BOB), ["b"]);
  },

  "fills have ids of their own, and are what they must be": async (subject) => {
    const reports = [];
    for (const id of ["a", "a.1", "a.1.1", "b"]) {
      reports.push(await trade(subject, { id, qty: 7n * ONE }));
    }
    const fills = reports.flatMap(({ fills }) => fills);
    equal(new Set(fills.map(({ id }) => id)).size, fills.length);
    for (const { qty, price, commission, at } of fills) {
      ok(qty > 0n && price > 0n && commission >= 0n && Number.isInteger(at));
      equal(qty % ONE, 0n, "whole units are filled as whole units");
    }
    for (const report of reports) equal(filledQty(report), 7n * ONE);
  },

  "positions are what the fills come to, exactly": async (subject) => {
    const step = fc.record({
      side: fc.constantFrom("buy" as const, "sell" as const),
      qty: fc.bigInt(1n, 40n * ONE),
      price: fc.bigInt(subject.price / 2n, subject.price * 2n),
    });
    let [qty, entry] = [0n, 0n];
    const steps = fc.sample(step, { numRuns: 25, seed: 7 });
    for (const [i, { price, ...some }] of steps.entries()) {
      subject.move(price);
      const { fills, order } = await trade(subject, { id: `${i}`, ...some });
      for (const fill of fills) {
        const change = order.side === "buy" ? fill.qty : -fill.qty;
        const total = qty + change;
        if (qty * change >= 0n) {
          entry = divideRounded(qty * entry + change * fill.price, total);
        } else if (qty * total < 0n) entry = fill.price;
        qty = total;
      }
      const [position] = await subject.broker.positions(ANN);
      equal(position?.qty ?? 0n, qty);
      if (position) equal(position.avgEntryPrice, entry);
    }
  },

  "a position that is closed is held no more": async (subject) => {
    await trade(subject, { id: "a" });
    await trade(subject, { id: "b", side: "sell" });
    deepEqual(await subject.broker.positions(ANN), []);
  },

  "decimals come back exactly": async (subject) => {
    const qty = parseDecimal("123456789.123456789012")!;
    const limitPrice = subject.price / 2n + 1n;
    const report = await trade(subject, { kind: "limit", qty, limitPrice });
    equal(report.order.qty, qty);
    equal(report.order.limitPrice, limitPrice);
    const least = await trade(subject, { id: "b", qty: 1n });
    equal(filledQty(least), 1n);
    deepEqual(await held(subject), [[subject.symbols[0], 1n]]);
  },

  "no price is worse than its limit": async (subject) => {
    const { price } = subject;
    for (const side of ["buy", "sell"] as const) {
      const limitPrice = side === "buy" ? price * 2n : price / 2n;
      const some = { id: side, side, kind: "limit", limitPrice } as const;
      const report = await trade(subject, some);
      equal(report.status, "filled");
      for (const { price } of report.fills) {
        ok(side === "buy" ? price <= limitPrice : price >= limitPrice);
      }
    }
  },

  "what is not filled at once is over, where it was to be": async (subject) => {
    for (const timeInForce of ["ioc", "fok"] as const) {
      const some = { id: timeInForce, timeInForce, ...far(subject) };
      const report = await trade(subject, some);
      ok(report.status === "canceled" || report.status === "expired");
      equal(filledQty(report), 0n);
    }
    deepEqual(await openIds(subject), []);
  },

  "a reduce-only order brings a position to 0 at most": async (subject) => {
    const sale = { side: "sell", reduceOnly: true } as const;
    const none = await trade(subject, { id: "a", ...sale });
    ok(none.status === "rejected" || none.status === "canceled");
    ok(none.reason);
    await trade(subject, { id: "b", qty: 4n * ONE });
    const adding = await trade(subject, { id: "c", ...sale, side: "buy" });
    equal(filledQty(adding), 0n);
    const closing = await trade(subject, { id: "d", ...sale });
    equal(filledQty(closing), 4n * ONE);
    notEqual(closing.status, "open");
    deepEqual(await held(subject), []);
  },

  "orders that make no sense are rejected, with the reason": async (
    subject,
  ) => {
    const { price } = subject;
    const bad: readonly Some[] = [
      { qty: 0n },
      { qty: -ONE },
      { kind: "limit" },
      { kind: "limit", limitPrice: 0n },
      { kind: "stop", stopPrice: -price },
      { kind: "stop_limit", stopPrice: price },
      { kind: "market", limitPrice: price },
    ];
    for (const [i, some] of bad.entries()) {
      const report = await trade(subject, { id: `${i}`, ...some });
      equal(report.status, "rejected");
      ok(report.reason);
      deepEqual(report.fills, []);
    }
    deepEqual(await held(subject), []);
  },

  "an aborted call does nothing": async (subject) => {
    const { broker } = subject;
    const gone = AbortSignal.abort(new Error("gone"));
    const { order: { id } } = await trade(subject, {
      id: "b",
      ...far(subject),
    });
    for (
      const call of [
        broker.submit(order(subject), gone),
        broker.cancel(ANN, id, gone),
        broker.find(ANN, id, gone),
        broker.open(ANN, gone),
        broker.positions(ANN, gone),
      ]
    ) await rejects(call, { message: "gone" });
    await subject.settle();
    equal(await broker.find(ANN, order(subject).id), undefined);
    deepEqual(await openIds(subject), [id]);
  },

  "what was held up takes effect within inFlightMs, or never": async (
    subject,
  ) => {
    const { broker, holdUp, pass } = subject;
    for (const [id, some] of [["a", {}], ["b", far(subject)]] as const) {
      const letGo = holdUp();
      const sent = broker.submit(order(subject, { id, ...some }));
      const refused = rejects(sent, { code: "unavailable" });
      await pass(broker.inFlightMs + 1);
      letGo();
      await refused;
      await subject.settle();
      equal(await broker.find(ANN, id), undefined);
    }
    deepEqual(await held(subject), []);
    const letGo = holdUp();
    const sent = broker.submit(order(subject, { id: "c" }));
    await pass(broker.inFlightMs);
    letGo();
    equal((await sent).order.id, "c");
  },

  "who gives a submit up while it is held up stops it": async (subject) => {
    const { broker, holdUp, pass } = subject;
    const letGo = holdUp();
    const gone = new AbortController();
    const sent = broker.submit(order(subject), gone.signal);
    const refused = rejects(sent, { message: "gone" });
    await pass(1);
    gone.abort(new Error("gone"));
    letGo();
    await refused;
    await subject.settle();
    equal(await broker.find(ANN, order(subject).id), undefined);
    deepEqual(await held(subject), []);
  },

  "a closed broker rejects, and closes twice": async (subject) => {
    const { broker } = subject;
    await broker[Symbol.asyncDispose]();
    await broker[Symbol.asyncDispose]();
    for (
      const call of [
        broker.submit(order(subject)),
        broker.cancel(ANN, "a"),
        broker.find(ANN, "a"),
        broker.open(ANN),
        broker.positions(ANN),
      ]
    ) await rejects(call, { code: "closed" });
  },
} satisfies Record<string, (subject: BrokerSubject) => Promise<void>>;

/** Holds each venue `open` returns to every law, save those waived by name. */
export function testBroker(
  adapter: string,
  open: () => Promise<BrokerSubject>,
  waived: Waivers<typeof BROKER_LAWS> = {},
): void {
  testLaws(adapter, BROKER_LAWS, open, waived);
}
