/**
 * Execution gateways on a ledger in memory and a fake venue.
 *
 * @module
 */
import { openMemoryTradeLedger } from "../../adapters/memory/trade_ledger.ts";
import {
  type Decimal,
  formatDecimal,
  parseDecimal,
} from "../../domain/decimal.ts";
import { parseObject } from "../../domain/json_value.ts";
import type { LoggedEvent } from "../../domain/event/event.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import { parseUserId } from "../../domain/user_id.ts";
import type { WantedOrder } from "../../ports/order_entry.ts";
import { PortError } from "../../ports/port_error.ts";
import type { TradeLedger } from "../../ports/trade_ledger.ts";
import {
  createExecutionGateway,
  type ExecutionGateway,
} from "../../src/apps/execution_gateway.ts";
import type { GatewayParts } from "../../src/apps/execution_gateway/parts.ts";
import { fail } from "./assert.ts";
import { createFakeBroker, type FakeBroker } from "./fake_broker.ts";
import { createMemoryWorld } from "./memory_world.ts";
import {
  createRecordingTelemetry,
  type RecordingTelemetry,
} from "./recording_telemetry.ts";
import { createSeededEntropy } from "./seeded_entropy.ts";

/** The user of most tests. */
export const ANN = parseUserId("ann");

/** What is traded in most tests. */
export const ACME = parseSymbol("ACME");

/** A decimal. */
export function dec(text: string): Decimal {
  return parseDecimal(text)!;
}

/** A request for 10 ACME at the market, with other terms where given. */
export function wanted(other: Partial<WantedOrder> = {}): WantedOrder {
  return {
    symbol: ACME,
    side: "buy",
    qty: dec("10"),
    kind: "market",
    timeInForce: "day",
    reduceOnly: false,
    strategyId: "manual",
    ...other,
  };
}

/** A gateway and what it stands on. */
export interface GatewayWorld {
  readonly clock: ReturnType<typeof createMemoryWorld>["clock"];
  readonly broker: FakeBroker;
  readonly ledger: TradeLedger;
  readonly telemetry: RecordingTelemetry;
  readonly gateway: ExecutionGateway;
  /** The price of everything; none when undefined. */
  price: string | undefined;
  /** The limit of daily losses in the settings, or what stands there. */
  breaker: unknown;
  /** One more gateway on the same ledger and venue. */
  another(parts?: Partial<GatewayParts>): ExecutionGateway;
  /** Every event in the log, with its data read. */
  events(): Promise<
    (LoggedEvent & { readonly data: Record<string, unknown> })[]
  >;
}

/** Creates a world whose gateway has reconciled, unless told otherwise. */
export async function createGatewayWorld(
  parts: Partial<GatewayParts> = {},
  { isReconciled = true, inFlightMs = 5000 } = {},
): Promise<GatewayWorld> {
  const memory = createMemoryWorld();
  const { clock } = memory;
  const bus = memory.bus();
  const broker = createFakeBroker(clock, { inFlightMs });
  const ledger = parts.ledger ?? openMemoryTradeLedger(memory.log);
  const telemetry = createRecordingTelemetry();
  const world: GatewayWorld = {
    clock,
    broker,
    ledger,
    telemetry,
    price: "100",
    breaker: { enabled: false },
    gateway: undefined as unknown as ExecutionGateway,
    another: (other) => create({ instance: "b", ...other }),
    async events() {
      const { events } = await bus.read({ after: 0, limit: 1000 });
      return events.map((event) => ({
        ...event,
        data: parseObject(event.json) as Record<string, unknown>,
      }));
    },
  };

  function create(other: Partial<GatewayParts>): ExecutionGateway {
    return createExecutionGateway({
      ledger,
      broker,
      prices: {
        async latest(symbol) {
          if (world.price === undefined) {
            throw new PortError("not_found", `Cannot tell of ${symbol}`);
          }
          return { price: dec(world.price), asOf: "2026-01-02" as never };
        },
      },
      settings: {
        read: (_user, names) =>
          Promise.resolve({
            source: "memory",
            verified: true,
            documents: names.map((name) => ({
              key: name as never,
              version: 1,
              json: typeof world.breaker === "string"
                ? world.breaker
                : JSON.stringify({ ...BREAKER, ...world.breaker as object }),
            })) as never,
          }),
      },
      timeZone: () => Promise.resolve("UTC"),
      clock,
      entropy: createSeededEntropy(),
      telemetry,
      limits: { maxQty: 0n, maxNotional: 0n },
      lots: "fractional",
      dryRun: false,
      instance: "a",
      ...parts,
      ...other,
    });
  }

  const gateway = create({});
  if (isReconciled) await gateway.reconcile();
  return Object.assign(world, { gateway });
}

const BREAKER = {
  enabled: true,
  max_loss_per_hour: 100,
  max_daily_loss: 500,
  max_consecutive_losses: 5,
  cooldown_minutes: 30,
  max_trades_per_minute: 10,
  max_daily_trades: 100,
};

/** What a user holds, in words: `10 ACME at 100, 0 earned`. */
export async function holdings(
  gateway: ExecutionGateway,
  user = ANN,
): Promise<readonly string[]> {
  const positions = await gateway.positions(user);
  return positions.map(({ symbol, qty, avgEntryPrice, realizedPnl }) =>
    `${formatDecimal(qty)} ${symbol} at ${formatDecimal(avgEntryPrice)}, ${
      formatDecimal(realizedPnl)
    } earned`
  );
}

/** One turn of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Lets work go on until `isSo`. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
): Promise<void> {
  for (let i = 0; i < 5000; i++) {
    if (await isSo()) return;
    await turn();
  }
  fail("it never came to be");
}

/** The end of `work`, for which time passes in steps. */
export async function passing<T>(
  { clock }: Pick<GatewayWorld, "clock">,
  work: Promise<T>,
  stepMs = 10,
): Promise<T> {
  let isOver = false;
  const end = work.finally(() => isOver = true);
  end.catch(() => {});
  while (!isOver) {
    await turn();
    await clock.advance(isOver ? 0 : stepMs);
  }
  return await end;
}
