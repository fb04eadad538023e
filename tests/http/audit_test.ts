/**
 * The audit of administration: which calls are kept, what is kept of them, and
 * what becomes of a call that cannot be kept.
 *
 * @module
 */
import { openMemoryAuditLog } from "../../adapters/memory/audit_log.ts";
import { CHANNELS } from "../../domain/event/registry.ts";
import type { AuditLog } from "../../ports/audit_log.ts";
import { PortError } from "../../ports/port_error.ts";
import { createApp } from "../../src/http/app.ts";
import { isAudited } from "../../src/http/audited.ts";
import { createHostGuard } from "../../src/http/host_guard.ts";
import { createIdentity } from "../../src/http/identity.ts";
import { type Route, route } from "../../src/http/route.ts";
import { allRoutes, type RouteServices } from "../../src/http/routes/mod.ts";
import { auditRoutes } from "../../src/http/routes/audit.ts";
import { createAdminAudit } from "../../src/services/admin_audit.ts";
import { z } from "zod";
import { deepEqual, equal, match } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { createRecordingTelemetry } from "./harness.ts";

Deno.test("every change that only administrators may make is audited, save the work of group members", () => {
  const services = {
    events: { channels: CHANNELS },
    settings: {},
    version: "0",
  } as unknown as RouteServices;
  const audited = allRoutes(services).filter(isAudited)
    .map(({ method, path }) => `${method} ${path}`);
  deepEqual(audited.toSorted(), [
    "DELETE /api/admin/api-keys/{id}",
    "DELETE /api/admin/orphan-orders/{user}/{id}",
    "DELETE /api/admin/users/{user}",
    "DELETE /api/v1/events/groups/{name}",
    "DELETE /api/v1/features",
    "DELETE /api/v1/features/{symbol}",
    "DELETE /api/v1/features/{symbol}/{date}",
    "POST /api/admin/api-keys",
    "POST /api/admin/api-keys/{id}/rotate",
    "POST /api/admin/sync-defaults",
    "POST /api/v1/events/dead-letters/discard",
    "POST /api/v1/events/dead-letters/redrive",
    "POST /api/v1/events/groups/{name}/pause",
    "POST /api/v1/events/groups/{name}/resume",
    "POST /api/v1/events/groups/{name}/seek",
    "POST /api/v1/model/reload",
    "PUT /api/admin/adapters/{port}",
    "PUT /api/admin/defaults",
    "PUT /api/admin/kill-switch",
    "PUT /api/v1/events/groups/{name}",
  ]);
});

/** An application with one change that administrators may make. */
function createWorld(broken: Partial<AuditLog> = {}) {
  const clock = createFakeClock();
  const telemetry = createRecordingTelemetry();
  const done: string[] = [];
  const log = { ...openMemoryAuditLog(clock), ...broken };
  const audit = createAdminAudit({ log, clock, telemetry });
  const change: Route = route({
    method: "PUT",
    path: "/api/admin/things/{name}",
    id: "putThing",
    summary: "",
    tags: [],
    request: {
      params: z.strictObject({ name: z.string() }),
      query: z.strictObject({ force: z.string().optional() }),
      body: z.strictObject({ secret: z.string() }),
    },
    responses: { 200: { description: "", schema: z.object({}) } },
    errors: [409],
    handle({ params: { name } }) {
      done.push(name);
      if (name === "taken") throw new PortError("conflict", "Cannot take it");
      return { status: 200, json: {} };
    },
  });
  const app = createApp({
    routes: [change, ...auditRoutes(audit)],
    identity: createIdentity(),
    guard: createHostGuard({ loopback: true, hosts: ["127.0.0.1"] }),
    telemetry,
    clock,
    entropy: createSeededEntropy(),
    audit,
  });
  const put = (
    name: string,
    body: unknown = { secret: "hunter2" },
    user = "",
  ) =>
    app.request(`http://127.0.0.1/api/admin/things/${name}`, {
      method: "PUT",
      headers: {
        "x-request-id": `request-${name.length}`,
        ...(user && { "x-user-id": user }),
      },
      body: JSON.stringify(body),
    });
  const calls = async (query = "") => {
    const path = `http://127.0.0.1/api/admin/audit${query}`;
    return await (await app.request(path)).json();
  };
  return { put, calls, done, telemetry, audit, clock, log };
}

Deno.test("a call is told with who, for whom, what and how it ended, and no more", async () => {
  const { put, calls, clock } = createWorld();
  const at = new Date(clock.now()).toISOString();
  equal((await put("one?force=hunter3")).status, 200);
  equal((await put("taken")).status, 409);
  const call = (id: number, path: string, status: number, request: string) => ({
    id,
    at,
    actor: "default",
    user: "default",
    operation: "putThing",
    method: "PUT",
    path: `/api/admin/things/${path}`,
    request_id: request,
    status,
  });
  const told = await calls();
  deepEqual(told, {
    calls: [
      call(1, "one", 200, "request-17"),
      call(2, "taken", 409, "request-5"),
    ],
    next_after: 2,
  });
  deepEqual(await calls("?after=2"), { calls: [], next_after: 2 });
  deepEqual((await calls("?limit=1")).next_after, 1);
  equal(JSON.stringify(told).includes("hunter"), false);
});

Deno.test("a key that got into a path by mistake is not kept", async () => {
  const { put, calls } = createWorld();
  const key = `hf_abcdefghijkl_${"s".repeat(43)}`;
  equal((await put(key)).status, 200);
  const { calls: [call] } = await calls();
  equal(call.path, "/api/admin/things/hf_abcdefghijkl_[redacted]");
});

Deno.test("what does not get as far as to change anything is not kept", async () => {
  const { put, calls, done } = createWorld();
  equal((await put("one", { secret: 1 })).status, 400);
  equal((await put("one", undefined, "ann")).status, 403);
  deepEqual(done, []);
  deepEqual((await calls()).calls, []);
});

Deno.test("a call that cannot be noted is refused, and nothing happens", async () => {
  const away = () =>
    Promise.reject(new PortError("unavailable", "Cannot reach the database"));
  const { put, done } = createWorld({ begin: away });
  equal((await put("one")).status, 503);
  deepEqual(done, []);
});

Deno.test("a call whose answer cannot be noted is answered, and held without", async () => {
  const away = () =>
    Promise.reject(new PortError("unavailable", "Cannot reach the database"));
  const { put, calls, done, telemetry } = createWorld({ finish: away });
  equal((await put("one")).status, 200);
  deepEqual(done, ["one"]);
  deepEqual((await calls()).calls[0].status, null);
  const lines = telemetry.lines.filter(({ level }) => level === "warn");
  equal(lines.length, 1);
  match(lines[0]!.message, /the answer to an admin call was not noted/);
});

Deno.test("old calls are forgotten every hour, and none with 0 days", async () => {
  const { put, calls, audit, clock } = createWorld();
  await put("one");
  const stop = new AbortController();
  const runs = [audit.run(0, stop.signal), audit.run(2, stop.signal)];
  await clock.advance(2 * 86_400_000);
  equal((await calls()).calls.length, 1);
  await clock.advance(3_600_001);
  deepEqual((await calls()).calls, []);
  stop.abort();
  await Promise.all(runs);
});
