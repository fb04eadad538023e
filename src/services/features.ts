/**
 * Feature vectors, cached beside their computation.
 *
 * @module
 */
import {
  ALPHA158_NAMES,
  ALPHA158_SET,
  computeAlpha158,
} from "../../domain/alpha158/alpha158.ts";
import { featuresInvalidated } from "../../domain/event/own_events.ts";
import {
  decodeFeatures,
  encodeFeatures,
  type FeatureScope,
  type FeatureVector,
} from "../../domain/feature.ts";
import type { TradingSymbol } from "../../domain/symbol.ts";
import type { TradingDate } from "../../domain/trading_date.ts";
import { uuidV7 } from "../../domain/uuid.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Entropy } from "../../ports/entropy.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import type { FeatureStore } from "../../ports/feature_store.ts";
import type { MarketData } from "../../ports/market_data.ts";
import { PortError } from "../../ports/port_error.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import {
  type BarWindow,
  createBarWindows,
  type NoWindow,
} from "./bar_windows.ts";
import { errorFields } from "./error_fields.ts";
import { publishOwn } from "./publish_own.ts";
import type { QuarantineService } from "./quarantine.ts";

/** A share of the time to live by which vectors expire sooner or later. */
const TTL_JITTER = 0.1;

/** What became of one symbol. */
export type FeatureResult =
  | {
    readonly vector: FeatureVector;
    /** Whether it was found in the store or computed now. */
    readonly source: "cache" | "computed";
  }
  | NoWindow;

/** Counts since the start. */
export interface FeatureStats {
  readonly hits: number;
  readonly misses: number;
  /** Vectors computed; fewer than misses where callers shared one. */
  readonly computations: number;
  /** Failed calls of the store, which were answered by computing. */
  readonly errors: number;
  /** Vectors held by the store; `undefined` when it cannot be asked. */
  readonly size: number | undefined;
}

/** Gives out vectors and forgets them. */
export interface FeatureService {
  /**
   * The vectors of `symbols` as of the close of `date` (of each one's newest
   * bar when absent), one result a symbol, in the order asked for. A store
   * that fails costs time, never an answer.
   */
  get(
    symbols: readonly TradingSymbol[],
    date: TradingDate | undefined,
    signal?: AbortSignal,
  ): Promise<readonly FeatureResult[]>;

  /** The numbers of a vector in the order of `ALPHA158_NAMES`; not to be written to. */
  values(vector: FeatureVector): Float64Array;

  /** Tells the log that vectors are void, then forgets them. */
  invalidate(scope: FeatureScope, actor: string): Promise<void>;

  /** Forgets vectors that the log says are void. */
  forget(scope: FeatureScope): Promise<void>;

  /** Counts since the start. */
  stats(): Promise<FeatureStats>;
}

/**
 * Creates the service.
 *
 * @param ports.forgetful Stores that nobody else tells what the log says is
 * void; `store` when absent.
 * @param ports.ttlS How long a vector is kept, in seconds.
 */
export function createFeatureService(ports: {
  readonly market: MarketData;
  readonly quarantine: QuarantineService;
  readonly store: FeatureStore;
  readonly forgetful?: readonly FeatureStore[];
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly telemetry: Telemetry;
  readonly ttlS: number;
}): FeatureService {
  const { store, bus, clock, entropy, telemetry } = ports;
  const { forgetful = [store] } = ports;
  const windows = createBarWindows(ports);
  const underWay = new Map<string, Promise<FeatureResult>>();
  const decoded = new WeakMap<FeatureVector, Float64Array>();
  /** What vectors stand for that were found and have not been decoded. */
  const origins = new WeakMap<FeatureVector, BarWindow>();
  const counts = { hits: 0, misses: 0, computations: 0, errors: 0 };

  /** Reads `windows` from the store, computes what it misses and fills it in. */
  async function lookUp(
    windows: readonly BarWindow[],
  ): Promise<FeatureResult[]> {
    const read = await absorb("read", () => store.read(windows));
    const results = windows.map((window, i): FeatureResult => {
      const found = read?.vectors[i];
      if (found && isOf(found, window)) {
        if (!decoded.has(found)) origins.set(found, window);
        return { vector: found, source: "cache" };
      }
      return { vector: compute(window), source: "computed" };
    });
    const computed = results.flatMap((result) =>
      "vector" in result && result.source === "computed" ? [result.vector] : []
    );
    count("hits", "hit", windows.length - computed.length);
    count("misses", "miss", computed.length);
    if (read && computed.length > 0) {
      const ttls = computed.map(() => jitter(ports.ttlS));
      await absorb("fill", () => store.fill(read.token, computed, ttls));
    }
    return results;
  }

  function compute(
    { symbol, date, bars, fingerprint }: BarWindow,
  ): FeatureVector {
    counts.computations++;
    telemetry.count("holdfast_feature_computations_total");
    const values = computeAlpha158(bars, bars.length - 1);
    const vector = {
      symbol,
      date,
      json: encodeFeatures(ALPHA158_NAMES, values),
      stamp: {
        set: ALPHA158_SET,
        window: fingerprint,
        computedAt: clock.now(),
      },
    };
    // As a reader of the JSON would see them: null where not finite, no -0.
    decoded.set(vector, values.map((v) => Number.isFinite(v) ? v + 0 : NaN));
    return vector;
  }

  /** Damage of what was found is as good as not having found it. */
  function decode(vector: FeatureVector): Float64Array {
    try {
      return decodeFeatures(ALPHA158_NAMES, vector.json);
    } catch (error) {
      const window = origins.get(vector);
      if (!window) throw error;
      return decoded.get(compute(window))!;
    }
  }

  /** Runs a call of the store; a failure is counted and gives `undefined`. */
  async function absorb<T>(
    call: string,
    run: () => Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof PortError)) throw error;
      counts.errors++;
      telemetry.count("holdfast_port_errors_total", {
        port: "feature_store",
        code: error.code,
      });
      telemetry.log("debug", `feature store failed to ${call}`, {
        ...errorFields(error),
      });
    }
  }

  function count(kind: "hits" | "misses", result: string, by: number): void {
    if (by === 0) return;
    counts[kind] += by;
    telemetry.count("holdfast_feature_reads_total", { result }, by);
  }

  function jitter(ttlS: number): number {
    return ttlS * (1 + TTL_JITTER * (2 * entropy.fraction() - 1));
  }

  async function forget(scope: FeatureScope, stores = forgetful) {
    windows.forgetRefusals();
    await Promise.all(stores.map((one) => one.invalidate(scope)));
  }

  return {
    async get(symbols, date, signal) {
      const found = await Promise.all(
        symbols.map((symbol) => windows.of(symbol, date, signal)),
      );
      // Callers of one vector share its look-up; that is right here, since a
      // vector follows from its bars alone.
      const fresh = new Map<string, BarWindow>();
      for (const window of found) {
        if (!("bars" in window) || underWay.has(idOf(window))) continue;
        fresh.set(idOf(window), window);
      }
      if (fresh.size > 0) {
        const batch = lookUp([...fresh.values()]);
        [...fresh.keys()].forEach((id, i) => {
          const one = batch.then((all) => all[i]!);
          underWay.set(id, one.finally(() => underWay.delete(id)));
        });
      }
      return await Promise.all(
        found.map((window) =>
          "bars" in window ? underWay.get(idOf(window))! : window
        ),
      );
    },

    values(vector) {
      let values = decoded.get(vector);
      if (!values) {
        values = decode(vector);
        decoded.set(vector, values);
        origins.delete(vector);
      }
      return values;
    },

    async invalidate(scope, actor) {
      const now = clock.now();
      const told = { ...scope, reason: "asked for", actor };
      const id = uuidV7(now, entropy.bytes(10));
      await publishOwn(bus, [featuresInvalidated(told, id, now)]);
      await forget(scope, [...new Set([store, ...forgetful])]);
    },

    forget: (scope) => forget(scope),

    async stats() {
      return { ...counts, size: await absorb("size", () => store.size()) };
    },
  };
}

function idOf({ symbol, date, fingerprint }: BarWindow): string {
  return `${symbol}:${date}:${fingerprint}`;
}

/** Whether a stored vector is what `window` would give now. */
function isOf({ stamp }: FeatureVector, window: BarWindow): boolean {
  return stamp.set === ALPHA158_SET && stamp.window === window.fingerprint;
}
