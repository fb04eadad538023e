/**
 * Paper brokers over a trade ledger, with a market that stands where it is put.
 *
 * @module
 */
import { openMemoryTradeLedger } from "../../adapters/memory/trade_ledger.ts";
import {
  openPaperBroker,
  type PaperBroker,
  type PaperBrokerParts,
} from "../../adapters/paper/broker.ts";
import { PAPER_ORDER, readOrder } from "../../adapters/paper/rows.ts";
import {
  type Decimal,
  formatDecimal,
  ONE,
  parseDecimal,
} from "../../domain/decimal.ts";
import { barAt } from "../../domain/paper/match.ts";
import { parseSymbol, type TradingSymbol } from "../../domain/symbol.ts";
import { dateOfEpochDay } from "../../domain/trading_date.ts";
import { parseUserId } from "../../domain/user_id.ts";
import type { BrokerOrder } from "../../ports/broker.ts";
import { PortError } from "../../ports/port_error.ts";
import type { TradeLedger } from "../../ports/trade_ledger.ts";
import type { BrokerSubject } from "../contracts/broker_subject.ts";
import { ok } from "./assert.ts";
import type { FakeClock } from "./fake_clock.ts";
import { createMemoryWorld, subject } from "./memory_world.ts";

export const ANN = parseUserId("ann");
export const AAPL = parseSymbol("AAPL");
export const MSFT = parseSymbol("MSFT");

/** A decimal, as it is written. */
export function dec(text: string): Decimal {
  const value = parseDecimal(text);
  ok(value !== undefined, `${text} is a decimal`);
  return value;
}

/** An order to buy 10 AAPL at the market for the day, unless something else is said. */
export function buy(
  id: string,
  some: Partial<BrokerOrder> = {},
): BrokerOrder {
  return {
    user: ANN,
    id,
    symbol: AAPL,
    side: "buy",
    qty: 10n * ONE,
    kind: "market",
    timeInForce: "day",
    reduceOnly: false,
    ...some,
  };
}

/** A venue and its market. */
export interface PaperWorld {
  readonly clock: FakeClock;
  readonly ledger: TradeLedger;
  /** What symbols trade at; of others there is no price. */
  readonly prices: Map<TradingSymbol, Decimal>;
  /** Opens a broker at the venue, as one more instance would. */
  readonly open: (parts?: Partial<PaperBrokerParts>) => PaperBroker;
  /** How often the venue was sent an order; 0 when it never was. */
  readonly submissions: (id: string) => Promise<number>;
}

/** Creates a venue in memory, or in `ledger`. */
export function createPaperWorld(ledger?: TradeLedger): PaperWorld {
  const { clock, log } = createMemoryWorld();
  const held = ledger ?? openMemoryTradeLedger(log);
  const prices = new Map([[AAPL, 100n * ONE], [MSFT, 100n * ONE]]);
  const quotes = {
    async now(symbol: TradingSymbol) {
      const price = prices.get(symbol);
      if (price !== undefined) return price;
      throw new PortError("not_found", `Cannot tell the price of ${symbol}`);
    },
  };
  return {
    clock,
    ledger: held,
    prices,
    open: (parts) => openPaperBroker({ ledger: held, clock, quotes, ...parts }),
    async submissions(id) {
      const [row] = await held.find(ANN, [{ kind: PAPER_ORDER, id }]);
      return row ? readOrder(row).submissions : 0;
    },
  };
}

/** A broker for the laws. */
export function openBrokerSubject(
  parts: Partial<PaperBrokerParts>,
  ledger?: TradeLedger,
  ...close: AsyncDisposable[]
): BrokerSubject {
  const world = createPaperWorld(ledger);
  let held: Promise<void> | undefined;
  const broker = world.open({
    ledger: {
      ...world.ledger,
      async find(...args) {
        const rows = await world.ledger.find(...args);
        await held;
        return rows;
      },
    },
    ...parts,
  });
  function holdUp() {
    const { promise, resolve } = Promise.withResolvers<void>();
    held = promise;
    return resolve;
  }
  const pass = (ms: number) => world.clock.advance(ms);
  const bars = new Map([[AAPL, barAt(100n * ONE)], [MSFT, barAt(100n * ONE)]]);
  let day = 20_000;
  async function settle() {
    if (parts.fillAt === "next_bar") {
      return await broker.advance(dateOfEpochDay(day++), bars);
    }
    // Of an order of four parts the first is filled as it comes.
    for (let i = 0; i < 3; i++) await broker.poke();
  }
  const symbols = [AAPL, MSFT] as const;
  const price = 100n * ONE;
  function move(price: Decimal) {
    world.prices.set(AAPL, price);
    bars.set(AAPL, barAt(price));
  }
  const market = { symbols, price, move, settle, holdUp, pass };
  return subject({ broker, ...market }, broker, ...close);
}

/** A limit order below the market, until canceled. */
export const LOW = {
  kind: "limit",
  limitPrice: dec("95"),
  timeInForce: "gtc",
} as const;

/** How an order stands: its status and its fills. */
export async function stand(broker: PaperBroker, id: string): Promise<string> {
  const report = await broker.find(ANN, id);
  const fills = report?.fills ?? [];
  return [
    report?.status,
    ...fills.map(({ qty, price }) =>
      `${formatDecimal(qty)}@${formatDecimal(price)}`
    ),
  ].join(" ");
}
