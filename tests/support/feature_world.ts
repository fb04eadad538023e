/**
 * The feature service on memory adapters, each behind a gate.
 *
 * @module
 */
import { createMemoryMarketData } from "../../adapters/memory/market_data.ts";
import type { Bars } from "../../domain/bars.ts";
import type { LoggedEvent } from "../../domain/event/event.ts";
import type { Quarantine } from "../../domain/quarantine.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import type { FeatureStore } from "../../ports/feature_store.ts";
import type { MarketData } from "../../ports/market_data.ts";
import {
  createFeatureService,
  type FeatureService,
} from "../../src/services/features.ts";
import {
  openQuarantineService,
  type QuarantineService,
} from "../../src/services/quarantine.ts";
import type { FakeClock } from "./fake_clock.ts";
import { type Guarded, guardPort } from "./guarded_port.ts";
import { createMemoryWorld } from "./memory_world.ts";
import {
  createRecordingTelemetry,
  type RecordingTelemetry,
} from "./recording_telemetry.ts";
import { createSeededEntropy } from "./seeded_entropy.ts";

/** What the feature service stands on, and the service. */
export interface FeatureWorld {
  readonly clock: FakeClock;
  readonly entropy: ReturnType<typeof createSeededEntropy>;
  readonly telemetry: RecordingTelemetry;
  /** The bars by symbol; a change is seen at once. */
  readonly bars: Map<string, Bars>;
  readonly market: Guarded<MarketData>;
  readonly store: Guarded<FeatureStore>;
  readonly bus: Guarded<EventBus>;
  readonly quarantine: QuarantineService;
  /** Puts up another quarantine list, and has it read. */
  quarantined(list: readonly Quarantine[]): Promise<void>;
  readonly features: FeatureService;
  /** Another service on the same ports, as in another process. */
  another(): FeatureService;
  /** Every event in the log. */
  events(): Promise<readonly LoggedEvent[]>;
}

/** Creates a world with these bars. */
export async function createFeatureWorld(
  series: Readonly<Record<string, Bars>> = {},
  { ttlS = 3600, bus: over }: { ttlS?: number; bus?: EventBus } = {},
): Promise<FeatureWorld> {
  const { clock, ...memory } = createMemoryWorld();
  const entropy = createSeededEntropy();
  const telemetry = createRecordingTelemetry();
  const bars = new Map(Object.entries(series));
  const market = guardPort(createMemoryMarketData(bars));
  const store = guardPort(memory.features());
  const bus = guardPort(over ?? memory.bus());
  let current = { revision: "0", list: [] as readonly Quarantine[] };
  const common = { bus: bus.port, clock, entropy, telemetry };
  const quarantine = await openQuarantineService({
    ...common,
    source: { load: async () => current },
  });
  const another = () =>
    createFeatureService({
      ...common,
      market: market.port,
      store: store.port,
      quarantine,
      ttlS,
    });
  return {
    clock,
    entropy,
    telemetry,
    bars,
    market,
    store,
    bus,
    quarantine,
    async quarantined(list) {
      current = { revision: `${Number(current.revision) + 1}`, list };
      await quarantine.refresh();
    },
    features: another(),
    another,
    async events() {
      return (await bus.port.read({ after: 0, limit: 1000 })).events;
    },
  };
}
