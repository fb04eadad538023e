/**
 * The service, whole: ports, use cases, background work and HTTP application.
 *
 * @module
 */
import { createAdministration } from "./administration.ts";
import { HISTORY_MS } from "./apps/autopilot_history.ts";
import { createAutopilot } from "./apps/autopilot.ts";
import { runSampleDesk } from "./apps/sample_desk.ts";
import { createSignalService } from "./apps/signal_service.ts";
import { createApplications, SAMPLE_DESK } from "./applications.ts";
import { readChannels } from "./channels_file.ts";
import type { Config } from "./config.ts";
import { type Foundations, openPorts, type Ports } from "./composition_root.ts";
import type { App } from "./http/app.ts";
import { routesOf } from "./http/routes/mod.ts";
import { createApiKeys } from "./services/api_keys.ts";
import { createBackground } from "./services/background.ts";
import { createEventGroups } from "./services/event_groups.ts";
import { createEffectReader } from "./services/event_groups/effects.ts";
import { createEventRetention } from "./services/event_retention.ts";
import { measureEventLoop } from "./services/event_loop.ts";
import { createEventService } from "./services/events.ts";
import { createFeatureService } from "./services/features.ts";
import { createHealthService } from "./services/health.ts";
import { followInvalidations } from "./services/invalidations.ts";
import { createModelService } from "./services/models.ts";
import { openQuarantineService } from "./services/quarantine.ts";
import { createOrderIds } from "./services/order_ids.ts";
import { createRequestReply } from "./services/request_reply.ts";
import { plays } from "./services/role.ts";
import { createSettingsServices } from "./services/settings/settings.ts";
import { meterReads } from "./services/settings/read_meter.ts";
import { keepWarm } from "./services/settings/warm_up.ts";
import { createSharedTail } from "./services/shared_tail.ts";
import { tracePorts } from "./services/trace_ports.ts";
import { watchWrites } from "./services/write_watch.ts";
import { createStatusService } from "./services/status.ts";
import { createTrading } from "./trading.ts";
import { VERSION } from "./version.ts";

/** How long those who keep track for themselves gather events: nobody waits for them. */
const GATHER_MS = 20;

/** A running service without a listener. */
export interface Holdfast extends AsyncDisposable {
  /** Answers requests. */
  readonly app: App;
  /** Answers those who look after it: probes and Prometheus, without keys. */
  readonly adminApp: App;
  /** Has probes hear from now on that nothing should be sent here any more. */
  leave(): void;
  /** The ports it stands on. */
  readonly ports: Ports;
  /** Ends background work, then closes every port. Safe to call twice. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Opens the service.
 *
 * @param overrides Foundations to stand on instead of the machine's.
 * @param tellFirstKey Takes the first API key, where keys are asked for and
 * there was none: nobody is told again.
 * @throws {PortError} When a source that it cannot do without is refused, such
 * as a database of a newer version; what had been opened is closed again.
 * @throws {ConfigError} When the file of `CHANNELS_PATH` cannot be used.
 */
export async function openHoldfast(
  config: Config,
  overrides: Partial<Foundations> = {},
  tellFirstKey: (key: string) => void = () => {},
): Promise<Holdfast> {
  const channels = await readChannels(config.channelsPath);
  await using stack = new AsyncDisposableStack();
  const opened = await openPorts(config, stack, overrides);
  const ports = tracePorts(opened, opened.telemetry.trace);
  const { clock, entropy, telemetry } = ports;
  const writes = watchWrites({
    ...ports,
    settingsStore: meterReads(ports.settingsStore, telemetry),
  }, clock);
  const { eventBus: bus } = writes;
  const common = { bus, clock, entropy, telemetry };
  // The log is read once for all who follow its head here.
  const followed = {
    ...common,
    bus: { ...bus, ...createSharedTail(bus) },
    gatherMs: GATHER_MS,
  };

  const quarantine = await openQuarantineService({
    ...common,
    source: ports.quarantineList,
  });
  const features = createFeatureService({
    ...common,
    quarantine,
    market: ports.marketData,
    store: ports.featureStore,
    forgetful: ports.forgetfulFeatureStores,
    ttlS: config.featureTtlS,
  });
  const models = createModelService({
    ...common,
    registry: ports.modelRegistry,
  });
  const signals = createSignalService({
    ...common,
    features,
    models,
    market: ports.marketData,
    registry: ports.modelRegistry,
    defaults: config.ends,
  });
  const events = createEventService({
    ...common,
    tail: followed.bus,
    channels,
    relay: ports.volatileRelay,
  });
  const groups = createEventGroups({ ...common, store: ports.groupStore });
  const retention = createEventRetention({
    ...common,
    retention: ports.logRetention,
    policy: {
      ...config.eventRetention,
      lookBackMs: config.autopilot.symbols.length > 0 ? HISTORY_MS : 0,
    },
  });
  const requests = createRequestReply({ ...common, events });
  const settings = createSettingsServices({
    ...common,
    store: writes.settingsStore,
    archive: ports.settingsArchive,
    source: ports.defaultsSource,
    record: config.adapters.settingsStore === "memory" ? "memory" : "database",
  });
  await settings.defaults.check();
  const orders = createOrderIds({
    ...common,
    sequence: writes.sequence,
    intents: ports.orderIntents,
    timeZone: settings.timeZone,
  });
  const autopilot = createAutopilot({
    ...followed,
    ...config.autopilot,
    settings: settings.complete,
    market: ports.marketData,
    registry: ports.modelRegistry,
    quarantine,
  });
  const trading = createTrading(config, ports, {
    signals,
    settings,
    groups,
    followed,
  });
  const stop = new AbortController();
  const background = createBackground(telemetry, stop.signal);
  const { role } = config;
  let isLeaving = false;
  const scores = plays(role, "signal-service") || plays(role, "autopilot");
  const health = createHealthService({
    bus: { head: ports.probe },
    clock,
    model: signals.model,
    needsModel: plays(role, "signal-service"),
    concerns: [
      writes.fault,
      models.fault,
      quarantine.fault,
      ...plays(role, "execution-gateway") ? [trading.gateway.fault] : [],
    ],
    faults: [
      background.fault,
      () => isLeaving ? "The service shuts down" : undefined,
    ],
    version: VERSION,
    state: ports.state,
    remotes: ports.remote.looks,
  });

  if (scores) {
    await models.load();
    await signals.rehearse();
  }
  background.keep(
    "hearing of invalidations",
    followInvalidations({ ...followed, features }, stop.signal),
  );
  if (scores) {
    background.keep(
      "looks for another model",
      models.run(config.modelReloadS, stop.signal),
    );
  }
  background.keep("event loop delay", measureEventLoop(common, stop.signal));
  background.keep("quarantine", quarantine.run(stop.signal));
  background.keep("hearing of events", events.hearOthers(stop.signal));
  background.keep("consumer groups", groups.run(stop.signal));
  background.keep("retention of events", retention.run(stop.signal));
  if (plays(role, "autopilot")) {
    background.keep("autopilot", autopilot.run(stop.signal));
  }
  background.keep("trading", trading.run(stop.signal));
  background.keep("order numbers", orders.run(stop.signal));
  background.keep(
    "history of settings",
    settings.history.run(config.settingsHistoryDays, stop.signal),
  );
  background.keep(
    "warming of settings",
    keepWarm({
      ...common,
      store: ports.settingsStore,
      archive: ports.settingsArchive,
      onAnew: ports.onRedisAnew,
    }, stop.signal),
  );
  const status = stack.use(createStatusService({
    state: ports.state,
    look: ports.look,
    checkpoint: ports.checkpoint,
    clock,
    record: config.store,
    instance: config.instanceId,
  }));
  stack.defer(async () => {
    stop.abort();
    await background.end();
  });

  const apiKeys = createApiKeys({
    ...common,
    store: ports.apiKeyStore,
    secret: config.authSecret,
  });
  if (config.auth === "keys") {
    await apiKeys.begin(tellFirstKey);
    background.keep("API keys", apiKeys.run(stop.signal));
  }
  const administration = createAdministration(config, ports, writes, apiKeys);
  const { audit } = administration;
  background.keep(
    "audit of administration",
    audit.run(config.auditRetentionDays, stop.signal),
  );
  const routes = routesOf(role, {
    signals,
    features,
    events,
    groups,
    readEffects: createEffectReader({ ...common, channels: events.channels }),
    requests,
    settings,
    autopilot,
    orders,
    ...trading,
    health,
    apiKeys,
    ...administration,
    state: ports.state,
    status,
    exposition: telemetry.exposition,
    recentLog: telemetry.recent,
    clock,
    telemetry,
    version: VERSION,
  });
  const { app, adminApp, appFor } = createApplications(config, {
    ...common,
    routes,
    health,
    apiKeys,
    audit,
    telemetry,
  });
  if (config.hasSampleDesk) {
    background.keep(
      "sample desk",
      runSampleDesk({
        ...common,
        market: ports.marketData,
        fetch: appFor(SAMPLE_DESK).fetch,
        isWatched: status.isWatched,
      }, stop.signal),
    );
  }

  const open = stack.move();
  return {
    app,
    adminApp,
    ports,
    leave: () => void (isLeaving = true),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}
