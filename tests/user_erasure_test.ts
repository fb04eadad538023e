/**
 * A user is erased over HTTP: what goes, what stays, and that the audit tells
 * of it, on the databases that need no server.
 *
 * @module
 */
import { parseConfig } from "../src/config.ts";
import { openHoldfast } from "../src/holdfast.ts";
import { deepEqual, equal, match, ok } from "./support/assert.ts";
import { createRecordingTelemetry } from "./support/recording_telemetry.ts";

const SCALP = "/api/futures/ginie/modes/scalp";

interface Options {
  readonly user?: string;
  readonly body?: unknown;
  readonly key?: string;
}

/** A service with everything in memory, or in a file of its own. */
async function openWorld(store: "memory" | "sqlite") {
  const stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "holdfast-erasure-" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const telemetry = { ...createRecordingTelemetry(), exposition: () => "" };
  const config = parseConfig({ STORE: store, DATA_DIR: folder });
  const service = stack.use(await openHoldfast(config, { telemetry }));

  async function ask(method: string, path: string, options: Options = {}) {
    const { user, body, key } = options;
    const response = await service.app.request(`http://127.0.0.1${path}`, {
      method,
      headers: {
        ...(user === undefined ? {} : { "x-user-id": user }),
        ...(key === undefined ? {} : { "idempotency-key": key }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      etag: response.headers.get("etag"),
      // deno-lint-ignore no-explicit-any
      json: JSON.parse(text) as any,
    };
  }
  return {
    ask,
    ports: service.ports,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

for (const store of ["memory", "sqlite"] as const) {
  Deno.test(`${store}: an erased user is a new one, and others stay as they are`, async () => {
    await using world = await openWorld(store);
    const { ask } = world;
    const fresh = await ask("GET", SCALP, { user: "newcomer" });
    for (const user of ["ann", "bob"]) {
      await ask("GET", "/api/user/settings", { user });
      const body = { confidence: { min_confidence: 61 } };
      const changed = await ask("PATCH", SCALP, { user, body });
      equal(changed.status, 200, JSON.stringify(changed.json));
    }
    const number = await ask("POST", "/api/orders/sequence", {
      user: "ann",
      key: "once-only",
      body: {},
    });
    equal(number.status, 200);

    const { status, json } = await ask("DELETE", "/api/admin/users/ann");
    equal(status, 200, JSON.stringify(json));
    deepEqual(json.user, "ann");
    // Eight documents, written once, one of them twice, and eight removals.
    deepEqual(json.erased, {
      documents: 8,
      revisions: 17,
      order_intents: 1,
      api_keys: 0,
    });
    deepEqual(json.open, { orders: 0, positions: 0 });

    const history = "/api/user/settings/history";
    deepEqual((await ask("GET", history, { user: "ann" })).json.entries, []);
    const again = await ask("GET", SCALP, { user: "ann" });
    deepEqual(again.json, fresh.json);
    const kept = await ask("GET", SCALP, { user: "bob" });
    equal(kept.json.confidence.min_confidence, 61);

    // The number is not given again: the answer is forgotten, the series is not.
    const next = await ask("POST", "/api/orders/sequence", {
      user: "ann",
      key: "once-only",
      body: {},
    });
    equal(next.status, 200);
    ok(next.json.first > number.json.first, JSON.stringify(next.json));
  });

  Deno.test(`${store}: who was erased before is erased again, and nothing is left to do`, async () => {
    await using world = await openWorld(store);
    const { ask, ports } = world;
    await ask("GET", "/api/user/settings", { user: "ann" });
    equal((await ask("DELETE", "/api/admin/users/ann")).status, 200);
    const before = await ports.eventBus.head();
    const { json } = await ask("DELETE", "/api/admin/users/ann");
    deepEqual(json.erased, {
      documents: 0,
      revisions: 0,
      order_intents: 0,
      api_keys: 0,
    });
    deepEqual(await ports.eventBus.head(), before);
  });

  Deno.test(`${store}: a user with an open order is erased only when that is wanted, and the order stays`, async () => {
    await using world = await openWorld(store);
    const { ask } = world;
    await ask("GET", "/api/user/settings", { user: "ann" });
    const placed = await ask("POST", "/api/v1/orders", {
      user: "ann",
      body: {
        symbol: "SYNA",
        side: "buy",
        qty: "1",
        order_type: "limit",
        limit_price: "0.01",
      },
    });
    ok(placed.status < 300, JSON.stringify(placed.json));
    const refused = await ask("DELETE", "/api/admin/users/ann");
    equal(refused.status, 409);
    match(refused.json.detail, /1 orders and 0 positions are open/);
    equal(
      (await ask("GET", "/api/user/settings/history", { user: "ann" }))
        .json.entries.length > 0,
      true,
    );

    const forced = await ask("DELETE", "/api/admin/users/ann?force=true");
    equal(forced.status, 200);
    deepEqual(forced.json.open, { orders: 1, positions: 0 });
    const orders = await ask("GET", "/api/v1/orders", { user: "ann" });
    equal(orders.json.orders.length, 1);
  });
}

Deno.test("the keys of an erased user are revoked, those of others are not", async () => {
  await using world = await openWorld("memory");
  const { ask } = world;
  for (const user of ["ann", "bob"]) {
    const body = { name: user, user, scopes: ["read"] };
    const made = await ask("POST", "/api/admin/api-keys", { body });
    ok(made.status < 300, JSON.stringify(made.json));
  }
  const { json } = await ask("DELETE", "/api/admin/users/ann");
  equal(json.erased.api_keys, 1);
  const { keys } = await world.ports.apiKeyStore.read();
  deepEqual(keys!.map(({ user }) => user), ["bob"]);
});

Deno.test("users may not erase anybody, themselves included", async () => {
  await using world = await openWorld("memory");
  const { status } = await world.ask("DELETE", "/api/admin/users/ann", {
    user: "ann",
  });
  equal(status, 403);
  deepEqual((await world.ask("GET", "/api/admin/audit")).json.calls, []);
});
