/**
 * The paper run, whole: ports → use cases → days → outcome.
 *
 * @module
 */
import { BUILT_IN_DOCUMENTS } from "../domain/settings/catalogue.ts";
import { settingsKey } from "../domain/settings.ts";
import type { TradingSymbol } from "../domain/symbol.ts";
import type { TradingDate } from "../domain/trading_date.ts";
import { parseUserId, type UserId } from "../domain/user_id.ts";
import type { Broker } from "../ports/broker.ts";
import { PortError } from "../ports/port_error.ts";
import type { SignalSource } from "../ports/signal_source.ts";
import type { SettingsSnapshots } from "./apps/autopilot_settings.ts";
import {
  createExecutionGateway,
  type ExecutionGateway,
} from "./apps/execution_gateway.ts";
import { runPaper } from "./apps/paper_run.ts";
import { createMarketDays } from "./apps/paper_run/market_day.ts";
import type {
  PaperOutcome,
  PaperParameters,
} from "./apps/paper_run/outcome.ts";
import { loadPastBars, type PastBars } from "./apps/paper_run/past_bars.ts";
import { createSignalService, signalSourceOf } from "./apps/signal_service.ts";
import type { FilePlaces } from "./composition/files.ts";
import { openPaperPorts, type PaperPorts } from "./composition/paper.ts";
import type { Config } from "./config.ts";
import { createFeatureService } from "./services/features.ts";
import { inTurns } from "./services/in_turns.ts";
import { createModelService } from "./services/models.ts";
import type { Prices } from "./services/prices.ts";
import { openQuarantineService } from "./services/quarantine.ts";
import { sha256 } from "./services/sha256.ts";

/** Whose account it is. */
const USER = parseUserId("paper");

/** Options of the venue that every report names. */
const VENUE = { slippage_bps: "0", commission_bps: "0", seed: "1" };

/** Digits of a run's id. */
const ID_DIGITS = 16;

/** What a paper run is asked to do. */
export interface PaperDeskRequest {
  /** All that have bars when absent. */
  readonly symbols: readonly TradingSymbol[] | undefined;
  /** The oldest bar of any when absent. */
  readonly from: TradingDate | undefined;
  /** The newest bar of any when absent. */
  readonly to: TradingDate | undefined;
  /** Where bars and model are, and how it trades. */
  readonly config:
    & FilePlaces
    & Pick<Config, "orchestration" | "gateway" | "ends">;
  /** Options of the venue as they were given, such as `slippage_bps`. */
  readonly venue: Readonly<Record<string, string>>;
}

/** What a run calls as it goes; none of it changes what comes of the run. */
export interface PaperDeskHooks {
  /** Is called after each day. */
  onDay(done: number, total: number): Promise<void>;
  /** Is called before whatever takes long; absent where nobody else waits. */
  rest?: (() => Promise<void>) | undefined;
}

/**
 * Runs what was asked for.
 *
 * @throws {PortError} When there are no bars or no model, naming the file.
 * @throws {InvalidInput} When an option of the venue is wrong.
 */
export async function runPaperDesk(
  request: PaperDeskRequest,
  { onDay, rest = async () => {} }: PaperDeskHooks,
  stop: AbortSignal,
): Promise<PaperOutcome> {
  await using stack = new AsyncDisposableStack();
  const opened = await openPaperPorts(request.config, request.venue, stack);
  const { clock } = opened;
  const restHere = () => clock.standStill(rest);
  const ports: PaperPorts = {
    ...opened,
    broker: rested(opened.broker, restHere),
  };
  const { model } = await ports.modelRegistry.reload(stop);
  const symbols = request.symbols ?? await allSymbols(request, ports, stop);
  const bars = await loadPastBars(
    ports.marketData,
    { symbols, from: request.from, to: request.to },
    stop,
  );
  refuseEarly(bars);
  const { config } = request;
  const parameters: PaperParameters = {
    symbols,
    from: bars.dates[0]!,
    to: bars.dates.at(-1)!,
    capital: config.orchestration.capital,
    maxPositionSize: config.orchestration.maxPositionSize,
    lots: config.gateway.lots,
    ...config.ends,
    strategyId: model.info.strategy,
    modelVersion: model.info.version,
    venue: { ...VENUE, ...request.venue },
    bars: bars.fingerprints,
  };
  const runId = runIdOf(parameters);
  const gateway = createGateway(ports, bars, parameters);
  await gateway.reconcile(stop);
  const result = await runPaper(
    {
      bars,
      market: createMarketDays({
        ...ports,
        bars,
        venue: ports.broker,
        gateway,
        user: USER,
      }),
      signals: await openSignals(ports, bars, parameters, restHere),
      orders: gateway,
    },
    { ...parameters, user: USER, runId },
    (done) => clock.standStill(() => onDay(done, bars.dates.length)),
    stop,
  );
  return { runId, parameters, ...result };
}

/** `broker`, each call of which `rest` comes before. */
function rested<B extends Broker>(broker: B, rest: () => Promise<void>): B {
  return {
    ...broker,
    async submit(...asked) {
      await rest();
      return await broker.submit(...asked);
    },
    async find(...asked) {
      await rest();
      return await broker.find(...asked);
    },
  };
}

/** Clocks and stored times begin with 1970. */
function refuseEarly({ dates: [first] }: PastBars): void {
  if (first! > "1970-01-01") return;
  throw new PortError(
    "invalid",
    `Cannot run from ${first} as days before 1970-01-02 cannot be traded: name a later one with --from`,
  );
}

async function allSymbols(
  { config }: PaperDeskRequest,
  { marketData }: PaperPorts,
  stop: AbortSignal,
) {
  const symbols = await marketData.symbols(stop);
  if (symbols.length > 0) return symbols;
  throw new PortError(
    "not_found",
    `Cannot run as there are no bars in ${config.marketDataDir}: ` +
      "name a folder of SYMBOL.parquet files with --market-data-dir",
  );
}

function createGateway(
  ports: PaperPorts,
  bars: PastBars,
  { lots }: PaperParameters,
): ExecutionGateway {
  return createExecutionGateway({
    ...ports,
    prices: pricesOf(bars),
    settings: { read: async (user) => withoutBreaker(user) },
    timeZone: async () => "UTC",
    // The size of positions is limited before orders are made.
    limits: { maxQty: 0n, maxNotional: 0n },
    lots,
    dryRun: false,
    instance: "paper-run",
  });
}

/** The newest close that there is, so that a day without one changes nothing. */
function pricesOf(bars: PastBars): Prices {
  return {
    async latest(symbol) {
      const price = bars.close(symbol);
      if (price !== undefined) return { price, asOf: bars.today() };
      throw new PortError("not_found", `There is no close of ${symbol} yet`);
    },
  };
}

/** Daily losses are what a run is to show, so that none ends it. */
function withoutBreaker(
  user: UserId,
): Awaited<ReturnType<SettingsSnapshots["read"]>> {
  const breaker = { ...BUILT_IN_DOCUMENTS.circuit_breaker, enabled: false };
  return {
    documents: [{
      key: settingsKey(user, "circuit_breaker"),
      version: 0,
      json: JSON.stringify(breaker),
    }],
    source: "database",
    verified: true,
  };
}

/** The signal service, on the bars up to today. */
async function openSignals(
  ports: PaperPorts,
  { market }: PastBars,
  { topN, bottomN }: PaperParameters,
  rest: () => Promise<void>,
): Promise<SignalSource> {
  const quarantine = await openQuarantineService({
    ...ports,
    source: ports.quarantineList,
  });
  const registry = ports.modelRegistry;
  const common = { ...ports, registry, market, quarantine };
  const features = createFeatureService({ ...common, ttlS: 1 });
  return signalSourceOf(createSignalService({
    ...common,
    features: {
      ...features,
      async get(symbols, ...asked) {
        const one = async (symbol: TradingSymbol) => {
          await rest();
          return await features.get([symbol], ...asked);
        };
        return (await inTurns(symbols, 1, one)).flat();
      },
    },
    models: createModelService(common),
    defaults: { topN, bottomN },
  }));
}

/** Follows from everything that decides what comes of the run. */
function runIdOf(parameters: PaperParameters): string {
  const text = JSON.stringify(
    parameters,
    (_, value) => typeof value === "bigint" ? String(value) : value,
  );
  return `paper-${sha256(text).toHex().slice(0, ID_DIGITS)}`;
}
