/**
 * All routes of settings.
 *
 * @module
 */
import type { Clock } from "../../../../ports/clock.ts";
import type { Telemetry } from "../../../../ports/telemetry.ts";
import type { EventService } from "../../../services/events.ts";
import type { SettingsServices } from "../../../services/settings/settings.ts";
import type { Route } from "../../route.ts";
import { bundleRoute } from "./bundle.ts";
import { defaultsRoutes } from "./defaults.ts";
import { documentRoutes } from "./documents.ts";
import { historyRoutes } from "./history.ts";
import { maintenanceRoutes } from "./maintenance.ts";
import { referenceRoute } from "./reference.ts";
import type { StreamSeats } from "../stream_seats.ts";
import { watchRoute } from "./watch.ts";

/** Every route of settings, in the order of the reference page. */
export function settingsRoutes(
  settings: SettingsServices,
  around: {
    readonly events: EventService;
    readonly clock: Clock;
    readonly telemetry: Telemetry;
    readonly seats: StreamSeats;
  },
): readonly Route[] {
  return [
    bundleRoute(settings),
    ...documentRoutes(settings),
    ...maintenanceRoutes(settings, around.clock),
    ...historyRoutes(settings),
    watchRoute(around),
    ...defaultsRoutes(settings, around.clock),
    referenceRoute(),
  ];
}
