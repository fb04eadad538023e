/**
 * The past of settings: who changed what, and back to it.
 *
 * @module
 */
import { deepEqual, equal, match } from "../support/assert.ts";
import { defaultDocument } from "../support/default_documents.ts";
import { clientOf, openSettings, PATHS } from "./settings_client.ts";

const HISTORY = "/api/user/settings/history";
const REVERT = "/api/user/settings/revert";
const SETTINGS = PATHS["settings:all"];
const SCALP = PATHS["mode:scalp"];
const STOP_LOSS = "mode_configs.scalp.sltp.stop_loss_percent";

/** Opens settings in which the stop loss was set thrice, and another field once. */
async function openWithPast() {
  const client = openSettings();
  await client.get(SCALP);
  const { clock } = client.harness;
  for (const stop_loss_percent of [1.4, 1.3, 1.2]) {
    await clock.advance(1000);
    await client.patch(SCALP, { sltp: { stop_loss_percent } });
  }
  await client.patch(PATHS.circuit_breaker, { max_daily_loss: 400 });
  return client;
}

Deno.test("the past of a setting is every change of it, with both values and who made it", async () => {
  const client = await openWithPast();
  const { status, json } = await client.get(`${HISTORY}?path=${STOP_LOSS}`);
  equal(status, 200);
  equal(json.next_after, null);
  const change = (old_value: unknown, new_value: unknown) => ({
    path: STOP_LOSS,
    old_value,
    new_value,
  });
  deepEqual(json.entries, [
    {
      document: "mode:scalp",
      version: 4,
      at: "2026-01-02T03:04:05.000Z",
      actor: "holdfast:new-user",
      changes: [change(null, 1.5)],
    },
    ...[[10, 1.5, 1.4], [11, 1.4, 1.3], [12, 1.3, 1.2]].map((
      [version, before, after],
      i,
    ) => ({
      document: "mode:scalp",
      version,
      at: `2026-01-02T03:04:0${6 + i}.000Z`,
      actor: "default",
      changes: [change(before, after)],
    })),
  ]);
});

Deno.test("the past of everything is in the order of versions", async () => {
  const client = await openWithPast();
  const { json } = await client.get(`${HISTORY}?after=9`);
  deepEqual(
    json.entries.map((
      { document, version }: { document: string; version: number },
    ) => [document, version]),
    [["mode:scalp", 10], ["mode:scalp", 11], ["mode:scalp", 12], [
      "circuit_breaker",
      13,
    ]],
  );
  deepEqual(json.entries[3].changes, [{
    path: "circuit_breaker.global.max_daily_loss",
    old_value: 500,
    new_value: 400,
  }]);
});

Deno.test("pages follow each other without gap or overlap", async () => {
  const client = await openWithPast();
  for (const query of ["", "&path=mode_configs", `&path=${STOP_LOSS}`]) {
    const whole = (await client.get(`${HISTORY}?limit=200${query}`)).json;
    for (const limit of [1, 2, 3]) {
      const entries = [];
      for (let after: number | null = 0; after !== null;) {
        const page = await client.get(
          `${HISTORY}?limit=${limit}&after=${after}${query}`,
        );
        equal(page.json.entries.length <= limit, true);
        entries.push(...page.json.entries);
        after = page.json.next_after;
      }
      deepEqual(entries, whole.entries);
    }
  }
});

Deno.test("a change by the operator bears his name", async () => {
  const { harness } = openSettings();
  const [operator, ann] = [clientOf(harness), clientOf(harness, "ann")];
  await ann.patch(SCALP, { enabled: false });
  await operator.patch(`${SCALP}?user=ann`, { enabled: true });
  const path = "mode_configs.scalp.enabled";
  const { json } = await ann.get(`${HISTORY}?path=${path}&after=9`);
  deepEqual(
    json.entries.map(({ actor }: { actor: string }) => actor),
    ["ann", "default"],
  );
});

Deno.test("of one setting those changes only are told that are about it", async () => {
  const { get, patch } = openSettings();
  await get(SCALP);
  await patch(SCALP, { enabled: false });
  await patch(SCALP, { enabled: true, size: { leverage: 2 } });
  await patch(SCALP, {});
  const told = async (path: string) => {
    const { json } = await get(`${HISTORY}?after=9&path=${path}`);
    return json.entries.map((
      { version, changes }: { version: number; changes: { path: string }[] },
    ) => [version, ...changes.map(({ path }) => path)]);
  };
  const [enabled, leverage] = ["enabled", "size.leverage"]
    .map((name) => `mode_configs.scalp.${name}`);
  deepEqual(await told(leverage!), [[11, leverage]]);
  deepEqual(await told(enabled!), [[10, enabled], [11, enabled]]);
  deepEqual(await told("mode_configs.scalp.size"), [[11, leverage]]);
  deepEqual(await told("mode_configs.swing"), []);
});

Deno.test("a query of the past that is none is refused", async () => {
  const { get } = openSettings();
  for (
    const query of [
      "path=",
      "path=turbo",
      `path=${"x".repeat(257)}`,
      "after=-1",
      "after=x",
      "limit=0",
      "limit=201",
      "from=1",
    ]
  ) {
    equal((await get(`${HISTORY}?${query}`)).status, 400, query);
  }
});

Deno.test("one setting goes back, and the others stay", async () => {
  const client = await openWithPast();
  await client.patch(SCALP, { enabled: false });
  const body = { version: 11, path: STOP_LOSS };
  const { status, json } = await client.post(REVERT, body);
  equal(status, 200);
  deepEqual(json, {
    success: true,
    message: "1 document is as after version 11",
    versions: { "mode:scalp": 15 },
    skipped: [],
  });
  const { json: scalp } = await client.get(SCALP);
  equal(scalp.sltp.stop_loss_percent, 1.3);
  equal(scalp.enabled, false);
  const again = await client.post(REVERT, body);
  deepEqual(again.json.versions, {});
  match(again.json.message, /already/);
});

Deno.test("everything goes back in one batch, documents as they were then", async () => {
  const client = await openWithPast();
  await client.patch(SETTINGS, { custom: { a: 1 } });
  await client.patch(SETTINGS, { custom: { a: 2 } });
  const { json } = await client.post(REVERT, { version: 14 });
  deepEqual(json.versions, { "settings:all": 16 });
  deepEqual((await client.get(SETTINGS)).json.custom, { a: 1 });
  const first = await client.post(REVERT, { version: 9 });
  deepEqual(first.json.versions, {
    "settings:all": 17,
    "mode:scalp": 18,
    "circuit_breaker": 19,
  });
  for (const document of ["settings:all", "mode:scalp"] as const) {
    const { json } = await client.get(PATHS[document]);
    deepEqual(json, defaultDocument(document));
  }
});

Deno.test("a revert is a change of its own, told with its actor, and can be reverted", async () => {
  const client = await openWithPast();
  const ann = clientOf(client.harness, "ann");
  await client.post(REVERT, { version: 10, path: STOP_LOSS });
  await client.post(REVERT, { version: 13, path: STOP_LOSS });
  const { json } = await client.get(`${HISTORY}?path=${STOP_LOSS}&after=12`);
  deepEqual(
    json.entries.map(({ changes: [change] }: {
      changes: { old_value: unknown; new_value: unknown }[];
    }) => [change!.old_value, change!.new_value]),
    [[1.2, 1.4], [1.4, 1.2]],
  );
  equal((await ann.get(`${HISTORY}?after=15`)).json.entries.length, 0);
});

Deno.test("what did not exist then stays as it is", async () => {
  const { put, get, post, versions } = openSettings();
  await put(SCALP, defaultDocument("mode:scalp"));
  await get(SETTINGS);
  const before = await versions();
  const { status, json } = await post(REVERT, { version: 1 });
  equal(status, 200);
  deepEqual(json.versions, {});
  equal(json.skipped.length, 7);
  equal(json.skipped.includes("mode:scalp"), false);
  const none = await post(REVERT, { version: 1, path: "notifications" });
  equal(none.status, 404);
  match(
    none.json.detail,
    /^Cannot go back to version 1 as default had none of settings:all then/,
  );
  deepEqual(await versions(), before);
});

Deno.test("what users keep under custom has a past, and goes back whole", async () => {
  const { patch, get, post } = openSettings();
  await get(SETTINGS);
  await patch(SETTINGS, { custom: { a: 1, deep: { b: 2 } } });
  await patch(SETTINGS, { custom: { deep: { b: 3 } } });
  const { json } = await get(`${HISTORY}?path=custom&after=9`);
  deepEqual(
    json.entries.map(({ changes }: { changes: unknown }) => changes),
    [
      [{
        path: "custom",
        old_value: null,
        new_value: { a: 1, deep: { b: 2 } },
      }],
      [{
        path: "custom",
        old_value: { a: 1, deep: { b: 2 } },
        new_value: { a: 1, deep: { b: 3 } },
      }],
    ],
  );
  deepEqual((await get(`${HISTORY}?after=9`)).json.entries, json.entries);
  await patch(SETTINGS, { notifications: { enabled: false } });
  const back = await post(REVERT, { version: 10, path: "custom" });
  deepEqual(back.json.versions, { "settings:all": 13 });
  const then = (await get(SETTINGS)).json;
  deepEqual(then.custom, { a: 1, deep: { b: 2 } });
  equal(then.notifications.enabled, false);
  // Back to when there was none.
  await post(REVERT, { version: 9, path: "custom" });
  equal("custom" in (await get(SETTINGS)).json, false);
  equal((await get(`${HISTORY}?path=custom.a`)).status, 400);
});

Deno.test("values so long that a page of them is too much come in several pages", async () => {
  const { patch, get } = openSettings();
  await get(SETTINGS);
  for (let i = 0; i < 4; i++) {
    await patch(SETTINGS, { custom: { a: String(i).repeat(2 ** 21) } });
  }
  const versions = [];
  let pages = 0;
  for (let after: number | null = 9; after !== null; pages++) {
    const { json, text } = await get(`${HISTORY}?path=custom&after=${after}`);
    equal(text.length < 9 * 2 ** 20, true);
    versions.push(...json.entries.map((e: { version: number }) => e.version));
    after = json.next_after;
  }
  deepEqual(versions, [10, 11, 12, 13]);
  equal(pages > 1, true);
});

Deno.test("a version that is none, or not yet, is refused", async () => {
  const client = await openWithPast();
  for (const version of [0, -1, 1.5, "7", null, 9e15, 14]) {
    const { status } = await client.post(REVERT, { version });
    equal(status, 400, String(version));
  }
  equal((await client.post(REVERT, { version: 9, path: "x" })).status, 400);
  equal((await client.post(REVERT, { version: 9, user: "x" })).status, 400);
});

Deno.test("what is no longer held is 410, with the first version that is", async () => {
  const { harness, get, patch, post } = await openWithPast();
  await harness.clock.advance(1);
  equal(await harness.archive.trim(harness.clock.now()), 4);
  const { status, json } = await post(REVERT, { version: 10, path: STOP_LOSS });
  equal(status, 410);
  equal(json.earliest, 12);
  const past = await get(`${HISTORY}?path=${STOP_LOSS}`);
  deepEqual(past.json.entries[0].changes, [{
    path: STOP_LOSS,
    old_value: null,
    new_value: 1.2,
  }]);
  equal((await patch(SCALP, {})).status, 200);
});
