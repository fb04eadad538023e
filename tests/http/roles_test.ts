/**
 * What each role of a process serves, and what it does by itself.
 *
 * @module
 */
import { CHANNELS } from "../../domain/event/registry.ts";
import { parseConfig } from "../../src/config.ts";
import { openHoldfast } from "../../src/holdfast.ts";
import type { Route } from "../../src/http/route.ts";
import { type RouteServices, routesOf } from "../../src/http/routes/mod.ts";
import { type Role, ROLES } from "../../src/services/role.ts";
import { deepEqual, equal, fail, match, ok } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { needs } from "../support/needs.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";

/** What routes begin with, and the roles that serve them; the longest counts. */
const SERVED: Readonly<Record<string, readonly Role[]>> = {
  "/api/v1/signals/": ["signal-service"],
  "/api/v1/model/": ["signal-service"],
  "/api/v1/paper-runs": ["signal-service"],
  "/api/v1/features": ["signal-service", "state"],
  "/api/user/": ["state"],
  "/api/futures/": ["state"],
  "/api/futures/ginie/decision": ["autopilot"],
  "/api/futures/positions": ["execution-gateway"],
  "/api/futures/orders": ["execution-gateway"],
  "/api/orders/": ["state"],
  "/api/v1/orders": ["execution-gateway"],
  "/api/v1/positions": ["execution-gateway"],
  "/api/v1/orchestration/": ["orchestrator"],
  "/api/v1/events": ["state"],
  "/api/admin/defaults": ["state"],
  "/api/admin/sync-defaults": ["state"],
  "/docs/settings": ["state"],
  "/api/admin/kill-switch": ["execution-gateway"],
  "/api/admin/orphan-orders": ["execution-gateway"],
  "/api/admin/reconciliation": ["execution-gateway"],
  "/api/admin/adapters": ROLES,
  "/api/admin/api-keys": ROLES,
  "/api/admin/users": ["state"],
  "/api/admin/audit": ROLES,
  "/api/admin/log": ROLES,
  "/api/v1/status": ROLES,
  "/health": ROLES,
  "/metrics": ROLES,
  "/docs": ROLES,
  "/docs/settings.css": ROLES,
  "/openapi.json": ROLES,
  "/asyncapi.json": ROLES,
  "/web/": ROLES,
};

/** Those that are served everywhere, whatever else they begin with. */
const EVERYWHERE = ["/"];

/** The row that counts for a path. */
function rowOf(path: string): string {
  const row = Object.keys(SERVED).filter((start) => path.startsWith(start))
    .toSorted((a, b) => b.length - a.length)[0];
  return row ?? fail(`nobody has said who serves ${path}`);
}

function rolesOf(path: string): readonly Role[] {
  if (EVERYWHERE.includes(path)) return ROLES;
  return ["all", ...SERVED[rowOf(path)]!];
}

/** To describe a route is not to run it: nobody else need be there. */
const NOBODY = {
  events: { channels: CHANNELS },
  settings: {},
  gateway: {},
  version: "1",
} as unknown as RouteServices;

const nameOf = ({ method, path }: Pick<Route, "method" | "path">) =>
  `${method} ${path}`;
const servedBy = (role: Role) => routesOf(role, NOBODY).map(nameOf).toSorted();

const ALL = routesOf("all", NOBODY);
const PARTS = ROLES.filter((role) => role !== "all");

for (const role of ROLES) {
  Deno.test(`${role} serves its routes and no others`, () => {
    const expected = ALL.filter(({ path }) => rolesOf(path).includes(role));
    deepEqual(servedBy(role), expected.map(nameOf).toSorted());
  });
}

Deno.test("what all serves, the parts serve together, and nothing more", () => {
  const together = new Set(PARTS.flatMap(servedBy));
  deepEqual([...together].toSorted(), servedBy("all"));
});

Deno.test("each part has something of its own, and each row is needed", () => {
  for (const part of PARTS) {
    const others = PARTS.filter((other) => other !== part).flatMap(servedBy);
    ok(servedBy(part).some((name) => !others.includes(name)), part);
  }
  const paths = ALL.map(({ path }) => path);
  const rows = paths.filter((path) => !EVERYWHERE.includes(path)).map(rowOf);
  deepEqual([...new Set(rows)].toSorted(), Object.keys(SERVED).toSorted());
});

/** Nobody listens there. */
const AWAY = "http://127.0.0.1:1";

/** A process of `role` in memory. */
function open(role: Role, more: Record<string, string> = {}, clock?: Waits) {
  const config = parseConfig({
    ROLE: role,
    STORE: "memory",
    ...role === "orchestrator"
      ? { SIGNAL_SERVICE_URL: AWAY, EXECUTION_GATEWAY_URL: AWAY }
      : {},
    ...more,
  });
  const telemetry = { ...createRecordingTelemetry(), exposition: () => "" };
  return openHoldfast(config, { telemetry, ...clock ? { clock } : {} });
}

type Waits = ReturnType<typeof createWaits>;

/** A clock that stands still and remembers in which files somebody waits. */
function createWaits() {
  const clock = createFakeClock();
  const files = new Set<string>();
  return {
    ...clock,
    files,
    sleep(ms: number, signal?: AbortSignal) {
      const stack = new Error().stack!.matchAll(
        /(?:src|adapters)\/[\w/]+\.ts/g,
      );
      for (const [file] of stack) files.add(file);
      return clock.sleep(ms, signal);
    },
  };
}

/** Those that come to wait when they are at work. */
const WORK = {
  "looks of the paper broker": "adapters/paper/broker.ts",
  "care of open orders": "src/apps/execution_gateway/reconciliation.ts",
  "looks for another model": "src/services/models.ts",
  "decisions of the autopilot": "src/apps/autopilot.ts",
} as const;

const WORKERS: Readonly<Record<Role, readonly (keyof typeof WORK)[]>> = {
  all: Object.keys(WORK) as (keyof typeof WORK)[],
  "signal-service": ["looks for another model"],
  "execution-gateway": ["looks of the paper broker", "care of open orders"],
  orchestrator: [],
  autopilot: ["looks for another model", "decisions of the autopilot"],
  state: [],
};

if (await needs(import.meta.url, ["read", "env", "net"])) {
  for (const role of ROLES) {
    Deno.test(`${role} describes what it serves, and knows no other route`, async () => {
      await using process = await open(role);
      const ask = (method: string, path: string) =>
        process.app.request(path, { method });
      const { paths } = await (await ask("GET", "/openapi.json")).json();
      const shown = routesOf(role, NOBODY).filter(({ hidden }) => !hidden);
      const written = Object.entries<object>(paths).flatMap((
        [path, operations],
      ) =>
        Object.keys(operations).map((method) =>
          `${method.toUpperCase()} ${path}`
        )
      );
      deepEqual(written.toSorted(), shown.map(nameOf).toSorted());

      const served = servedBy(role);
      for (const path of new Set(ALL.map(({ path }) => path))) {
        const own = ALL.filter((route) => route.path === path).map(nameOf);
        const isServed = own.some((name) => served.includes(name));
        // A route is there when only the method is wrong.
        const { status } = await ask("REPORT", path);
        equal(status, isServed ? 405 : 404, path);
      }
    });

    Deno.test(`${role} does its work by itself, and not that of others`, async () => {
      const clock = createWaits();
      const more = { AUTOPILOT_SYMBOLS: "SYNA" };
      await using _process = await open(role, more, clock);
      const mine = WORKERS[role];
      const isAtWork = (what: keyof typeof WORK) => clock.files.has(WORK[what]);
      while (!mine.every(isAtWork)) await turn();
      for (let i = 0; i < 20; i++) await turn();
      deepEqual(WORKERS.all.filter(isAtWork), mine);
    });
  }

  Deno.test("only who scores loads a model, and only who serves signals is ill without one", async () => {
    for (const role of ROLES) {
      const scores = role === "all" || role === "signal-service";
      const loads = scores || role === "autopilot";
      await using whole = await open(role);
      const healthy = await healthOf(whole.app);
      equal(healthy.model_loaded, loads, role);

      await using without = await open(role, { MODEL_PATH: "none.txt" });
      const ill = await healthOf(without.app);
      equal(ill.status === "unhealthy", scores, role);
      equal(ill.model_loaded, false, role);
    }
  });

  Deno.test("a venue that is away is told by whoever sends it orders", async () => {
    const PAPER_BROKER = "lost_request=1";
    await using gateway = await open("execution-gateway", { PAPER_BROKER });
    const body = JSON.stringify({
      symbol: "SYNA",
      side: "buy",
      qty: "1",
      order_type: "market",
    });
    const send = () =>
      gateway.app.request("/api/v1/orders", { method: "POST", body });
    // First it is reconciled.
    while ((await send()).status !== 202) await turn();
    const { status, reasons } = await healthOf(gateway.app);
    equal(status, "degraded");
    match(reasons[0], /venue paper .* 1 order is in doubt, .*not answered yet/);
  });

  Deno.test("an orchestrator says which of the others do not answer; who asks nobody says nothing", async () => {
    await using there = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      ({ url }) =>
        Response.json({
          status: new URL(url).pathname.slice("/health/".length),
        }),
    );
    const SIGNAL_SERVICE_URL = `http://127.0.0.1:${there.addr.port}`;
    await using apart = await open("orchestrator", { SIGNAL_SERVICE_URL });
    const health = await healthOf(apart.app);
    equal(health.signal_service_healthy, true);
    equal(health.execution_gateway_healthy, false);
    equal(health.status, "degraded");
    deepEqual(health.reasons, [
      "Cannot reach the execution gateway as it does not answer: start it, or correct EXECUTION_GATEWAY_URL",
    ]);
    await using whole = await open("all");
    const alone = await healthOf(whole.app);
    equal("signal_service_healthy" in alone, false);
    equal(alone.status, "healthy");
  });
}

async function healthOf(app: Awaited<ReturnType<typeof open>>["app"]) {
  return await (await app.request("/health")).json();
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 1));
