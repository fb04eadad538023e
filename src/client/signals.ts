/**
 * Features, signals and the model.
 *
 * @module
 */
import type {
  FeatureBatch,
  FeatureStats,
  FeatureVector,
  Model,
  SignalRequest,
  Signals,
} from "./contract/signals.ts";
import type { CallOptions, Transport } from "./transport.ts";

/** The features of symbols. */
export interface FeaturesClient {
  /** Reads the vector of a symbol at a date, `YYYY-MM-DD`. */
  get(
    symbol: string,
    date: string,
    options?: CallOptions,
  ): Promise<FeatureVector>;
  /** Reads those of several symbols; the newest there is when no date is given. */
  batch(
    symbols: readonly string[],
    date?: string,
    options?: CallOptions,
  ): Promise<FeatureBatch>;
  /** Tells how the cache does. */
  stats(options?: CallOptions): Promise<FeatureStats>;
}

/** The signals of the model. */
export interface SignalsClient {
  /**
   * Generates signals. They are published unless `publish` is false: only then
   * a call that failed is made again.
   */
  generate(request: SignalRequest, options?: CallOptions): Promise<Signals>;
  /** Shows the model. */
  model(options?: CallOptions): Promise<Model>;
}

/** Creates what speaks of features over `transport`. */
export function createFeaturesClient(transport: Transport): FeaturesClient {
  const FEATURES = "/api/v1/features";
  return {
    async get(symbol, date, options) {
      const names = [symbol, date].map(encodeURIComponent).join("/");
      const path = `${FEATURES}/${names}`;
      return (await transport.call("GET", path, options)).json as FeatureVector;
    },
    async batch(symbols, date, options) {
      // It reads only.
      const question = {
        ...options,
        body: { symbols, date },
        isRepeatable: true,
      };
      const path = `${FEATURES}/batch`;
      return (await transport.call("POST", path, question))
        .json as FeatureBatch;
    },
    async stats(options) {
      const path = `${FEATURES}/stats`;
      return (await transport.call("GET", path, options)).json as FeatureStats;
    },
  };
}

/** Creates what speaks of signals over `transport`. */
export function createSignalsClient(transport: Transport): SignalsClient {
  return {
    async generate(request, options) {
      const isRepeatable = request.publish === false;
      const question = { ...options, body: request, isRepeatable };
      const path = "/api/v1/signals/generate";
      return (await transport.call("POST", path, question)).json as Signals;
    },
    async model(options) {
      const path = "/api/v1/model/info";
      return (await transport.call("GET", path, options)).json as Model;
    },
  };
}
