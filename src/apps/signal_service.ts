/**
 * The signal service: from symbols to target weights.
 *
 * @module
 */
import {
  ALPHA158_NAMES,
  ALPHA158_WINDOW_ROWS,
  computeAlpha158,
} from "../../domain/alpha158/alpha158.ts";
import { signalsGenerated } from "../../domain/event/own_events.ts";
import { encodeFeatures } from "../../domain/feature.ts";
import { InvalidInput } from "../../domain/invalid_input.ts";
import {
  chooseEnds,
  type Ends,
  rankSignals,
  type Score,
  type Signal,
} from "../../domain/signal.ts";
import type { TradingSymbol } from "../../domain/symbol.ts";
import type { TradingDate } from "../../domain/trading_date.ts";
import type { UserId } from "../../domain/user_id.ts";
import { uuidV7 } from "../../domain/uuid.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Entropy } from "../../ports/entropy.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import type { MarketData } from "../../ports/market_data.ts";
import type {
  Model,
  ModelInfo,
  ModelRegistry,
  ModelReload,
} from "../../ports/model_registry.ts";
import { PortError } from "../../ports/port_error.ts";
import type { SignalRequest, SignalSource } from "../../ports/signal_source.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { errorFields } from "../services/error_fields.ts";
import type { FeatureService } from "../services/features.ts";
import type { ModelService } from "../services/models.ts";
import { publishOwn } from "../services/publish_own.ts";
import { PUBLISH_ATTEMPTS, retry } from "../services/retry.ts";

export type { SignalRequest } from "../../ports/signal_source.ts";

/** The outcome of one request. */
export interface SignalRun extends Ends {
  /** The signals, highest first. */
  readonly signals: readonly Signal[];
  readonly asOf: TradingDate;
  /** The model that scored. */
  readonly model: ModelInfo;
  /** In milliseconds since the Unix epoch. */
  readonly generatedAt: number;
  /** The `signals.generated` event in the log; `undefined` when there is none. */
  readonly event:
    | { readonly id: string; readonly position: number }
    | undefined;
  /** Why there is no event that there should be, unless events are switched off. */
  readonly eventError?: string;
}

/** Scores symbols by the active model. */
export interface SignalService {
  /**
   * Ranks the symbols and tells the log, unless the request says not to.
   *
   * When the log cannot take the event, the signals are answered all the same
   * and say so: `event` is absent.
   *
   * @throws {InvalidInput} When more symbols are asked for at the ends than
   * there are.
   * @throws {PortError} `unavailable` without a model; what the features of any
   * symbol throw.
   */
  generate(request: SignalRequest, signal?: AbortSignal): Promise<SignalRun>;

  /** The active model, or `undefined` while none is loaded. */
  model(): ModelInfo | undefined;

  /** Looks for another model now, as `ModelRegistry.reload` does. */
  reload(): Promise<ModelReload>;

  /**
   * Scores the first symbol there is and keeps nothing of it, so that the first
   * caller need not wait for code to be loaded and compiled. Never throws.
   */
  rehearse(): Promise<void>;
}

/** Creates the service; `defaults` fill in the ends a request leaves open. */
export function createSignalService(ports: {
  readonly market: MarketData;
  readonly features: FeatureService;
  readonly models: ModelService;
  readonly registry: ModelRegistry;
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly telemetry: Telemetry;
  readonly defaults: Ends;
}): SignalService {
  const { market, features, models, registry, bus, clock, entropy, telemetry } =
    ports;

  /** The newest date of any: who lags behind it is refused, not followed. */
  async function newestDate(
    symbols: readonly TradingSymbol[],
    signal: AbortSignal | undefined,
  ): Promise<TradingDate> {
    const ranges = await Promise.all(
      symbols.map((symbol) => market.range(symbol, signal).catch(portErrorOf)),
    );
    const errors = ranges.filter((range) => range instanceof PortError);
    if (errors.length > 0) throw firstOf(errors);
    return ranges.flatMap((range) => "last" in range ? [range.last] : [])
      .reduce((a, b) => a > b ? a : b);
  }

  async function score(
    model: Model,
    symbols: readonly TradingSymbol[],
    asOf: TradingDate,
    signal: AbortSignal | undefined,
  ): Promise<Score[]> {
    const results = await features.get(symbols, asOf, signal);
    const errors = results.flatMap((r) => "error" in r ? [r.error] : []);
    if (errors.length > 0) throw firstOf(errors);
    return results.flatMap((result) => {
      if ("error" in result) return [];
      const { vector } = result;
      const score = model.predict(features.values(vector));
      if (!Number.isFinite(score)) {
        throw new PortError(
          "corrupt",
          `Cannot rank ${vector.symbol} as model ${model.info.version} gives no number for it`,
        );
      }
      return [{ symbol: vector.symbol, score }];
    });
  }

  async function tell(
    run: SignalRun,
    user: UserId | undefined,
  ): Promise<SignalRun> {
    const id = uuidV7(run.generatedAt, entropy.bytes(10));
    const event = signalsGenerated(
      {
        strategyId: run.model.strategy,
        symbols: run.signals.map(({ symbol }) => symbol),
        asOfDate: run.asOf,
        numSignals: run.signals.length,
        modelVersion: run.model.version,
        topN: run.topN,
        bottomN: run.bottomN,
        user,
      },
      id,
      run.generatedAt,
    );
    try {
      const publish = () => publishOwn(bus, [event]);
      const receipts = await retry(publish, ports, PUBLISH_ATTEMPTS);
      if (!receipts) return run;
      return { ...run, event: { id, position: receipts[0]!.position } };
    } catch (error) {
      if (!(error instanceof PortError)) throw error;
      telemetry.log(
        "error",
        "cannot publish signals.generated; the signals were answered without it",
        errorFields(error),
      );
      telemetry.count("holdfast_port_errors_total", {
        port: "event_bus",
        code: error.code,
      });
      return { ...run, eventError: error.message };
    }
  }

  return {
    async generate(request, signal) {
      const { symbols, asOf, topN, bottomN, publish = true, user } = request;
      const model = registry.active();
      if (!model) {
        throw new PortError(
          "unavailable",
          "Cannot generate signals as no model is loaded: put one at MODEL_PATH and POST /api/v1/model/reload",
        );
      }
      const ends = chooseEnds(symbols.length, {
        ...(topN === undefined ? {} : { topN }),
        ...(bottomN === undefined ? {} : { bottomN }),
      }, ports.defaults);
      if (!ends) {
        throw new InvalidInput(
          `Cannot choose ${topN ?? "the default"} long and ${
            bottomN ?? "the default"
          } short as top_n + bottom_n must not exceed the number of symbols: current value is ${symbols.length} symbols`,
        );
      }
      const date = asOf ?? await newestDate(symbols, signal);
      const scores = await score(model, symbols, date, signal);
      const run: SignalRun = {
        ...ends,
        signals: rankSignals(scores, ends.topN, ends.bottomN),
        asOf: date,
        model: model.info,
        generatedAt: clock.now(),
        event: undefined,
      };
      return publish ? await tell(run, user) : run;
    },
    model: () => registry.active()?.info,
    reload: () => models.reload(),
    async rehearse() {
      try {
        const [symbol] = await market.symbols();
        if (symbol === undefined) return;
        const rows = ALPHA158_WINDOW_ROWS;
        const bars = await market.window(symbol, undefined, rows);
        const values = computeAlpha158(bars, bars.length - 1);
        encodeFeatures(ALPHA158_NAMES, values);
        registry.active()?.predict(values);
      } catch (error) {
        telemetry.log("debug", "rehearsal failed", errorFields(error));
      }
    },
  };
}

/** The signal service of this process as a signal source. */
export function signalSourceOf(
  service: Pick<SignalService, "generate">,
): SignalSource {
  return {
    async signals(request, signal) {
      const run = await service.generate(request, signal);
      const { signals, asOf, topN, bottomN, model } = run;
      return {
        signals,
        asOf,
        strategyId: model.strategy,
        modelVersion: model.version,
        topN,
        bottomN,
      };
    },
  };
}

/** `error` as a value, if it is one that a port foresees. */
function portErrorOf(error: unknown): PortError {
  if (error instanceof PortError) return error;
  throw error;
}

/** One error for all: the first, with the number of the others. */
function firstOf(errors: readonly PortError[]): PortError {
  const first = errors[0]!;
  if (errors.length === 1) return first;
  const others = errors.slice(1, 4).map((error) => error.message).join("; ");
  const more = errors.length > 4 ? `; and ${errors.length - 4} more` : "";
  return new PortError(first.code, `${first.message}; ${others}${more}`, {
    cause: first,
    facts: first.facts,
  });
}
