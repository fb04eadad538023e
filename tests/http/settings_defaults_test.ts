/**
 * The defaults that new users get: read, replaced, taken from the file.
 *
 * @module
 */
import { BUILT_IN_TREE, SETTINGS } from "../../domain/settings/catalogue.ts";
import { deepEqual, equal, match, notEqual, ok } from "../support/assert.ts";
import { createFakeDefaults } from "./harness.ts";
import { clientOf, openSettings, PATHS } from "./settings_client.ts";

const DEFAULTS = "/api/admin/defaults";
const SYNC = "/api/admin/sync-defaults";
const SCALP = PATHS["mode:scalp"];
const DAILY_LOSS = "circuit_breaker.global.max_daily_loss";

// deno-lint-ignore no-explicit-any
type Tree = any;

function treeWith(change: (tree: Tree) => void): Tree {
  const tree = structuredClone(BUILT_IN_TREE) as Tree;
  change(tree);
  return tree;
}

/** A file that the test may change. */
function changingFile(file: unknown) {
  const kept: [name: string, json: string][] = [];
  const fake = { file, kept };
  return {
    ...fake,
    set: (next: unknown) => void (fake.file = next),
    source: {
      path: "/etc/defaults.json",
      load: () => Promise.resolve(fake.file),
      backup(name: string, json: string) {
        kept.push([name, json]);
        return Promise.resolve(`backups/${name}.json`);
      },
    },
  };
}

Deno.test("the first defaults are the program's own, stored once", async () => {
  const { get, harness } = openSettings();
  const first = await get(DEFAULTS);
  equal(first.status, 200);
  deepEqual(first.json, BUILT_IN_TREE);
  equal(first.headers.get("etag"), '"1"');
  match(first.headers.get("x-holdfast-defaults-hash")!, /^[0-9a-f]{64}$/);
  equal((await get(DEFAULTS)).headers.get("etag"), '"1"');
  const { json } = await harness.send("GET", "/api/v1/events?after=0");
  equal(json.events.length, 1);
  equal(json.events[0].data.actor, "holdfast:first-start");
});

Deno.test("the first defaults are those of the file where there is one", async () => {
  const file = { circuit_breaker: { global: { max_daily_loss: 450 } } };
  const { get } = openSettings({ defaultsSource: createFakeDefaults(file) });
  const breaker = await get(PATHS.circuit_breaker);
  equal(breaker.json.max_daily_loss, 450);
  equal(breaker.json.max_loss_per_hour, 100);
});

Deno.test("replaced defaults are those of the next new user; who is known keeps his", async () => {
  const { get, put, harness } = openSettings();
  const [ann, bob] = [clientOf(harness, "ann"), clientOf(harness, "bob")];
  await ann.get(SCALP);
  const before = (await get(DEFAULTS)).headers;
  const tree = treeWith((tree) => tree.mode_configs.scalp.size.leverage = 2);
  const replaced = await put(DEFAULTS, tree);
  equal(replaced.status, 200);
  deepEqual(replaced.json, tree);
  notEqual(
    replaced.headers.get("x-holdfast-defaults-hash"),
    before.get("x-holdfast-defaults-hash"),
  );
  deepEqual((await get(DEFAULTS)).json, tree);
  equal((await bob.get(SCALP)).json.size.leverage, 2);
  equal((await ann.get(SCALP)).json.size.leverage, 8);
  const { json } = await harness.send("GET", "/api/v1/events?after=9&limit=1");
  deepEqual(json.events[0].data, {
    key: "admin:defaults:all",
    version: 10,
    actor: "default",
    paths: ["mode_configs"],
  });
});

Deno.test("the hash is that of the settings, in whatever order they are written", async () => {
  const { get, put } = openSettings();
  const hash = async () =>
    (await get(DEFAULTS)).headers.get("x-holdfast-defaults-hash");
  const first = await hash();
  const reversed = (value: Tree): Tree =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(
        Object.entries(value).reverse().map(([n, v]) => [n, reversed(v)]),
      )
      : value;
  equal((await put(DEFAULTS, reversed(BUILT_IN_TREE))).status, 200);
  equal(await hash(), first);
  await put(DEFAULTS, treeWith((tree) => tree.notifications.enabled = false));
  notEqual(await hash(), first);
});

Deno.test("defaults are all settings, none missing, none that is wrong", async () => {
  const { get, put } = openSettings();
  await get(DEFAULTS);
  const { status, json } = await put(DEFAULTS, {});
  equal(status, 422);
  const groups = [...new Set(SETTINGS.map(({ group }) => group))];
  deepEqual(json.errors.map((e: { path: string }) => e.path), groups);
  const wrong = await put(
    DEFAULTS,
    treeWith((tree) => {
      tree.turbo = 1;
      tree.mode_configs.scalp.size.leverage = 126;
      tree.capital_allocation.scalp_percent = 31;
      tree.llm_config.global.provider = 7;
    }),
  );
  equal(wrong.status, 422);
  deepEqual(
    wrong.json.errors.map((e: { path: string }) => e.path).sort(),
    [
      "capital_allocation.ultra_fast_percent",
      "llm_config.global.provider",
      "mode_configs.scalp.size.leverage",
      "turbo",
    ],
  );
  equal((await get(DEFAULTS)).headers.get("etag"), '"1"');
});

Deno.test("defaults of 0 that would switch a protection off are refused, all of them", async () => {
  const { put } = openSettings();
  const dangerous = SETTINGS.filter(({ field }) => field.isZeroDangerous);
  ok(dangerous.length > 50);
  const tree = treeWith((tree) => {
    for (const { path } of dangerous) {
      const steps = path.split(".");
      const last = steps.pop()!;
      steps.reduce((at, step) => at[step], tree)[last] = 0;
    }
  });
  const { status, json } = await put(DEFAULTS, tree);
  equal(status, 422);
  const told = json.errors
    .filter(({ message }: { message: string }) =>
      message.startsWith("must not be 0 in the defaults")
    )
    .map(({ path }: { path: string }) => path);
  deepEqual(told, dangerous.map(({ path }) => path));
});

Deno.test("a mode by both of its names, and remarks, are refused in what is put", async () => {
  const { put } = openSettings();
  const { status, json } = await put(
    DEFAULTS,
    treeWith((tree) => {
      tree.mode_configs.ultra_fast = tree.mode_configs.ultra;
      tree._note = "x";
      tree.metadata = {};
      tree.notifications._why = "";
    }),
  );
  equal(status, 422);
  deepEqual(json.errors.map((e: { path: string }) => e.path).sort(), [
    "_note",
    "metadata",
    "mode_configs.ultra_fast",
    "notifications._why",
  ]);
  const renamed = treeWith((tree) => {
    const { ultra: ultra_fast, ...others } = tree.mode_configs;
    tree.mode_configs = { ultra_fast, ...others };
  });
  equal((await put(DEFAULTS, renamed)).status, 200);
});

Deno.test("a user himself may have such a 0 where the range allows it", async () => {
  const { patch } = openSettings();
  const { status } = await patch(PATHS.circuit_breaker, { min_win_rate: 0 });
  equal(status, 200);
});

Deno.test("sync takes over the file, keeps what was before, and tells what has changed", async () => {
  const { set, source, kept } = changingFile({});
  const { get, post } = openSettings({ defaultsSource: source });
  const before = await get(DEFAULTS);
  set({
    metadata: { version: "7" },
    circuit_breaker: { global: { max_daily_loss: 450 } },
    mode_configs: { ultra_fast: { enabled: true } },
  });
  const { status, json } = await post(SYNC);
  equal(status, 200);
  deepEqual({ ...json, hash: undefined }, {
    success: true,
    message: "2 defaults have changed",
    synced_at: "2026-01-02T03:04:05.000Z",
    path: "/etc/defaults.json",
    backup: "backups/admin-defaults-1.json",
    version: 2,
    hash: undefined,
    changes: [
      {
        path: "mode_configs.ultra.enabled",
        old_value: false,
        new_value: true,
      },
      { path: DAILY_LOSS, old_value: 500, new_value: 450 },
    ],
  });
  deepEqual(kept.map(([name]) => name), ["admin-defaults-1"]);
  deepEqual(JSON.parse(kept[0]![1]), before.json);
  const after = await get(DEFAULTS);
  equal(after.headers.get("etag"), '"2"');
  equal(after.headers.get("x-holdfast-defaults-hash"), json.hash);
  equal(after.json.circuit_breaker.global.max_daily_loss, 450);
});

Deno.test("sync with a file that says nothing new changes nothing", async () => {
  const { set, source, kept } = changingFile({});
  const { get, post } = openSettings({ defaultsSource: source });
  await get(DEFAULTS);
  set({ _remark: "the same", ...BUILT_IN_TREE });
  const { json } = await post(SYNC);
  equal(json.version, 1);
  equal(json.backup, null);
  deepEqual(json.changes, []);
  match(json.message, /already/);
  deepEqual(kept, []);
});

Deno.test("sync without a file takes the program's own defaults", async () => {
  const { put, post, get } = openSettings();
  await put(DEFAULTS, treeWith((tree) => tree.notifications.enabled = false));
  const { json } = await post(SYNC);
  equal(json.path, null);
  equal(json.message, "1 default has changed");
  equal(json.backup, "backups/admin-defaults-2.json");
  deepEqual((await get(DEFAULTS)).json, BUILT_IN_TREE);
});

Deno.test("a bad file is refused with every fault, and nothing is taken over or kept", async () => {
  const { set, source, kept } = changingFile({});
  const { get, post } = openSettings({ defaultsSource: source });
  await get(DEFAULTS);
  set({
    circuit_breaker: {
      global: { max_daily_loss: 0, max_loss_per_hour: 0, enabled: "yes" },
    },
    mode_configs: { turbo: {} },
  });
  const { status, json } = await post(SYNC);
  equal(status, 422);
  deepEqual(
    [...new Set(json.errors.map((e: { path: string }) => e.path))].sort(),
    [
      "circuit_breaker.global.enabled",
      "circuit_breaker.global.max_daily_loss",
      "circuit_breaker.global.max_loss_per_hour",
      "mode_configs.turbo",
    ],
  );
  equal((await get(DEFAULTS)).headers.get("etag"), '"1"');
  deepEqual(kept, []);
});

Deno.test("defaults whose copy cannot be kept are not replaced", async () => {
  const { set, source } = changingFile({});
  const backup = () => Promise.reject(new TypeError("no room"));
  const defaultsSource = { ...source, backup };
  const { get, post } = openSettings({ defaultsSource });
  await get(DEFAULTS);
  set({ notifications: { enabled: false } });
  equal((await post(SYNC)).status, 500);
  equal((await get(DEFAULTS)).headers.get("etag"), '"1"');
});

Deno.test("a sync is visible to the next new user, comparison and load-defaults", async () => {
  const { set, source } = changingFile({});
  const { get, post, harness } = openSettings({ defaultsSource: source });
  await get(SCALP);
  set({ circuit_breaker: { global: { max_daily_loss: 450 } } });
  await post(SYNC);
  const bob = clientOf(harness, "bob");
  equal((await bob.get(PATHS.circuit_breaker)).json.max_daily_loss, 450);
  const { json } = await get("/api/user/settings/comparison");
  equal(json.groups.circuit_breaker.differences[0].default, 450);
  const loaded = await post("/api/user/settings/load-defaults");
  equal(loaded.json.changes_applied, 1);
  equal((await get(PATHS.circuit_breaker)).json.max_daily_loss, 450);
});
