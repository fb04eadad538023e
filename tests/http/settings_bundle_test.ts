/**
 * Several settings documents at once.
 *
 * @module
 */
import type { SettingsKey } from "../../domain/settings.ts";
import { deepEqual, equal, match } from "../support/assert.ts";
import { defaultDocument } from "../support/default_documents.ts";
import { openSettings, PATHS, PLACES } from "./settings_client.ts";

const BUNDLE = "/api/user/settings?include=";
const MODES = ["mode:ultra", "mode:scalp", "mode:swing", "mode:position"];

const CASES: readonly [include: string, documents: readonly string[]][] = [
  ["all", PLACES.map(([name]) => name)],
  ["modes", MODES],
  ["ultra", ["mode:ultra"]],
  ["settings", ["settings:all"]],
  ["scalp,swing", ["mode:scalp", "mode:swing"]],
  ["scalp_reentry", ["scalp_reentry"]],
  ["capital_allocation", ["capital_allocation"]],
  ["modes,circuit_breaker", [...MODES, "circuit_breaker"]],
  ["circuit_breaker,scalp,modes,scalp", [
    "circuit_breaker",
    "mode:scalp",
    "mode:ultra",
    "mode:swing",
    "mode:position",
  ]],
];

for (const [include, documents] of CASES) {
  Deno.test(`include=${include} gives ${documents.length} documents, each as it is by itself`, async () => {
    const { get } = openSettings();
    const { status, json, headers } = await get(BUNDLE + include);
    equal(status, 200);
    deepEqual(Object.keys(json.documents), documents);
    for (const [name, path] of PLACES) {
      if (!documents.includes(name)) continue;
      const alone = await get(path);
      deepEqual(json.documents[name].value, alone.json);
      equal(`"${json.documents[name].version}"`, alone.headers.get("etag"));
    }
    const versions = documents.map((name) => json.documents[name].version);
    equal(headers.get("etag"), `"${versions.join(".")}"`);
  });
}

Deno.test("parts of user settings can be asked for, and ultra by its other name", async () => {
  const { get } = openSettings();
  const include = "trading,notifications,ultra_fast,settings";
  const { json, headers } = await get(BUNDLE + include);
  const { documents } = json;
  deepEqual(Object.keys(documents), [
    "trading",
    "notifications",
    "mode:ultra",
    "settings:all",
  ]);
  const whole = documents["settings:all"];
  for (const part of ["trading", "notifications"]) {
    const { version } = whole;
    deepEqual(documents[part], { version, value: whole.value[part] });
    const alone = await get(`${PATHS["settings:all"]}/${part}`);
    deepEqual(documents[part].value, alone.json);
  }
  equal(headers.get("etag"), '"2.2.3.2"');
  // One document after the other, with another shape of answer.
  deepEqual(Object.keys((await get(`${BUNDLE}settings`)).json.documents), [
    "settings:all",
  ]);
  deepEqual(Object.keys((await get(`${BUNDLE}trading`)).json.documents), [
    "trading",
  ]);
});

Deno.test("a bundle is one snapshot, read in one call", async () => {
  const calls: (readonly SettingsKey[])[] = [];
  const { get } = openSettings({
    settingsStore: (store) => ({
      ...store,
      read(keys, signal) {
        calls.push(keys);
        return store.read(keys, signal);
      },
    }),
  });
  await get(`${BUNDLE}all`);
  calls.length = 0;
  await get(`${BUNDLE}all`);
  deepEqual(calls.map((keys) => keys.length), [8]);
  calls.length = 0;
  await get(PATHS["mode:scalp"]);
  deepEqual(calls, [["user:default:mode:scalp"]]);
});

Deno.test("the tag of a bundle changes with any of its documents, and with no other", async () => {
  const { get, put } = openSettings();
  const include = "modes,circuit_breaker";
  const tag = async () => (await get(BUNDLE + include)).headers.get("etag")!;
  for (const [name, path] of PLACES) {
    const before = await tag();
    equal((await put(path, defaultDocument(name))).status, 200);
    const isIn = name.startsWith("mode:") || name === "circuit_breaker";
    equal(await tag() !== before, isIn, name);
    const again = await get(BUNDLE + include, { "if-none-match": before });
    equal(again.status, isIn ? 200 : 304);
  }
});

Deno.test("what cannot be included is refused with what can", async () => {
  const { get } = openSettings();
  for (const include of ["", "mode:scalp", "scalp,", "turbo", "__proto__"]) {
    const { status, json } = await get(BUNDLE + include);
    equal(status, 400, include);
    equal(json.errors[0].path, "query.include");
    match(
      json.detail,
      /as there are all, settings, trading, notifications, modes, ultra, /,
    );
  }
});
