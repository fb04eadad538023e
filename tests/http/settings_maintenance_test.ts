/**
 * Settings beside the defaults: comparison, load-defaults, reset.
 *
 * @module
 */
import { SETTINGS } from "../../domain/settings/catalogue.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { defaultDocument } from "../support/default_documents.ts";
import { openSettings, PATHS, type SettingsClient } from "./settings_client.ts";

const COMPARISON = "/api/user/settings/comparison";
const LOAD = "/api/user/settings/load-defaults";
const RESET = "/api/user/settings/reset";
const SCALP = PATHS["mode:scalp"];
const BREAKER = PATHS.circuit_breaker;

const STOP_LOSS = "mode_configs.scalp.sltp.stop_loss_percent";
const DAILY_LOSS = "circuit_breaker.global.max_daily_loss";

/** Changes three settings in two documents. */
async function change({ patch }: SettingsClient): Promise<void> {
  await patch(SCALP, { enabled: false, sltp: { stop_loss_percent: 1.2 } });
  await patch(BREAKER, { max_daily_loss: 400 });
}

Deno.test("who has the defaults differs in nothing", async () => {
  const { get } = openSettings();
  const { status, json, headers } = await get(COMPARISON);
  equal(status, 200);
  equal(headers.get("x-holdfast-verified"), "true");
  deepEqual(json, {
    timestamp: "2026-01-02T03:04:05.000Z",
    total_settings: SETTINGS.length,
    total_changes: 0,
    high_risk_count: 0,
    medium_risk_count: 0,
    low_risk_count: 0,
    all_match: true,
    groups: {},
  });
  ok(SETTINGS.length > 700);
});

Deno.test("a comparison tells what differs, by group, with risk and advice", async () => {
  const client = openSettings();
  await change(client);
  const { json } = await client.get(COMPARISON);
  equal(json.total_changes, 3);
  deepEqual(
    [json.high_risk_count, json.medium_risk_count, json.low_risk_count],
    [2, 1, 0],
  );
  equal(json.all_match, false);
  deepEqual(Object.keys(json.groups), ["mode_configs", "circuit_breaker"]);
  const { mode_configs, circuit_breaker } = json.groups;
  equal(mode_configs.display_name, "Trading modes");
  equal(mode_configs.change_count, 2);
  deepEqual(mode_configs.differences[0], {
    path: "mode_configs.scalp.enabled",
    current: false,
    default: true,
    risk_level: "high",
    impact: "high: the mode starts or stops opening positions",
    recommendation: "Enable one mode at a time, ultra last",
  });
  deepEqual(circuit_breaker, {
    group_name: "circuit_breaker",
    display_name: "Circuit breaker",
    change_count: 1,
    differences: [{
      path: DAILY_LOSS,
      current: 400,
      default: 500,
      risk_level: "high",
      impact: "high: decides what a bad day costs",
      recommendation: "At most 5 % of the balance",
    }],
  });
});

Deno.test("every flag of every document is compared, and counted by its risk", async () => {
  const { patch, get } = openSettings();
  let count = 0;
  for (const { path, document, at, field } of SETTINGS) {
    if (field.type.kind !== "flag") continue;
    const set = (value: unknown) =>
      patch(
        PATHS[document],
        at.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value),
      );
    equal((await set(!field.default)).status, 200, path);
    const { json } = await get(COMPARISON);
    equal(json.total_changes, 1, path);
    equal(json[`${field.risk}_risk_count`], 1, path);
    const [group] = Object.values<{ differences: { path: string }[] }>(
      json.groups,
    );
    equal(group!.differences[0]!.path, path);
    await set(field.default);
    count++;
  }
  ok(count > 140, String(count));
});

Deno.test("a preview shows every setting and changes nothing", async () => {
  const client = openSettings();
  await change(client);
  const before = await client.versions();
  const { status, json } = await client.post(`${LOAD}?preview=true`);
  equal(status, 200);
  equal(json.preview, true);
  equal(json.total_changes, 3);
  equal(json.changes_applied, 0);
  deepEqual(json.versions, {});
  match(json.message, /^3 settings would be changed$/);
  equal(json.all_values.length, SETTINGS.length);
  deepEqual(
    json.all_values.filter(({ match }: { match: boolean }) => !match)
      .map(({ path }: { path: string }) => path),
    json.differences.map(({ path }: { path: string }) => path),
  );
  deepEqual(await client.versions(), before);
});

Deno.test("load-defaults gives every setting its default, in one batch of documents that differ", async () => {
  const client = openSettings();
  await change(client);
  const before = await client.versions();
  const { status, json } = await client.post(LOAD);
  equal(status, 200);
  equal(json.preview, false);
  equal(json.changes_applied, 3);
  equal("all_values" in json, false);
  deepEqual(json.differences.map(({ path }: { path: string }) => path), [
    "mode_configs.scalp.enabled",
    STOP_LOSS,
    DAILY_LOSS,
  ]);
  deepEqual(json.versions, { "mode:scalp": 12, "circuit_breaker": 13 });
  deepEqual(await client.versions(), { ...before, ...json.versions });
  deepEqual(
    (await client.get(SCALP)).json,
    defaultDocument("mode:scalp"),
  );
  equal((await client.get(COMPARISON)).json.all_match, true);
  const { json: again } = await client.post(`${LOAD}?preview=false`);
  equal(again.changes_applied, 0);
  deepEqual(again.versions, {});
  match(again.message, /already/);
});

Deno.test("load-defaults leaves what users keep for themselves", async () => {
  const { patch, post, get } = openSettings();
  const path = PATHS["settings:all"];
  const changes = { custom: { a: 1 }, notifications: { enabled: false } };
  await patch(path, changes);
  equal((await post(LOAD)).json.changes_applied, 1);
  deepEqual((await get(path)).json.custom, { a: 1 });
});

Deno.test("what may change several documents takes no condition on the version of one", async () => {
  const client = openSettings();
  await change(client);
  const bodies = {
    [RESET]: { path: STOP_LOSS },
    [LOAD]: {},
    "/api/user/settings/revert": { version: 1 },
    "/api/admin/sync-defaults": {},
  };
  for (const [path, body] of Object.entries(bodies)) {
    for (const name of ["If-Match", "If-None-Match"]) {
      const { status, json } = await client.post(path, body, { [name]: "*" });
      equal(status, 400, path);
      deepEqual(json.errors, [{
        path: `header.${name}`,
        message: "has no version here that it could depend on: leave it out",
      }]);
    }
  }
  equal((await client.get(COMPARISON)).json.total_changes, 3);
});

Deno.test("the user settings are reset as a whole, or a part of them, by the name of the document", async () => {
  const { patch, post, get } = openSettings();
  const path = PATHS["settings:all"];
  await patch(path, {
    trading: { global_trading: { timezone: "Asia/Tokyo" } },
    notifications: { enabled: false },
    custom: { a: 1 },
  });
  const { json: trading } = await post(RESET, { path: "trading" });
  deepEqual(trading.changes.map(({ path }: { path: string }) => path), [
    "global_trading.timezone",
  ]);
  const { json: all } = await post(RESET, { path: "all" });
  deepEqual(all.changes.map(({ path }: { path: string }) => path), [
    "notifications.enabled",
  ]);
  deepEqual((await get(path)).json.custom, { a: 1 });
});

Deno.test("one setting is reset, with its old and new value", async () => {
  const client = openSettings();
  await change(client);
  const { status, json } = await client.post(RESET, { path: STOP_LOSS });
  equal(status, 200);
  deepEqual(json, {
    success: true,
    message: "1 setting has its default again",
    path: STOP_LOSS,
    old_value: 1.2,
    new_value: 1.5,
    changes: [{ path: STOP_LOSS, old_value: 1.2, new_value: 1.5 }],
    versions: { "mode:scalp": 12 },
  });
  const { json: scalp } = await client.get(SCALP);
  equal(scalp.sltp.stop_loss_percent, 1.5);
  equal(scalp.enabled, false);
  const again = await client.post(RESET, { path: STOP_LOSS });
  deepEqual(again.json.versions, {});
  deepEqual(again.json.changes, []);
  equal(again.json.old_value, 1.5);
});

Deno.test("a group is reset whole; the others stay", async () => {
  const client = openSettings();
  await change(client);
  const { json } = await client.post(RESET, { path: "mode_configs.scalp" });
  equal(json.changes.length, 2);
  equal(Object.keys(json.old_value).length, 139);
  equal(json.old_value[STOP_LOSS], 1.2);
  equal(json.new_value[STOP_LOSS], 1.5);
  deepEqual(json.versions, { "mode:scalp": 12 });
  equal((await client.get(BREAKER)).json.max_daily_loss, 400);
});

Deno.test("ultra_fast is a name of ultra in a path, too", async () => {
  const { patch, post } = openSettings();
  await patch(PATHS["mode:ultra"], { enabled: true });
  const { json } = await post(RESET, {
    path: "mode_configs.ultra_fast.enabled",
  });
  equal(json.path, "mode_configs.ultra.enabled");
  deepEqual(json.changes.length, 1);
});

Deno.test("a reset that would break a rule is refused with all of it", async () => {
  const { patch, post, get } = openSettings();
  const wide = { sltp: { stop_loss_percent: 5, take_profit_percent: 9 } };
  equal((await patch(SCALP, wide)).status, 200);
  const path = "mode_configs.scalp.sltp.take_profit_percent";
  const { status, json } = await post(RESET, { path });
  equal(status, 422);
  deepEqual(json.errors, [{
    path: "mode_configs.scalp.sltp.stop_loss_percent",
    message:
      "must be below mode_configs.scalp.sltp.take_profit_percent: current values are 5, 3; reset mode_configs.scalp.sltp instead",
  }]);
  match(json.detail, /^Cannot accept the default of mode_configs\.scalp\./);
  const instead = await post(RESET, { path: "mode_configs.scalp.sltp" });
  equal(instead.status, 200);
  await patch(SCALP, wide);
  equal((await get(SCALP)).json.sltp.take_profit_percent, 9);
});

Deno.test("what to reset instead is the smallest group that does", async () => {
  const { patch, post } = openSettings();
  const shares = { scalp_percent: 40, swing_percent: 25 };
  equal((await patch(PATHS.capital_allocation, shares)).status, 200);
  const path = "capital_allocation.scalp_percent";
  const { status, json } = await post(RESET, { path });
  equal(status, 422);
  match(json.detail, /; reset capital_allocation instead/);
  equal(json.errors[0].path, "capital_allocation.ultra_fast_percent");
  const instead = await post(RESET, { path: "capital_allocation" });
  equal(instead.json.changes.length, 2);
});

Deno.test("a preview may be asked for in the body, and nothing else", async () => {
  const client = openSettings();
  await change(client);
  const before = await client.versions();
  for (
    const [query, body] of [
      ["", { preview: true }],
      ["?preview=true", { preview: true }],
      ["?preview=true", {}],
      ["?preview=true", undefined],
    ] as const
  ) {
    const { status, json } = await client.post(`${LOAD}${query}`, body);
    equal(status, 200);
    equal(json.preview, true);
  }
  for (
    const [query, body] of [
      ["", { preview: "true" }],
      ["", { preview: 1 }],
      ["", { previw: true }],
      ["", [true]],
      ["", "null"],
      ["?preview=false", { preview: true }],
      ["?preview=true", { preview: false }],
    ] as const
  ) {
    const { status } = await client.post(`${LOAD}${query}`, body);
    equal(status, 400, JSON.stringify([query, body]));
  }
  deepEqual(await client.versions(), before);
  const { json } = await client.post(LOAD, { preview: false });
  equal(json.changes_applied, 3);
});

Deno.test("a path that is none is refused with what there is", async () => {
  const { post } = openSettings();
  const cases: [path: string, known: RegExp][] = [
    ["turbo", /as there are mode_configs, scalp_reentry, global_trading/],
    ["mode_configs.turbo", /as mode_configs has ultra, scalp, swing, position/],
    [`${STOP_LOSS}.x`, /as mode_configs\.scalp\.sltp has stop_loss_percent, /],
    ["mode_configs.scalp.sltp.", /as mode_configs\.scalp\.sltp has /],
    ["__proto__", /as there are mode_configs/],
    ["mode_configs.scalp.constructor", /as mode_configs\.scalp has enabled, /],
  ];
  for (const [path, known] of cases) {
    const { status, json } = await post(RESET, { path });
    equal(status, 400, path);
    match(json.detail, known);
  }
  for (const body of [{}, { path: "" }, { path: 7 }, { path: "a", x: 1 }]) {
    equal((await post(RESET, body)).status, 400);
  }
});

Deno.test("comparison and reset are with the defaults of now", async () => {
  const { get, put, post } = openSettings();
  await get(SCALP);
  const { json: tree } = await get("/api/admin/defaults");
  tree.mode_configs.scalp.sltp.stop_loss_percent = 1.1;
  equal((await put("/api/admin/defaults", tree)).status, 200);
  const { json } = await get(COMPARISON);
  const [difference] = json.groups.mode_configs.differences;
  deepEqual([difference.current, difference.default], [1.5, 1.1]);
  equal((await post(RESET, { path: STOP_LOSS })).json.new_value, 1.1);
});
