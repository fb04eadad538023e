/**
 * The orders of a paper run, on a gateway that answers what the test says.
 *
 * @module
 */
import { type Decimal, parseDecimal } from "../../domain/decimal.ts";
import { InvalidInput } from "../../domain/invalid_input.ts";
import type { Order, OrderRequest } from "../../domain/order/order.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { parseTradingDate } from "../../domain/trading_date.ts";
import { parseUserId } from "../../domain/user_id.ts";
import type { OrderEntry, PositionView } from "../../ports/order_entry.ts";
import { PortError } from "../../ports/port_error.ts";
import { createOrderBook } from "../../src/apps/paper_run/order_book.ts";
import { deepEqual, equal, rejects } from "../support/assert.ts";

const USER = parseUserId("paper");
const AAA = parseSymbol("AAA");
const MONDAY = parseTradingDate("2024-01-08");
const TUESDAY = parseTradingDate("2024-01-09");

const money = (text: string | number): Decimal => parseDecimal(text)!;

const wanted = (side: "buy" | "sell", qty: number): OrderRequest => ({
  symbol: AAA,
  side,
  qty: money(qty),
  kind: "market",
  timeInForce: "day",
  reduceOnly: false,
  strategyId: "test",
});

/** A gateway whose orders are changed by hand, and that fails when it is told to. */
function scriptedEntry() {
  const orders = new Map<string, Order>();
  const failures: Error[] = [];
  const entry: OrderEntry = {
    async submit(user, { id, ...request }) {
      const failure = failures.shift();
      if (failure) throw failure;
      const order: Order = {
        ...request,
        user,
        id: id!,
        status: "accepted",
        filledQty: 0n,
        filledValue: 0n,
        commission: 0n,
        createdAt: 0,
        updatedAt: 0,
      };
      orders.set(order.id, order);
      return { order, isRepeat: false };
    },
    find: async (_user, id) => orders.get(id),
    cancel: async (_user, id) => orders.get(id)!,
    positions: async () => [],
  };
  const change = (edit: Partial<Order>) => {
    const [id, order] = [...orders].at(-1)!;
    orders.set(id, { ...order, ...edit });
  };
  return { book: createOrderBook(entry, USER), change, failures };
}

const position = (qty: number, realized: number): PositionView => ({
  symbol: AAA,
  qty: money(qty),
  avgEntryPrice: money(10),
  currentPrice: money(10),
  unrealizedPnl: 0n,
  realizedPnl: money(realized),
  commission: 0n,
  updatedAt: 0,
});

Deno.test("paper orders: what is under way counts as held, less what is filled", async () => {
  const { book, change } = scriptedEntry();
  await book.enter(MONDAY, wanted("sell", 10));
  deepEqual(book.pending(), new Map([[AAA, money(-10)]]));
  change({ status: "partially_filled", filledQty: money(4) });
  await book.update(TUESDAY);
  deepEqual(book.pending(), new Map([[AAA, money(-6)]]));
  await book.enter(TUESDAY, wanted("buy", 2));
  deepEqual(book.pending(), new Map([[AAA, money(-4)]]));
  equal(book.isOver(), false);
});

Deno.test("paper orders: an order that is over is asked for no more", async () => {
  const { book, change } = scriptedEntry();
  await book.enter(MONDAY, wanted("buy", 10));
  change({
    status: "filled",
    filledQty: money(10),
    filledValue: money(100),
    commission: money(1),
  });
  await book.update(TUESDAY);
  equal(book.isOver(), true);
  deepEqual(book.pending(), new Map());
  change({ filledValue: money(5000) });
  await book.update(TUESDAY);
  const [{ decidedOn, filledOn, order }] = book.orders() as [
    ReturnType<typeof book.orders>[number],
  ];
  deepEqual([decidedOn, filledOn, order.status], [MONDAY, TUESDAY, "filled"]);
  equal(order.filledValue, money(100));
});

Deno.test("paper orders: whose fate is unknown is told apart from what is at the venue", async () => {
  const { book, change } = scriptedEntry();
  await book.enter(MONDAY, wanted("buy", 1));
  equal(book.isKnown(), true);
  change({ status: "pending_new" });
  await book.update(MONDAY);
  equal(book.isKnown(), false);
});

Deno.test("paper orders: an order is entered again while nobody can tell, under the same id", async () => {
  const { book, failures } = scriptedEntry();
  failures.push(
    new PortError("timeout", "Cannot tell"),
    new PortError("unavailable", "Cannot now"),
  );
  equal(await book.enter(MONDAY, wanted("buy", 1)), undefined);
  deepEqual(book.orders().map(({ order }) => order.id), ["paper-2024-01-08-1"]);
});

Deno.test("paper orders: why an order cannot be entered is said, other faults end the run", async () => {
  const { book, failures } = scriptedEntry();
  failures.push(new InvalidInput("Cannot take it"));
  equal(await book.enter(MONDAY, wanted("buy", 1)), "Cannot take it");
  failures.push(...Array(9).fill(new PortError("unavailable", "Cannot now")));
  equal(await book.enter(MONDAY, wanted("buy", 1)), "Cannot now");
  failures.splice(0, 9, new TypeError("a bug"));
  await rejects(book.enter(MONDAY, wanted("buy", 1)), TypeError);
  deepEqual(book.orders(), []);
});

Deno.test("paper orders: a trade is closing when it goes against what was held", async () => {
  const { book, change } = scriptedEntry();
  const trade = async (
    side: "buy" | "sell",
    held: number,
    realized: number,
  ) => {
    await book.enter(MONDAY, wanted(side, 1));
    change({ status: "filled", filledQty: money(1), filledValue: money(10) });
    await book.update(TUESDAY);
    book.mark(TUESDAY, [position(held, realized)]);
  };
  await trade("buy", 5, -1); // opens
  await trade("buy", 7, -2); // adds
  await trade("sell", 3, 4); // reduces
  await trade("sell", -2, 9); // through zero
  await trade("sell", -4, 8); // adds to the short
  await trade("buy", 0, 5); // closes
  deepEqual(
    book.trades().map(({ closedPnl }) => closedPnl),
    [undefined, undefined, money(6), money(5), undefined, money(-3)],
  );
  // What was not traded since is no trade.
  book.mark(TUESDAY, [position(0, 5)]);
  equal(book.trades().length, 6);
});
