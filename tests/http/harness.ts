/**
 * The whole HTTP application on memory adapters and small fakes, and a client
 * that holds every answer to what its route declares.
 *
 * @module
 */
import type { FeatureScope } from "../../domain/feature.ts";
import { parseSymbol } from "../../domain/symbol.ts";
import type { TradingDate } from "../../domain/trading_date.ts";
import type { ModelInfo } from "../../ports/model_registry.ts";
import { PortError } from "../../ports/port_error.ts";
import type { SignalService } from "../../src/apps/signal_service.ts";
import { type App, createApp } from "../../src/http/app.ts";
import { createHostGuard } from "../../src/http/host_guard.ts";
import { createIdentity } from "../../src/http/identity.ts";
import { type Route, shapeOf } from "../../src/http/route.ts";
import { allRoutes, type RouteServices } from "../../src/http/routes/mod.ts";
import { Problem } from "../../src/http/schemas.ts";
import type { DefaultsSource } from "../../ports/defaults_source.ts";
import type { SettingsArchive } from "../../ports/settings_archive.ts";
import type { SettingsStore } from "../../ports/settings_store.ts";
import { createSettingsServices } from "../../src/services/settings/settings.ts";
import { createEventGroups } from "../../src/services/event_groups.ts";
import { createEffectReader } from "../../src/services/event_groups/effects.ts";
import { createEventService } from "../../src/services/events.ts";
import { createOrderIds } from "../../src/services/order_ids.ts";
import { createRequestReply } from "../../src/services/request_reply.ts";
import { type ApiKeys, createApiKeys } from "../../src/services/api_keys.ts";
import type { RateLimit } from "../../src/services/rate_limit.ts";
import type { FeatureService } from "../../src/services/features.ts";
import { createHealthService } from "../../src/services/health.ts";
import { createStatusService } from "../../src/services/status.ts";
import type { SystemState } from "../../src/services/system_state.ts";
import { createAdministrationWorld } from "../support/administration_world.ts";
import { equal, fail, ok } from "../support/assert.ts";
import type { FakeClock } from "../support/fake_clock.ts";
import { createFakeState } from "../support/fake_state.ts";
import { createMemoryWorld } from "../support/memory_world.ts";
import { createTradingWorld } from "../support/trading_world.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import {
  createRecordingTelemetry,
  type RecordingTelemetry,
} from "./told_telemetry.ts";

export {
  createRecordingTelemetry,
  type LogLine,
  type RecordingTelemetry,
} from "./told_telemetry.ts";

/** The model of the fake signal service. */
export const MODEL: ModelInfo = {
  strategy: "alpha_baseline",
  version: "v2",
  activatedAt: Date.UTC(2026, 0, 1),
  objective: "regression",
  treeCount: 100,
  featureCount: 158,
};

/** The one date that the fake feature service has. */
export const DATE = "2025-06-30";

/** A feature service that knows SYNA to SYNC on one date. */
export interface FakeFeatures extends FeatureService {
  readonly invalidated: { scope: FeatureScope; actor: string }[];
}

/** Creates a feature service that knows SYNA to SYNC on one date. */
export function createFakeFeatures(): FakeFeatures {
  const invalidated: FakeFeatures["invalidated"] = [];
  return {
    invalidated,
    async get(symbols, date = DATE as TradingDate) {
      return symbols.map((symbol) => {
        const isKnown = /^SYN[A-C]$/.test(symbol) && date === DATE;
        if (!isKnown) {
          const error = new PortError(
            symbol === "BROKEN" ? "corrupt" : "not_found",
            `Cannot read ${symbol} on ${date} as there is no such bar`,
            { facts: { first: "2020-01-02", last: DATE } },
          );
          return { symbol, error };
        }
        const json = '{"KMID":0.25,"ROC5":null}';
        const stamp = {
          set: "alpha158/1",
          window: "0",
          computedAt: Date.UTC(2025, 5, 30, 20),
        };
        const vector = { symbol, date, json, stamp };
        const source = symbol === "SYNA" ? "cache" : "computed";
        return { vector, source };
      });
    },
    values: () => new Float64Array(),
    async invalidate(scope, actor) {
      invalidated.push({ scope, actor });
    },
    async forget() {},
    async stats() {
      return { hits: 3, misses: 1, computations: 1, errors: 0, size: 2 };
    },
  };
}

/** A signal service that ranks symbols in the order given. */
export function createFakeSignals(clock: FakeClock): SignalService {
  return {
    async generate({ symbols, asOf, topN = 1, bottomN = 1 }) {
      const count = symbols.length;
      return {
        signals: symbols.map((symbol, i) => ({
          symbol,
          score: 1 - i,
          predictedReturn: (1 - i) / 50,
          rank: i + 1,
          targetWeight: i < topN
            ? 1 / topN
            : i < count - bottomN
            ? 0
            : -1 / bottomN,
        })),
        asOf: asOf ?? DATE as TradingDate,
        model: MODEL,
        generatedAt: clock.now(),
        topN,
        bottomN,
        event: { id: "0196f0c2-0000-7000-8000-000000000001", position: 1 },
      };
    },
    model: () => MODEL,
    async rehearse() {},
    async reload() {
      const predict = () => 0;
      const model = { info: MODEL, predict };
      const previous = { info: { ...MODEL, version: "v1" }, predict };
      return { model, previous, changed: true };
    },
  };
}

/** An answer that has been held to its declaration. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body, parsed; `undefined` where it is not JSON. */
  // deno-lint-ignore no-explicit-any
  readonly json: any;
}

/** What the harness is made of. */
export interface HarnessOptions {
  /** Services in place of the fakes. */
  readonly services?: Partial<RouteServices>;
  /** Routes beside those of the service. */
  readonly extra?: readonly Route[];
  /** Whether only this machine can reach the listener; `true` when absent. */
  readonly loopback?: boolean;
  /** Whether callers need API keys; `false` when absent. */
  readonly asksForKeys?: boolean;
  /** How often a caller may ask. */
  readonly rateLimit?: RateLimit;
  /** Limit of a body where the route says nothing. */
  readonly bodyLimit?: number;
  /** What stands between the routes and the settings store. */
  readonly settingsStore?: (store: SettingsStore) => SettingsStore;
  /** The defaults file; there is none when absent. */
  readonly defaultsSource?: DefaultsSource;
  /** What the health service is told. */
  readonly state?: Partial<SystemState>;
}

/** An application with all that a test may look at. */
export interface Harness {
  readonly app: App;
  readonly clock: FakeClock;
  readonly telemetry: RecordingTelemetry;
  readonly routes: readonly Route[];
  readonly features: FakeFeatures;
  readonly archive: SettingsArchive;
  readonly apiKeys: ApiKeys;
  /** Sends a request; a body that is not a text is sent as JSON. */
  send(method: string, path: string, options?: SendOptions): Promise<Reply>;
}

/** More of a request. */
export interface SendOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A defaults source without a file, which forgets what it is to keep. */
export function createFakeDefaults(file?: unknown): DefaultsSource {
  return {
    path: file === undefined ? undefined : "defaults.json",
    load: () => Promise.resolve(file),
    backup: (name) => Promise.resolve(`backups/${name}.json`),
  };
}

/** Builds the application. */
export function createHarness(options: HarnessOptions = {}): Harness {
  const { loopback = true, settingsStore = (store) => store } = options;
  const world = createMemoryWorld();
  const { clock } = world;
  const bus = world.bus();
  const entropy = createSeededEntropy();
  const features = createFakeFeatures();
  const signals = options.services?.signals ?? createFakeSignals(clock);
  const telemetry = createRecordingTelemetry();
  const common = { bus, clock, entropy, telemetry };
  const state = { ...createFakeState(), ...options.state };
  const events = options.services?.events ?? createEventService(common);
  const store = world.groups();
  const settings = createSettingsServices({
    ...common,
    store: settingsStore(world.settings()),
    archive: world.archive(),
    source: options.defaultsSource ?? createFakeDefaults(),
    record: "memory",
  });
  const apiKeys = createApiKeys({ ...common, store: world.apiKeys() });
  const services: RouteServices = {
    apiKeys,
    ...createAdministrationWorld(world, common, apiKeys),
    groups: createEventGroups({ ...common, store }),
    readEffects: createEffectReader({ ...common, ...events }),
    signals,
    features,
    settings,
    autopilot: { decide: () => fail("no autopilot in this test") },
    orders: createOrderIds({
      ...common,
      sequence: world.sequence(),
      intents: world.intents(),
      timeZone: settings.timeZone,
    }),
    ...createTradingWorld({
      ...common,
      signals,
      settings,
      ledger: world.ledger(),
    }),
    events,
    requests: createRequestReply({ ...common, events }),
    health: createHealthService({
      ...common,
      model: () => signals.model(),
      needsModel: true,
      concerns: [],
      version: "1.2.3",
      state,
    }),
    state,
    status: createStatusService({
      state,
      look: async () => ({ head: await bus.head(), instances: [] }),
      checkpoint: () => undefined,
      clock,
      record: "memory",
      instance: "test",
    }),
    exposition: () => "holdfast_log_position 0\n",
    recentLog: () => [],
    ...common,
    version: "1.2.3",
    ...options.services,
  };
  const routes = [...allRoutes(services), ...options.extra ?? []];
  const app = createApp({
    routes,
    identity: createIdentity(options.asksForKeys ? { keys: apiKeys } : {}),
    rateLimit: options.rateLimit,
    audit: services.audit,
    guard: createHostGuard({ loopback }),
    ...common,
    ...(options.bodyLimit === undefined
      ? {}
      : { bodyLimit: options.bodyLimit }),
  });

  return {
    app,
    clock,
    telemetry,
    routes,
    features,
    archive: world.archive(),
    apiKeys,
    async send(method, path, { body, headers = {} } = {}) {
      const response = await app.request(path, {
        method,
        headers,
        ...(body === undefined
          ? {}
          : { body: isRaw(body) ? body : JSON.stringify(body) }),
      });
      const reply = await read(response);
      holdToDeclaration(routes, method, path, reply);
      return reply;
    },
  };
}

/** Reads an answer whole. */
export async function read(response: Response): Promise<Reply> {
  const text = await response.text();
  const type = response.headers.get("content-type") ?? "";
  const json = /json/.test(type) && text !== "" ? JSON.parse(text) : undefined;
  return { status: response.status, headers: response.headers, text, json };
}

/** Fails unless `reply` is one of the answers that its route declares. */
export function holdToDeclaration(
  routes: readonly Route[],
  method: string,
  path: string,
  reply: Reply,
): void {
  const { status, headers, text, json } = reply;
  ok(headers.get("x-request-id"), "every answer has a request id");
  if (status >= 400 && !isDeclared(routes, method, path, status)) {
    ok(!/\n\s+at |file:\/\/|node_modules/.test(text), "a stack got out");
    equal(headers.get("content-type"), "application/problem+json");
    const problem = Problem.parse(json);
    equal(problem.status, status);
    equal(problem.instance, new URL(path, "http://localhost").pathname);
    equal(problem.request_id, headers.get("x-request-id"));
    ok(problem.type.startsWith("urn:holdfast:problem:"));
    ok(/^(?:Cannot|The) /.test(problem.detail), problem.detail);
    return;
  }
  const route = routeOf(routes, method, path) ?? fail(`no route ${path}`);
  const spec = route.responses[status];
  if (!spec) fail(`${route.id} does not declare ${status}: ${text}`);
  if (method === "HEAD" || spec.schema === undefined) return equal(text, "");
  const type = headers.get("content-type")!;
  const isMain = type === (spec.contentType ?? "application/json");
  (isMain ? spec.schema : spec.also![type]!).parse(json ?? text);
  const declared = spec.headers?.parse(
    Object.fromEntries(
      Object.keys(spec.headers.shape).map((name) => [
        name,
        headers.get(name) ?? undefined,
      ]),
    ),
  );
  ok(declared === undefined || typeof declared === "object");
}

function isDeclared(
  routes: readonly Route[],
  method: string,
  path: string,
  status: number,
): boolean {
  return routeOf(routes, method, path)?.responses[status] !== undefined;
}

function routeOf(routes: readonly Route[], method: string, path: string) {
  const bare = path.replace(/\?.*$/, "");
  return routes.find((route) =>
    route.method === (method === "HEAD" ? "GET" : method) &&
    shapeOf(route.path).test(bare)
  );
}

function isRaw(body: unknown): body is BodyInit {
  return typeof body === "string" || body instanceof Uint8Array ||
    body instanceof ReadableStream;
}

/** A symbol for tests. */
export const SYNA = parseSymbol("SYNA");
