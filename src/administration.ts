/**
 * What administrators do to users, and the audit of it, put together.
 *
 * @module
 */
import type { Telemetry } from "../ports/telemetry.ts";
import { countOpenTrades } from "./apps/execution_gateway/open_trades.ts";
import type { Ports } from "./composition_root.ts";
import type { Config } from "./config.ts";
import { type AdminAudit, createAdminAudit } from "./services/admin_audit.ts";
import type { ApiKeys } from "./services/api_keys.ts";
import type { WritingPorts } from "./services/write_watch.ts";
import {
  createUserErasure,
  type UserErasure,
} from "./services/user_erasure.ts";

/** What only administrators use. */
export interface Administration {
  readonly audit: AdminAudit;
  readonly erasure: UserErasure;
}

/** What it stands on. */
type AdministrationPorts =
  & Pick<
    Ports,
    | "auditLog"
    | "clock"
    | "exchangeCaches"
    | "orderIntents"
    | "settingsArchive"
    | "tradeLedger"
  >
  & { readonly telemetry: Telemetry };

/** Creates it over `ports`, whose writes go through `writes`. */
export function createAdministration(
  { store }: Pick<Config, "store">,
  ports: AdministrationPorts,
  writes: Pick<WritingPorts, "settingsStore" | "eventBus">,
  keys: Pick<ApiKeys, "revokeAllOf">,
): Administration {
  const { clock, telemetry, exchangeCaches, tradeLedger } = ports;
  const { local, shared } = exchangeCaches;
  return {
    audit: createAdminAudit({ log: ports.auditLog, clock, telemetry }),
    erasure: createUserErasure({
      store: writes.settingsStore,
      archive: ports.settingsArchive,
      bus: writes.eventBus,
      intents: ports.orderIntents,
      caches: shared ? [local, shared] : [local],
      keys,
      hasOthers: store === "postgres",
      clock,
      openTrades: (user, signal) => countOpenTrades(tradeLedger, user, signal),
      telemetry,
    }),
  };
}
