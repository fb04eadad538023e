/**
 * All routes of the service: the table of contents of its HTTP API.
 *
 * @module
 */
import type { Clock } from "../../../ports/clock.ts";
import type { Telemetry } from "../../../ports/telemetry.ts";
import type { Autopilot } from "../../apps/autopilot.ts";
import type { SignalService } from "../../apps/signal_service.ts";
import type { EventGroups } from "../../services/event_groups.ts";
import type { ReadEffects } from "../../services/event_groups/effects.ts";
import type { EventService } from "../../services/events.ts";
import type { FeatureService } from "../../services/features.ts";
import type { HealthService } from "../../services/health.ts";
import type { OrderIds } from "../../services/order_ids.ts";
import type { RequestReply } from "../../services/request_reply.ts";
import type { SettingsServices } from "../../services/settings/settings.ts";
import type { SystemState } from "../../services/system_state.ts";
import { openApiDocument } from "../openapi.ts";
import type { Route } from "../route.ts";
import { adminRoutes } from "./admin.ts";
import { asyncApiRoutes } from "./asyncapi.ts";
import { decisionRoutes } from "./decisions.ts";
import { docsRoutes } from "./docs.ts";
import { eventRoutes } from "./events.ts";
import { featureRoutes } from "./features.ts";
import { consumerRoutes } from "./groups/mod.ts";
import { healthRoutes } from "./health.ts";
import { orderRoutes } from "./orders.ts";
import { requestRoutes } from "./requests.ts";
import { settingsRoutes } from "./settings/mod.ts";
import { signalRoutes } from "./signals.ts";

/** What the routes stand on. */
export interface RouteServices {
  /** Signals and their model. */
  readonly signals: SignalService;
  /** Feature vectors. */
  readonly features: FeatureService;
  /** Settings documents, their defaults and their past. */
  readonly settings: SettingsServices;
  /** What to open, and why. */
  readonly autopilot: Pick<Autopilot, "decide">;
  /** Order numbers and client order ids. */
  readonly orders: OrderIds;
  /** The event log and the volatile lane. */
  readonly events: EventService;
  /** Consumer groups, and what they could not handle. */
  readonly groups: EventGroups;
  /** Reads what members append to the log. */
  readonly readEffects: ReadEffects;
  /** Questions asked as events. */
  readonly requests: RequestReply;
  /** How the service is. */
  readonly health: HealthService;
  /** Which adapters the ports are on. */
  readonly state: SystemState;
  /** Prints every metric in the text exposition format. */
  readonly exposition: () => string;
  /** Tells the beat of streams. */
  readonly clock: Clock;
  /** Takes what streams say. */
  readonly telemetry: Telemetry;
  /** Version of the program. */
  readonly version: string;
}

/** Every route of the service, in the order of the reference page. */
export function allRoutes(services: RouteServices): readonly Route[] {
  const routes: Route[] = [
    ...signalRoutes(services.signals),
    ...featureRoutes(services.features),
    ...settingsRoutes(services.settings, services),
    ...decisionRoutes(services.autopilot),
    ...orderRoutes(services.orders),
    ...eventRoutes(services.events, services.clock, services.telemetry),
    ...consumerRoutes(services.groups, services.readEffects),
    ...requestRoutes(services.requests),
    ...adminRoutes(services.state),
    ...healthRoutes(services.health, services.exposition),
  ];
  const document = () =>
    JSON.stringify(openApiDocument(routes, services.version));
  routes.push(
    ...docsRoutes(document, services.version),
    ...asyncApiRoutes(services.events.channels, services.version),
  );
  return routes;
}
