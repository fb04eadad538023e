/**
 * The signal service, for tests.
 *
 * @module
 */
import { createMemoryModelRegistry } from "../../adapters/memory/model_registry.ts";
import type { Bars } from "../../domain/bars.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import {
  createSignalService,
  type SignalRequest,
} from "../../src/apps/signal_service.ts";
import { createModelService } from "../../src/services/models.ts";
import { createFeatureWorld } from "./feature_world.ts";

/** The service on memory adapters; its model scores by the first feature. */
export async function createSignalWorld(
  series: Readonly<Record<string, Bars>>,
  options: {
    readonly score?: (features: Float64Array) => number;
    readonly defaults?: { readonly topN: number; readonly bottomN: number };
    readonly bus?: EventBus;
    readonly isLoaded?: boolean;
  } = {},
) {
  const world = await createFeatureWorld(
    series,
    options.bus ? { bus: options.bus } : {},
  );
  const { clock, entropy, telemetry } = world;
  let version = "v1";
  const registry = createMemoryModelRegistry({
    strategy: "alpha_baseline",
    clock,
    source: () => ({
      version,
      objective: "regression",
      treeCount: 1,
      featureCount: 158,
      score: options.score ?? (([first]) => first!),
    }),
  });
  const common = { registry, bus: world.bus.port, clock, entropy, telemetry };
  const models = createModelService(common);
  if (options.isLoaded ?? true) await models.load();
  const signals = createSignalService({
    ...common,
    models,
    market: world.market.port,
    features: world.features,
    defaults: options.defaults ?? { topN: 3, bottomN: 3 },
  });
  return {
    ...world,
    signals,
    put: (next: string) => void (version = next),
    generate: (
      symbols: readonly string[] = Object.keys(series),
      request: Partial<SignalRequest> = {},
    ) => signals.generate({ symbols: symbols.map(parseSymbol), ...request }),
  };
}
