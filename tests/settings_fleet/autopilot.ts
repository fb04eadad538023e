/**
 * An autopilot on the ports of a whole service.
 *
 * @module
 */
import { parseSymbol } from "../../domain/symbol.ts";
import type { UserId } from "../../domain/user_id.ts";
import { type Autopilot, createAutopilot } from "../../src/apps/autopilot.ts";
import { createSettingsServices } from "../../src/services/settings/settings.ts";
import type { Member } from "./fleet.ts";

/** Creates an autopilot that decides on one symbol for `users`. */
export function createFleetAutopilot(
  { service: { ports } }: Member,
  users: readonly UserId[],
): Autopilot {
  const { documents } = createSettingsServices({
    ...ports,
    store: ports.settingsStore,
    archive: ports.settingsArchive,
    source: ports.defaultsSource,
    record: "database",
  });
  return createAutopilot({
    ...ports,
    settings: documents,
    market: ports.marketData,
    registry: ports.modelRegistry,
    bus: ports.eventBus,
    users,
    symbols: [parseSymbol("SYNA")],
    cycleMs: 1000,
  });
}
