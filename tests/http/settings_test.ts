/**
 * Settings documents: read, seeded for new users, replaced, merged into.
 *
 * @module
 */
import { USER_DOCUMENTS } from "../../domain/settings.ts";
import { PortError } from "../../ports/port_error.ts";
import { leavesOf, SHAPES } from "../../domain/settings/shape.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { defaultDocument, userSettings } from "../support/default_documents.ts";
import {
  clientOf,
  openSettings,
  PATHS,
  PLACES,
  versionOf,
} from "./settings_client.ts";

const SETTINGS = PATHS["settings:all"];
const SCALP = PATHS["mode:scalp"];
const REENTRY = PATHS.scalp_reentry;

Deno.test("a new user has the defaults, whichever document is read first", async () => {
  for (const [document, path] of PLACES) {
    const { get, versions } = openSettings();
    const first = await get(path);
    equal(first.status, 200, document);
    deepEqual(first.json, defaultDocument(document));
    // The defaults themselves come first, then all documents at once.
    const expected = USER_DOCUMENTS.map((name, i) => [name, i + 2]);
    deepEqual(await versions(), Object.fromEntries(expected));
    equal(versionOf(first), (await versions())[document]);
  }
});

Deno.test("an answer says its version, where it is from, and that it must be asked for anew", async () => {
  const { get, put, patch } = openSettings();
  const mode = defaultDocument("mode:scalp");
  for (
    const { headers } of [
      await get(SCALP),
      await put(SCALP, mode),
      await patch(SCALP, {}),
      await get(`${SETTINGS}?include=modes`),
    ]
  ) {
    match(headers.get("etag")!, /^"\d+(\.\d+)*"$/);
    equal(headers.get("x-holdfast-source"), "memory");
    equal(headers.get("x-holdfast-verified"), "true");
    equal(headers.get("cache-control"), "private, no-cache");
  }
});

Deno.test("each user has settings of his own", async () => {
  const { harness } = openSettings();
  const [ann, bob] = [clientOf(harness, "ann"), clientOf(harness, "bob")];
  await ann.patch(SETTINGS, { custom: { is: "ann's" } });
  deepEqual((await ann.get(SETTINGS)).json.custom, { is: "ann's" });
  equal((await bob.get(SETTINGS)).json.custom, undefined);
});

Deno.test("what was put is got, byte for byte where it was compact", async () => {
  const { get, put } = openSettings();
  const text = JSON.stringify(userSettings({ note: "ä ", list: [1, null] }));
  const written = await put(SETTINGS, text);
  equal(written.status, 200);
  equal(versionOf(written), 1);
  equal(written.text, text);
  const read = await get(SETTINGS);
  equal(read.text, text);
  equal(versionOf(read), 1);
});

Deno.test("a write of one document leaves the others as they are", async () => {
  for (const [document, path] of PLACES) {
    const { put, patch, versions } = openSettings();
    const before = await versions();
    equal((await put(path, defaultDocument(document))).status, 200);
    deepEqual(await versions(), { ...before, [document]: 10 });
    // What changes nothing is not written.
    const same = await patch(path, {});
    equal(same.status, 200);
    equal(versionOf(same), 10);
    deepEqual(same.json, defaultDocument(document));
    deepEqual(await versions(), { ...before, [document]: 10 });
  }
});

Deno.test("the first write of a new user is a whole document, and the first read brings the others", async () => {
  for (const [document, path] of PLACES) {
    const { put, get, versions } = openSettings();
    const first = await put(path, defaultDocument(document));
    equal(first.status, 200, `${document} ${first.text}`);
    equal(versionOf(first), 1);
    const others =
      PATHS[document === "mode:ultra" ? "mode:swing" : "mode:ultra"];
    equal((await get(others)).status, 200);
    equal((await versions())[document], 1);
  }
});

Deno.test("nearly every field of a document can be changed at once", async () => {
  for (const before of ["stored", "not stored"]) {
    const { put, get, post } = openSettings();
    const document = defaultDocument("scalp_reentry");
    let count = 0;
    for (
      const { path: [name], field } of leavesOf(SHAPES.scalp_reentry.fields)
    ) {
      const { type } = field;
      if (type.kind === "flag") document[name!] = !document[name!];
      else if (type.kind !== "number" || type.whole) continue;
      else document[name!] -= (document[name!] - (type.min ?? 0)) / 1000;
      count++;
    }
    document.dynamic_sl_protect_pct = 100 - document.dynamic_sl_max_loss_pct;
    ok(count > 40, String(count));
    if (before === "stored") await get(REENTRY);
    const { status, text } = await put(REENTRY, document);
    equal(status, 200, text);
    deepEqual((await get(REENTRY)).json, document);
    const reset = { path: "scalp_reentry" };
    equal((await post(`${SETTINGS}/reset`, reset)).status, 200);
    deepEqual((await get(REENTRY)).json, defaultDocument("scalp_reentry"));
  }
});

Deno.test("PATCH changes what it names, in groups by name, and nothing else", async () => {
  const { patch, get } = openSettings();
  const expected = defaultDocument("mode:scalp");
  expected.sltp.stop_loss_percent = 1.2;
  expected.enabled = false;
  expected.size.leverage = 3;
  const { status, json } = await patch(SCALP, {
    enabled: false,
    sltp: { stop_loss_percent: 1.2 },
    size: { leverage: 3 },
  });
  equal(status, 200);
  deepEqual(json, expected);
  deepEqual((await get(SCALP)).json, expected);
});

Deno.test("PATCH replaces lists whole", async () => {
  const { patch } = openSettings();
  const { json } = await patch(SCALP, {
    sltp: { tp_allocation: [50, 50], tp_gain_levels: [1, 2] },
  });
  deepEqual(json.sltp.tp_allocation, [50, 50]);
  deepEqual(json.sltp.tp_gain_levels, [1, 2]);
});

Deno.test("what users keep under custom is theirs: PATCH is a merge patch there", async () => {
  const { patch, put } = openSettings();
  const change = async (custom: unknown) =>
    (await patch(SETTINGS, { custom })).json.custom;
  deepEqual(await change({ a: 1, b: { c: [1, { d: 2 }], e: null } }), {
    a: 1,
    b: { c: [1, { d: 2 }] },
  });
  deepEqual(await change({ b: { c: [3] } }), { a: 1, b: { c: [3] } });
  deepEqual(await change({ a: null, f: {} }), { b: { c: [3] }, f: {} });
  deepEqual(await change({ b: 7 }), { b: 7, f: {} });
  const { json } = await patch(SETTINGS, { notifications: { enabled: false } });
  deepEqual(json.custom, { b: 7, f: {} });
  const replaced = await put(SETTINGS, defaultDocument("settings:all"));
  equal(replaced.json.custom, undefined);
});

Deno.test("the parts of user settings are read and changed as one with them", async () => {
  for (const part of ["trading", "notifications"]) {
    const path = `${SETTINGS}/${part}`;
    const { get, put, patch } = openSettings();
    const whole = userSettings({ mine: 1 });
    await put(SETTINGS, whole);
    deepEqual((await get(path)).json, whole[part]);
    equal(versionOf(await get(path)), 1);

    const change = part === "trading"
      ? { global_trading: { timezone: "Europe/Berlin" } }
      : { enabled: false };
    const patched = await patch(path, change);
    equal(patched.status, 200);
    equal(versionOf(patched), 2);
    const expected = (await get(SETTINGS)).json;
    deepEqual(patched.json, expected[part]);
    deepEqual({ ...expected, [part]: whole[part] }, whole);
    equal(versionOf(await get(SETTINGS)), 2);

    deepEqual((await put(path, whole[part])).json, whole[part]);
    deepEqual((await get(SETTINGS)).json, whole);
    equal((await get(SETTINGS)).headers.get("etag"), '"3"');
  }
});

Deno.test("a part of a new user's settings can be written first", async () => {
  const { put, get } = openSettings();
  const path = `${SETTINGS}/notifications`;
  const part = { ...defaultDocument("settings:all").notifications };
  part.enabled = !part.enabled;
  deepEqual((await put(path, part)).json, part);
  const { trading } = defaultDocument("settings:all");
  deepEqual((await get(SETTINGS)).json, { trading, notifications: part });
});

Deno.test("names that existing programs know mean the same documents", async () => {
  const { get, patch, post, put } = openSettings();
  const ultra = "/api/futures/ginie/modes/ultra_fast";
  const allocations = "/api/futures/modes/allocations";
  await patch(ultra, { enabled: true });
  equal((await get(PATHS["mode:ultra"])).json.enabled, true);
  await patch(allocations, { max_scalp_positions: 9 });
  const { text, headers } = await get(PATHS.capital_allocation);
  equal((await get(allocations)).text, text);
  equal((await get(allocations)).headers.get("etag"), headers.get("etag"));
  const whole = { ...JSON.parse(text), max_swing_positions: 4 };
  deepEqual((await put(allocations, whole)).json, whole);

  const reentry = { ...defaultDocument("scalp_reentry"), enabled: true };
  const posted = await post(REENTRY, reentry);
  equal(posted.status, 200);
  deepEqual((await get(REENTRY)).json, reentry);
});

Deno.test("an answer that could not be verified says so", async () => {
  const { get, put } = openSettings({
    settingsStore: (store) => ({
      ...store,
      read: async (keys) => ({
        ...await store.read(keys),
        source: "redis",
        verified: false,
      }),
    }),
  });
  await put(SCALP, defaultDocument("mode:scalp"));
  for (const path of [SCALP, `${SETTINGS}?include=scalp`]) {
    const { headers } = await get(path);
    equal(headers.get("x-holdfast-source"), "redis");
    equal(headers.get("x-holdfast-verified"), "false");
  }
});

Deno.test("a database that is away, slow or full has its status", async () => {
  for (
    const [code, expected] of [
      ["unavailable", 503],
      ["timeout", 504],
      ["full", 507],
      ["closed", 503],
    ] as const
  ) {
    const fail = () => Promise.reject(new PortError(code, "Cannot do it"));
    const away = openSettings({ settingsStore: (s) => ({ ...s, read: fail }) });
    for (const path of [SCALP, `${SETTINGS}?include=all`]) {
      equal((await away.get(path)).status, expected);
    }
    const full = openSettings({
      settingsStore: (s) => ({ ...s, write: fail }),
    });
    const mode = defaultDocument("mode:scalp");
    equal((await full.put(SCALP, mode)).status, expected);
    equal((await full.patch(SCALP, {})).status, expected);
    equal((await full.get(SCALP)).status, expected);
  }
});
