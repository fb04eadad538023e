/**
 * The orchestrator over the memory ledger, with a gateway, signals and prices
 * that do as they are told.
 *
 * @module
 */
import { openMemoryTradeLedger } from "../../adapters/memory/trade_ledger.ts";
import { type Decimal, ONE, parseDecimal } from "../../domain/decimal.ts";
import type { Order, OrderStatus } from "../../domain/order/order.ts";
import { isOver } from "../../domain/order/order_state.ts";
import type { Limits } from "../../domain/rebalance/moves.ts";
import { parseSymbol, type TradingSymbol } from "../../domain/symbol.ts";
import { parseTradingDate } from "../../domain/trading_date.ts";
import { parseUserId, type UserId } from "../../domain/user_id.ts";
import type { OrderEntry, WantedOrder } from "../../ports/order_entry.ts";
import { PortError, type PortErrorCode } from "../../ports/port_error.ts";
import type { SignalRequest, SignalSource } from "../../ports/signal_source.ts";
import {
  createOrchestrator,
  type RunRequest,
} from "../../src/apps/orchestrator.ts";
import type { Prices } from "../../src/services/prices.ts";
import { createMemoryWorld } from "./memory_world.ts";
import { createRecordingTelemetry } from "./recording_telemetry.ts";

/** Whose runs. */
export const USER = parseUserId("42");

/** The date of the signals. */
export const FRIDAY = parseTradingDate("2026-01-02");

/** What is run where nothing else is said. */
export const LIMITS: Limits = {
  capital: 100_000n * ONE,
  maxPositionSize: 20_000n * ONE,
  lots: "whole",
};

/** What the gateway does with an order for a symbol. */
export type Fate =
  | OrderStatus
  | { readonly refuse: PortErrorCode }
  | { readonly fillPart: Decimal };

/** A gateway that keeps orders and positions, and remembers in which order. */
export function createFakeGateway() {
  const orders = new Map<string, Order>();
  const fates = new Map<string, Fate>();
  const held = new Map<string, Decimal>();
  /** `side qty symbol` of each order that was entered, in that order. */
  const entered: string[] = [];
  /** The same of those that were to be canceled. */
  const canceled: string[] = [];
  const slow = new Set<string>();
  const keyOf = (user: UserId, id: string) => `${user} ${id}`;

  function hold(user: UserId, symbol: TradingSymbol, change: Decimal): void {
    const key = keyOf(user, symbol);
    held.set(key, (held.get(key) ?? 0n) + change);
  }

  function put(user: UserId, id: string, next: Partial<Order>): Order {
    const was = orders.get(keyOf(user, id))!;
    const order = { ...was, ...next };
    const filled = order.filledQty - was.filledQty;
    hold(user, order.symbol, order.side === "buy" ? filled : -filled);
    orders.set(keyOf(user, id), order);
    return order;
  }

  function enter(user: UserId, { id, ...wanted }: WantedOrder): Order {
    const fate = fates.get(wanted.symbol) ?? "filled";
    if (typeof fate === "object" && "refuse" in fate) {
      throw new PortError(
        fate.refuse,
        `Cannot enter it as it is ${fate.refuse}`,
      );
    }
    entered.push(`${wanted.side} ${wanted.qty / ONE} ${wanted.symbol}`);
    orders.set(keyOf(user, id!), {
      ...wanted,
      user,
      id: id!,
      status: "accepted",
      brokerId: `b-${orders.size + 1}`,
      filledQty: 0n,
      filledValue: 0n,
      commission: 0n,
      createdAt: 0,
      updatedAt: 0,
    });
    const filledQty = fate === "filled"
      ? wanted.qty
      : typeof fate === "object"
      ? fate.fillPart
      : 0n;
    return put(user, id!, {
      status: typeof fate === "object" ? "partially_filled" : fate,
      filledQty,
      filledValue: filledQty * 100n,
      reason: fate === "denied" || fate === "rejected"
        ? `is ${fate}`
        : undefined,
    });
  }

  const port: OrderEntry = {
    async submit(user, wanted) {
      const order = orders.get(keyOf(user, wanted.id!));
      if (!order) return { order: enter(user, wanted), isRepeat: false };
      const { symbol, side, qty, runId, reduceOnly } = wanted;
      const isSame = order.symbol === symbol && order.side === side &&
        order.qty === qty && order.runId === runId &&
        order.reduceOnly === reduceOnly;
      if (isSame) return { order, isRepeat: true };
      throw new PortError("conflict", `Cannot enter ${wanted.id} twice`);
    },
    find: async (user, id) => orders.get(keyOf(user, id)),
    async cancel(user, id) {
      const order = orders.get(keyOf(user, id));
      if (!order) throw new PortError("not_found", `Cannot cancel ${id}`);
      canceled.push(`${order.side} ${order.qty / ONE} ${order.symbol}`);
      if (isOver(order.status) || order.status === "pending_new") return order;
      const isSlow = slow.has(order.symbol);
      return put(user, id, { status: isSlow ? "pending_cancel" : "canceled" });
    },
    positions: async (user) =>
      [...held].filter(([key]) => key.startsWith(`${user} `)).map((
        [key, qty],
      ) => ({
        symbol: parseSymbol(key.split(" ")[1]!),
        qty,
        avgEntryPrice: 100n * ONE,
        currentPrice: 100n * ONE,
        unrealizedPnl: 0n,
        realizedPnl: 0n,
        commission: 0n,
        updatedAt: 0,
      })),
  };

  return {
    port,
    entered,
    canceled,
    orders,
    /** Has cancellations of orders for a symbol wait for the venue. */
    cancelSlowly: (symbol: string) => void slow.add(symbol),
    /** Decides what becomes of orders for a symbol. */
    fate: (symbol: string, fate: Fate) => void fates.set(symbol, fate),
    /** Changes an order as the venue does. */
    put,
    hold: (symbol: string, units: number, user = USER) =>
      hold(user, parseSymbol(symbol), BigInt(units) * ONE),
    /** `symbol units`, those not 0, by symbol. */
    held: (user = USER) =>
      [...held].filter(([key, qty]) => key.startsWith(`${user} `) && qty !== 0n)
        .map(([key, qty]) => `${key.split(" ")[1]} ${qty / ONE}`).toSorted(),
  };
}

/** Stops a process at a call of a port: before it is made, or once it is. */
export interface Tap {
  /** Stands around a call. */
  <T>(call: () => Promise<T>): Promise<T>;
}

const letThrough: Tap = (call) => call();

/** `port` whose calls go through `tap`. */
export function tapped<Port extends object>(port: Port, tap: Tap): Port {
  return new Proxy(port, {
    get(target, name) {
      const member = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return (...args: unknown[]) =>
        tap(() => Reflect.apply(member, target, args));
    },
  });
}

/** The world of the orchestrator. */
export function createOrchestratorWorld(
  weights: Readonly<Record<string, number>> = { AAA: 0.1, BBB: 0, CCC: -0.1 },
) {
  const memory = createMemoryWorld();
  const { clock } = memory;
  const telemetry = createRecordingTelemetry();
  const ledger = openMemoryTradeLedger(memory.log);
  const gateway = createFakeGateway();
  const prices = new Map<string, string>();
  const asked: SignalRequest[] = [];
  const signals = {
    weights,
    strategyId: "alpha_baseline",
    failure: undefined as Error | undefined,
  };

  const source: SignalSource = {
    async signals(request) {
      asked.push(request);
      if (signals.failure) throw signals.failure;
      const { symbols, asOf = FRIDAY, topN = 1, bottomN = 1 } = request;
      return {
        signals: symbols.map((symbol, i) => ({
          symbol,
          score: -i,
          predictedReturn: -i / 100,
          rank: i + 1,
          targetWeight: signals.weights[symbol] ?? 0,
        })),
        asOf,
        strategyId: signals.strategyId,
        modelVersion: "v1",
        topN,
        bottomN,
      };
    },
  };

  const priced: Prices = {
    async latest(symbol) {
      const price = parseDecimal(prices.get(symbol) ?? "100");
      if (price !== undefined) return { price, asOf: FRIDAY };
      throw new PortError("not_found", `Cannot tell the price of ${symbol}`);
    },
  };

  /** One more instance over the same ledger and gateway. */
  function instance(
    over: { readonly limits?: Partial<Limits>; readonly tap?: Tap } = {},
  ) {
    const { tap = letThrough } = over;
    return createOrchestrator({
      ledger: tapped(ledger, tap),
      signals: tapped(source, tap),
      orders: tapped(gateway.port, tap),
      prices: tapped(priced, tap),
      clock,
      telemetry,
      defaults: { ...LIMITS, ...over.limits },
    });
  }
  const orchestrator = instance();

  return {
    ...memory,
    telemetry,
    ledger,
    gateway,
    signals,
    asked,
    instance,
    orchestrator,
    /** Sets a price; one that is none is not known. */
    price: (symbol: string, price: string) => void prices.set(symbol, price),
    /** Runs some symbols. */
    run: (request: Partial<RunRequest> = {}, over = orchestrator) =>
      over.run(USER, {
        symbols: Object.keys(signals.weights).map(parseSymbol),
        ...request,
      }),
    /** The data of the `orders.executed` events. */
    async executed(): Promise<readonly unknown[]> {
      const { events } = await memory.bus().read({ after: 0, limit: 1000 });
      return events.filter(({ channel }) => channel === "orders.executed")
        .map(({ json }) => JSON.parse(json));
    },
  };
}
