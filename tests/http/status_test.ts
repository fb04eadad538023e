/**
 * The status, asked once and as it goes on.
 *
 * @module
 */
import type { SystemState } from "../../src/services/system_state.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { createFakeState } from "../support/fake_state.ts";
import { follow } from "./event_client.ts";
import { createHarness } from "./harness.ts";

Deno.test("status: mode, adapters, log and caller", async () => {
  const { send } = createHarness();
  const { json, status } = await send("GET", "/api/v1/status", {
    headers: { "x-user-id": "42" },
  });
  equal(status, 200);
  equal(json.mode, "normal");
  equal(json.redis_status, "disabled");
  equal(json.record, "memory");
  equal(json.adapters.length, 4);
  equal(json.log.head, 0);
  equal(json.checkpoint, null);
  equal(json.changes.length, 1);
  deepEqual(json.caller, { user: "42", scopes: ["read", "write", "trade"] });
});

Deno.test("status: the operator may administer", async () => {
  const { json } = await createHarness().send("GET", "/api/v1/status");
  equal(json.caller.scopes.includes("admin"), true);
});

Deno.test("status: the stream tells each second, and each change at once", async () => {
  const fake = createFakeState();
  let mode: ReturnType<SystemState["mode"]> = "normal";
  const listeners = new Set<() => void>();
  const state: SystemState = {
    ...fake,
    mode: () => mode,
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const { app, clock } = createHarness({ state });
  const stream = await follow(app, "", { path: "/api/v1/status/stream" });
  const modeOf = async () => {
    for (;;) {
      const frame = await stream.next();
      if (frame.event === "status") return JSON.parse(frame.data!).mode;
    }
  };
  equal(await modeOf(), "normal");
  mode = "degraded";
  for (const listener of listeners) listener();
  equal(await modeOf(), "degraded", "without the clock moving on");
  mode = "normal";
  const next = modeOf();
  await clock.advance(1000);
  equal(await next, "normal", "a second later nobody has to tell");
  await stream.leave();
});

Deno.test("log: recent lines are told to who administers, and to nobody else", async () => {
  const { send } = createHarness({
    services: {
      recentLog: () => [{
        at: Date.parse("2026-01-02T14:32:00.000Z"),
        level: "warn",
        message: "settings were not warmed up",
        fields: { error: "timeout" },
      }],
    },
  });
  const { status, json } = await send("GET", "/api/admin/log");
  equal(status, 200);
  deepEqual(json.lines, [{
    at: "2026-01-02T14:32:00.000Z",
    level: "warn",
    message: "settings were not warmed up",
    fields: { error: "timeout" },
  }]);
  const refused = await send("GET", "/api/admin/log", {
    headers: { "x-user-id": "42" },
  });
  equal(refused.status, 403);
  equal(JSON.stringify(refused.json).includes("warmed"), false);
});
