/**
 * All routes of the service: the table of contents of its HTTP API.
 *
 * @module
 */
import type { Clock } from "../../../ports/clock.ts";
import type { Telemetry, WrittenLine } from "../../../ports/telemetry.ts";
import type { Autopilot } from "../../apps/autopilot.ts";
import type { ExecutionGateway } from "../../apps/execution_gateway.ts";
import type { Orchestrator } from "../../apps/orchestrator.ts";
import type { PaperRuns } from "../../apps/paper_runs.ts";
import type { SignalService } from "../../apps/signal_service.ts";
import type { ApiKeys } from "../../services/api_keys.ts";
import type { AdminAudit } from "../../services/admin_audit.ts";
import type { EventGroups } from "../../services/event_groups.ts";
import type { ReadEffects } from "../../services/event_groups/effects.ts";
import type { EventService } from "../../services/events.ts";
import type { ExchangeAccounts } from "../../services/exchange_cache.ts";
import type { FeatureService } from "../../services/features.ts";
import type { HealthService } from "../../services/health.ts";
import type { OrderIds } from "../../services/order_ids.ts";
import type { RequestReply } from "../../services/request_reply.ts";
import { plays, type Role } from "../../services/role.ts";
import type { SettingsServices } from "../../services/settings/settings.ts";
import type { StatusService } from "../../services/status.ts";
import type { SystemState } from "../../services/system_state.ts";
import type { UserErasure } from "../../services/user_erasure.ts";
import { openApiDocument } from "../openapi.ts";
import type { Route } from "../route.ts";
import { adminRoutes } from "./admin.ts";
import { apiKeyRoutes } from "./api_keys.ts";
import { asyncApiRoutes } from "./asyncapi.ts";
import { auditRoutes } from "./audit.ts";
import { decisionRoutes } from "./decisions.ts";
import { docsRoutes } from "./docs.ts";
import { eventRoutes } from "./events.ts";
import { featureRoutes } from "./features.ts";
import { futuresAccountRoutes } from "./futures_account.ts";
import { consumerRoutes } from "./groups/mod.ts";
import { healthRoutes } from "./health.ts";
import { orchestrationRoutes } from "./orchestration.ts";
import { orderRoutes } from "./orders.ts";
import { paperRunRoutes } from "./paper_runs.ts";
import { recentLogRoutes } from "./recent_log.ts";
import { requestRoutes } from "./requests.ts";
import { settingsRoutes } from "./settings/mod.ts";
import { signalRoutes } from "./signals.ts";
import { statusRoutes } from "./status.ts";
import { createStreamSeats } from "./stream_seats.ts";
import { tradingRoutes } from "./trading/mod.ts";
import { userRoutes } from "./users.ts";
import { webRoutes } from "./web.ts";

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
  /** Orders, positions and who may trade. */
  readonly gateway: ExecutionGateway;
  /** Accounts at the venue. */
  readonly accounts: Pick<ExchangeAccounts, "positions" | "orders">;
  /** Runs of strategies. */
  readonly orchestrator: Orchestrator;
  /** Runs of strategies over bars that have been. */
  readonly paperRuns: PaperRuns;
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
  /** Who may call. */
  readonly apiKeys: ApiKeys;
  /** What administrators have changed. */
  readonly audit: AdminAudit;
  /** Erases users. */
  readonly erasure: UserErasure;
  /** Which adapters the ports are on. */
  readonly state: SystemState;
  /** What it does right now. */
  readonly status: StatusService;
  /** Prints every metric in the text exposition format. */
  readonly exposition: () => string;
  /** The newest log lines at warn and above, the oldest first. */
  readonly recentLog: () => readonly WrittenLine[];
  /** Tells the beat of streams. */
  readonly clock: Clock;
  /** Takes what streams say. */
  readonly telemetry: Telemetry;
  /** Version of the program. */
  readonly version: string;
}

/** Every route of the service, in the order of the reference page. */
export function allRoutes(services: RouteServices): readonly Route[] {
  return routesOf("all", services);
}

/** The routes of a process that is there for `role`. */
export function routesOf(
  role: Role,
  services: RouteServices,
): readonly Route[] {
  const { telemetry, clock } = services;
  const isState = plays(role, "state");
  const seats = createStreamSeats(telemetry);
  const routes: Route[] = [
    plays(role, "signal-service") && signalRoutes(services.signals),
    (isState || plays(role, "signal-service")) &&
    featureRoutes(services.features),
    isState && settingsRoutes(services.settings, { ...services, seats }),
    plays(role, "autopilot") && decisionRoutes(services.autopilot),
    isState && orderRoutes(services.orders),
    plays(role, "execution-gateway") && tradingRoutes(services.gateway),
    plays(role, "execution-gateway") && futuresAccountRoutes(services.accounts),
    plays(role, "orchestrator") && orchestrationRoutes(services.orchestrator),
    plays(role, "signal-service") && paperRunRoutes(services.paperRuns),
    isState && eventRoutes(services.events, clock, telemetry, seats),
    isState && consumerRoutes(services.groups, services.readEffects),
    isState && requestRoutes(services.requests),
    adminRoutes(services.state),
    apiKeyRoutes(services),
    isState && userRoutes(services.erasure),
    auditRoutes(services.audit),
    recentLogRoutes(services.recentLog),
    healthRoutes(services.health, services.exposition),
    statusRoutes({ ...services, seats }),
  ].flatMap((area) => area || []);
  const document = () =>
    JSON.stringify(openApiDocument(routes, services.version));
  routes.push(
    ...docsRoutes(document, services.version),
    ...webRoutes(),
    ...asyncApiRoutes(services.events.channels, services.version),
  );
  return routes;
}
