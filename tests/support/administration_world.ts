/**
 * The audit and the erasure of users over the memory adapters.
 *
 * @module
 */
import { openMemoryAuditLog } from "../../adapters/memory/audit_log.ts";
import { openMemoryExchangeCache } from "../../adapters/memory/exchange_cache.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import {
  type Administration,
  createAdministration,
} from "../../src/administration.ts";
import type { ApiKeys } from "../../src/services/api_keys.ts";
import type { MemoryWorld } from "./memory_world.ts";

/** Creates them over the state of `world`. */
export function createAdministrationWorld(
  world: MemoryWorld,
  { clock, telemetry }: {
    readonly clock: Clock;
    readonly telemetry: Telemetry;
  },
  apiKeys: ApiKeys,
): Administration {
  const ports = {
    clock,
    telemetry,
    auditLog: openMemoryAuditLog(clock),
    exchangeCaches: { local: openMemoryExchangeCache(clock) },
    orderIntents: world.intents(),
    settingsArchive: world.archive(),
    tradeLedger: world.ledger(),
  };
  const writes = { settingsStore: world.settings(), eventBus: world.bus() };
  return createAdministration({ store: "memory" }, ports, writes, apiKeys);
}
