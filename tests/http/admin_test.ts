/**
 * The routes of administration.
 *
 * @module
 */
import { deepEqual, equal, match } from "../support/assert.ts";
import { createHarness } from "./harness.ts";

Deno.test("every port tells which adapter it is on", async () => {
  const { send } = createHarness({
    state: {
      mode: () => "degraded",
      redis: () => "disconnected",
      fault: () => "Cannot use Redis as it is away",
    },
  });
  const { status, json } = await send("GET", "/api/admin/adapters");
  equal(status, 200);
  equal(json.mode, "degraded");
  equal(json.redis_status, "disconnected");
  equal(json.reason, "Cannot use Redis as it is away");
  deepEqual(json.adapters[0], {
    port: "feature_store",
    active: "memory",
    pinned: null,
    choices: ["memory"],
  });
  equal(json.adapters.length, 4);
});

Deno.test("a port is pinned and released", async () => {
  const { send } = createHarness();
  const path = "/api/admin/adapters/settings_store";
  const pinned = await send("PUT", path, { body: { adapter: "memory" } });
  equal(pinned.status, 200);
  equal(pinned.json.pinned, "memory");
  const released = await send("PUT", path, { body: { adapter: null } });
  equal(released.json.pinned, null);
});

Deno.test("an unknown port or adapter and a misspelt body are refused", async () => {
  const { send } = createHarness();
  const put = (port: string, body: unknown) =>
    send("PUT", `/api/admin/adapters/${port}`, { body });
  equal((await put("broker", { adapter: "memory" })).status, 400);
  equal((await put("settings_store", { adaptor: "memory" })).status, 400);
  const unknown = await put("settings_store", { adapter: "noop" });
  equal(unknown.status, 400);
  match(unknown.json.detail, /^Cannot pin settings_store to noop/);
});
