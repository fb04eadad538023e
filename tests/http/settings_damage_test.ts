/**
 * Rows that somebody has damaged, or an older program has stored: what is
 * answered, and the way out over the API.
 *
 * @module
 */
import { BUILT_IN_TREE } from "../../domain/settings/catalogue.ts";
import { parseSettingsKey } from "../../domain/settings.ts";
import type { SettingsStore } from "../../ports/settings_store.ts";
import { deepEqual, equal, match } from "../support/assert.ts";
import { defaultDocument } from "../support/default_documents.ts";
import { openSettings, PATHS, PLACES } from "./settings_client.ts";

const DEFAULTS = "/api/admin/defaults";
const SETTINGS = PATHS["settings:all"];
const SCALP = PATHS["mode:scalp"];
const STOP_LOSS = "mode_configs.scalp.sltp.stop_loss_percent";

/** Settings of which a row may be written as it could never be by the API. */
function openWithRows() {
  let store: SettingsStore;
  const client = openSettings({ settingsStore: (one) => store = one });
  const put = (key: string, json: string) =>
    store.write([{ key: parseSettingsKey(key), json }], "hand");
  return {
    ...client,
    damage: (document: string, json: string) =>
      put(`user:default:${document}`, json),
    damageDefaults: (json: string) => put("admin:defaults:all", json),
  };
}

for (const json of ["{}", "[1]"]) {
  Deno.test(`damaged defaults, ${json}, can be replaced and synced`, async () => {
    for (const way of ["PUT", "PUT if", "sync"]) {
      const { get, put, post, damageDefaults } = openWithRows();
      await damageDefaults(json);
      const damaged = await get(DEFAULTS);
      equal(damaged.status, 422);
      match(damaged.json.detail, /PUT \S+ or POST \S+sync-defaults$/);
      if (way === "sync") {
        const reply = await post("/api/admin/sync-defaults");
        equal(reply.status, 200);
        equal(reply.json.backup, "backups/admin-defaults-1.json");
      } else {
        const on = way === "PUT" ? {} : { "if-match": '"1"' };
        equal((await put(DEFAULTS, BUILT_IN_TREE, on)).status, 200);
      }
      const mended = await get(DEFAULTS);
      deepEqual(mended.json, BUILT_IN_TREE);
      equal(mended.headers.get("etag"), '"2"');
      equal((await get(SCALP)).status, 200);
    }
  });
}

Deno.test("the first defaults may be put on condition that there are none", async () => {
  const { put } = openSettings();
  const first = { "if-none-match": "*" };
  const made = await put(DEFAULTS, BUILT_IN_TREE, first);
  equal(made.status, 200);
  equal(made.headers.get("etag"), '"1"');
  const late = await put(DEFAULTS, BUILT_IN_TREE, first);
  equal(late.status, 412);
  equal(late.json.version, 1);
});

Deno.test("the past of the defaults is told like that of users", async () => {
  const { get, put } = openSettings();
  const { json: tree } = await get(DEFAULTS);
  tree.mode_configs.scalp.sltp.stop_loss_percent = 1.1;
  await put(DEFAULTS, tree);
  const history = `${DEFAULTS}/history`;
  for (const query of ["", `&path=${STOP_LOSS}`, "&path=mode_configs"]) {
    const { status, json } = await get(`${history}?after=1${query}`);
    equal(status, 200);
    deepEqual(json, {
      entries: [{
        document: "defaults",
        version: 2,
        at: "2026-01-02T03:04:05.000Z",
        actor: "default",
        changes: [{ path: STOP_LOSS, old_value: 1.5, new_value: 1.1 }],
      }],
      next_after: null,
    });
  }
  const all = await get(history);
  equal(all.json.entries[0].changes.length > 700, true);
  equal((await get(`${history}?limit=1`)).json.next_after, 1);
  deepEqual((await get(`${history}?path=notifications&after=1`)).json, {
    entries: [],
    next_after: null,
  });
  equal((await get(`${history}?path=custom`)).status, 400);
});

Deno.test("a document that an older program stored is completed as soon as it is changed", async () => {
  const { get, patch, post, damage } = openWithRows();
  await get(SETTINGS);
  const { sltp, ...scalp } = defaultDocument("mode:scalp");
  const { stop_loss_percent: _, ...others } = sltp;
  const old = JSON.stringify({ ...scalp, sltp: others, enabled: false });
  const { mtf: __, ...worse } = { ...scalp, sltp: others };
  for (const json of [old, JSON.stringify(worse)]) {
    await damage("mode:scalp", json);
    // Reading it changes nothing, neither it nor what it says.
    const bundle = `${SETTINGS}?include=scalp`;
    const read = await get(bundle);
    equal(JSON.stringify(read.json.documents["mode:scalp"].value), json);
    const compared = (await get("/api/user/settings/comparison")).json;
    equal(compared.total_changes, json === old ? 1 : 0);
    equal((await get(bundle)).headers.get("etag"), read.headers.get("etag"));
    const reset = await post("/api/user/settings/reset", { path: STOP_LOSS });
    equal(reset.status, 200);
    deepEqual(reset.json.versions, {});
    const changed = await patch(SCALP, { size: { leverage: 2 } });
    equal(changed.status, 200, changed.text);
    equal(changed.json.sltp.stop_loss_percent, 1.5);
    equal(changed.json.size.leverage, 2);
    deepEqual(changed.json.mtf, scalp.mtf);
    const revert = await post("/api/user/settings/revert", {
      version: Number(read.headers.get("etag")!.slice(1, -1)),
      path: "mode_configs.scalp",
    });
    equal(revert.status, 200);
    equal((await get(SCALP)).json.size.leverage, scalp.size.leverage);
  }
});

Deno.test("what is missing is as the defaults of now have it", async () => {
  const { get, put, patch, damage } = openWithRows();
  const { json: tree } = await get(DEFAULTS);
  tree.circuit_breaker.global.max_daily_loss = 432;
  await put(DEFAULTS, tree);
  await get(SETTINGS);
  const { max_daily_loss: _, ...old } = defaultDocument("circuit_breaker");
  await damage("circuit_breaker", JSON.stringify(old));
  const { json } = await patch(PATHS.circuit_breaker, { cooldown_minutes: 9 });
  deepEqual([json.max_daily_loss, json.cooldown_minutes], [432, 9]);
});

Deno.test("a part of user settings whose other part is old can be replaced", async () => {
  const { get, put, damage } = openWithRows();
  await get(SETTINGS);
  const whole = defaultDocument("settings:all");
  const { enabled: _, ...notifications } = whole.notifications;
  await damage("settings:all", JSON.stringify({ ...whole, notifications }));
  equal((await put(`${SETTINGS}/trading`, whole.trading)).status, 200);
  deepEqual((await get(SETTINGS)).json, whole);
});

Deno.test("a row that is no object is damaged, and may be put anew", async () => {
  for (const json of ["[1]", "7", "null", '"x"']) {
    const { get, put, patch, post, damage } = openWithRows();
    await get(SETTINGS);
    for (const [document] of PLACES) await damage(document, json);
    for (const part of ["trading", "notifications"]) {
      const reply = await get(`${SETTINGS}/${part}`);
      equal(reply.status, 422);
      match(reply.json.detail, /is not a JSON object: PUT it anew$/);
      equal((await put(`${SETTINGS}/${part}`, {})).status, 422);
      equal((await get(`${SETTINGS}?include=${part}`)).status, 422);
    }
    for (const [document, path] of PLACES) {
      equal((await patch(path, {})).status, 422);
      equal((await put(path, defaultDocument(document))).status, 200);
      equal((await get(path)).status, 200);
    }
    await damage("mode:scalp", json);
    equal((await post("/api/user/settings/load-defaults")).status, 200);
    deepEqual((await get(SCALP)).json, defaultDocument("mode:scalp"));
  }
});

Deno.test("a row without the part that is asked for is damaged", async () => {
  const { get, patch, damage } = openWithRows();
  await get(SETTINGS);
  await damage("settings:all", "{}");
  const { status, json } = await get(`${SETTINGS}/trading`);
  equal(status, 422);
  match(json.detail, /as it holds no trading: /);
  equal((await patch(`${SETTINGS}/trading`, {})).status, 200);
  deepEqual((await get(SETTINGS)).json, defaultDocument("settings:all"));
});

Deno.test("a past that is damaged is none, not a failure", async () => {
  const { get, post, damage } = openWithRows();
  await get(SETTINGS);
  await damage("mode:scalp", "[1]");
  await damage("mode:scalp", JSON.stringify(defaultDocument("mode:scalp")));
  const history = "/api/user/settings/history";
  const { status, json } = await get(`${history}?after=9&path=${STOP_LOSS}`);
  equal(status, 200);
  deepEqual(
    json.entries.map(({ changes: [one] }: {
      changes: { old_value: unknown; new_value: unknown }[];
    }) => [one!.old_value, one!.new_value]),
    [[1.5, null], [null, 1.5]],
  );
  const body = { version: 10, path: STOP_LOSS };
  equal((await post("/api/user/settings/revert", body)).status, 404);
});
