/**
 * The memory adapters, opened over one log as the composition root does.
 *
 * @module
 */
import { openMemoryEventBus } from "../../adapters/memory/event_bus.ts";
import {
  createMemoryFeatures,
  openMemoryFeatureStore,
} from "../../adapters/memory/feature_store.ts";
import { createMemoryLog } from "../../adapters/memory/log.ts";
import { openMemorySequencePort } from "../../adapters/memory/sequence_port.ts";
import {
  type MemorySettings,
  openMemorySettingsStore,
} from "../../adapters/memory/settings_store.ts";
import { createFakeClock } from "./fake_clock.ts";
import { createSeededEntropy } from "./seeded_entropy.ts";

/** What the four ports stand on when everything is in memory. */
export interface MemoryWorld {
  readonly clock: ReturnType<typeof createFakeClock>;
  /** Opens one more adapter over the same state. */
  readonly bus: () => ReturnType<typeof openMemoryEventBus>;
  readonly settings: () => ReturnType<typeof openMemorySettingsStore>;
  readonly sequence: () => ReturnType<typeof openMemorySequencePort>;
  readonly features: () => ReturnType<typeof openMemoryFeatureStore>;
}

/** Creates a fresh world. */
export function createMemoryWorld(): MemoryWorld {
  const clock = createFakeClock();
  const log = createMemoryLog({ clock, entropy: createSeededEntropy() });
  const documents: MemorySettings = new Map();
  const issued = new Map<string, number>();
  const features = createMemoryFeatures({ clock });
  return {
    clock,
    bus: () => openMemoryEventBus(log),
    settings: () => openMemorySettingsStore(log, documents),
    sequence: () => openMemorySequencePort(issued),
    features: () => openMemoryFeatureStore(features),
  };
}

/** Makes a test subject of its parts, closed in the order given. */
export function subject<T extends object>(
  parts: T,
  ...close: AsyncDisposable[]
): T & AsyncDisposable {
  return {
    ...parts,
    async [Symbol.asyncDispose]() {
      for (const one of close) await one[Symbol.asyncDispose]();
    },
  };
}
