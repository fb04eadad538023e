/**
 * The autopilot on memory adapters, and events of trades for it.
 *
 * @module
 */
import { createMemoryMarketData } from "../../adapters/memory/market_data.ts";
import { createMemoryModelRegistry } from "../../adapters/memory/model_registry.ts";
import type { Bars } from "../../domain/bars.ts";
import type { LoggedEvent, NewEvent } from "../../domain/event/event.ts";
import type { JsonObject } from "../../domain/json_value.ts";
import {
  BUILT_IN_DOCUMENTS,
  withValue,
} from "../../domain/settings/catalogue.ts";
import {
  type SettingsDocument,
  settingsKey,
  type UserDocument,
} from "../../domain/settings.ts";
import { parseSymbol, type TradingSymbol } from "../../domain/symbol.ts";
import { parseUserId, type UserId } from "../../domain/user_id.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import type { SettingsSource } from "../../ports/settings_store.ts";
import { type Autopilot, createAutopilot } from "../../src/apps/autopilot.ts";
import type { SettingsSnapshots } from "../../src/apps/autopilot_settings.ts";
import type { QuarantineService } from "../../src/services/quarantine.ts";
import { anEvent } from "./events.ts";
import { guardPort } from "./guarded_port.ts";
import { createMemoryWorld, type MemoryWorld } from "./memory_world.ts";
import { createRecordingTelemetry } from "./recording_telemetry.ts";
import { createSeededEntropy } from "./seeded_entropy.ts";

/** The user of these tests. */
export const ADA: UserId = parseUserId("ada");

/** The defaults of every user's documents. */
export function defaultDocuments(): Record<UserDocument, JsonObject> {
  return { ...BUILT_IN_DOCUMENTS };
}

/** Tells of accepted orders. */
export function ordersEvent(
  data: Record<string, unknown> = {},
  user: string | undefined = ADA,
): NewEvent {
  const told = { run_id: "r", num_orders: 1, num_accepted: 1, num_rejected: 0 };
  return eventOf("orders.executed", { ...told, ...data }, user);
}

/** Tells of a changed position. */
export function positionEvent(
  change: number,
  price: string,
  data: Record<string, unknown> = {},
  user: string | undefined = ADA,
): NewEvent {
  return eventOf("positions.updated", {
    symbol: "AAA",
    action: change > 0 ? "buy" : "sell",
    qty_change: change,
    new_qty: change,
    price,
    strategy_id: "alpha_baseline",
    ...data,
  }, user);
}

/** A position that was opened and closed at a loss (below 0) or a gain. */
export function roundTrip(
  earned: number,
  data: Record<string, unknown> = {},
): NewEvent[] {
  return [
    positionEvent(100, "10", data),
    positionEvent(-100, String(10 + earned / 100), { new_qty: 0, ...data }),
  ];
}

/** Events as the log holds them, committed at `at`. */
export function logged(
  events: readonly NewEvent[],
  at: number,
  after = 0,
): LoggedEvent[] {
  const batchEnd = after + events.length;
  return events.map((event, i) => ({
    ...event,
    position: after + i + 1,
    batchEnd,
    committedAt: at,
  }));
}

function eventOf(
  channel: string,
  data: Record<string, unknown>,
  user: string | undefined,
): NewEvent {
  const meta = { timestamp: "2026-01-02T03:04:05.000Z" };
  return anEvent(data, { channel, meta: { ...meta, ...(user && { user }) } });
}

/** Settings under the control of a test. */
export interface FakeSettings extends SettingsSnapshots {
  source: SettingsSource;
  verified: boolean;
  /** How often they were read. */
  reads: number;
  /** Users whose settings cannot be read, and why. */
  readonly failing: Map<string, Error>;
  /** Puts `value` at `path` of a document, for everybody. */
  set(document: UserDocument, path: string, value: unknown): void;
}

/** Creates settings that are the defaults; an unchanged document stays one object. */
export function createFakeSettings(): FakeSettings {
  const values = defaultDocuments();
  const kept = new Map<string, SettingsDocument>();
  let version = 1;
  return {
    source: "redis",
    verified: true,
    reads: 0,
    failing: new Map(),
    set(document, path, value) {
      values[document] = withValue(values[document], path.split("."), value);
      version++;
      kept.clear();
    },
    async read(user, documents) {
      this.reads++;
      const error = this.failing.get(user);
      if (error) throw error;
      const { source, verified } = this;
      return {
        source,
        verified,
        documents: documents.map((name) => {
          const key = settingsKey(user, name);
          const json = JSON.stringify(values[name]);
          return kept.getOrInsertComputed(key, () => ({ key, version, json }));
        }),
      };
    },
  };
}

/** What the autopilot stands on, and the autopilot. */
export async function createAutopilotWorld(
  series: Readonly<Record<string, Bars>>,
  options: {
    readonly users?: readonly string[];
    readonly score?: (features: Float64Array) => number;
    readonly isLoaded?: boolean;
    readonly quarantine?: Pick<QuarantineService, "check">;
    readonly memory?: MemoryWorld;
    readonly bus?: EventBus;
  } = {},
) {
  const memory = options.memory ?? createMemoryWorld();
  const { clock } = memory;
  const entropy = createSeededEntropy();
  const telemetry = createRecordingTelemetry();
  const bars = new Map(Object.entries(series));
  const market = guardPort(createMemoryMarketData(bars));
  const bus = guardPort(options.bus ?? memory.bus());
  const settings = createFakeSettings();
  let version = "v1";
  const model = {
    objective: "regression",
    treeCount: 1,
    featureCount: 158,
    score: options.score ?? (([first]: Float64Array) => first!),
  };
  const registry = createMemoryModelRegistry({
    strategy: "alpha_baseline",
    clock,
    source: () => ({ ...model, version }),
  });
  if (options.isLoaded ?? true) await registry.reload();
  const symbols = Object.keys(series).map(parseSymbol);
  const users = (options.users ?? [ADA]).map(parseUserId);
  const stop = new AbortController();
  const ports = {
    settings,
    market: market.port,
    registry,
    quarantine: options.quarantine,
    bus: bus.port,
    clock,
    entropy,
    telemetry,
    users,
    symbols,
  };
  /** One more autopilot on the same ports, as after a restart. */
  const another = (pageSize = 1000, cycleMs = 5000): Autopilot =>
    createAutopilot({ ...ports, pageSize, cycleMs });
  return {
    memory,
    clock,
    telemetry,
    bars,
    market,
    bus,
    settings,
    registry,
    symbols,
    users,
    stop,
    another,
    autopilot: another(),
    putModel: (next: string) => void (version = next),
    publish: (events: readonly NewEvent[]) => bus.port.publish(events),
    /** The signals in the log. */
    async signals() {
      const { events } = await bus.port.read({ after: 0, limit: 1000 });
      return events.filter(({ channel }) => channel === "signal.triggered");
    },
    symbol: (text: string): TradingSymbol => parseSymbol(text),
  };
}
