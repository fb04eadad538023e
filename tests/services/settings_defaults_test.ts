/**
 * The defaults at the start: a bad file is found out before anybody is served.
 *
 * @module
 */
import { BUILT_IN_TREE } from "../../domain/settings/catalogue.ts";
import type { DefaultsSource } from "../../ports/defaults_source.ts";
import { PortError } from "../../ports/port_error.ts";
import {
  createDefaultSettings,
  DEFAULTS_KEY,
} from "../../src/services/settings/defaults.ts";
import { deepEqual, equal, match, ok, rejects } from "../support/assert.ts";
import { createMemoryWorld } from "../support/memory_world.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";

const TEXTS = { path: "/etc/defaults.json", backup: () => Promise.resolve("") };

function openDefaults(load: DefaultsSource["load"]) {
  const world = createMemoryWorld();
  const source = { ...TEXTS, load };
  const telemetry = createRecordingTelemetry();
  const open = () =>
    createDefaultSettings({ store: world.settings(), source, telemetry });
  return { world, open, telemetry, defaults: open() };
}

Deno.test("a file with dangerous zeros is refused with all of them, a line each", async () => {
  const { defaults, world } = openDefaults(() =>
    Promise.resolve({
      circuit_breaker: { global: { max_daily_loss: 0, cooldown_minutes: 0 } },
      mode_configs: { scalp: { confidence: { min_confidence: 0 } } },
    })
  );
  await rejects(defaults.check(), (error: unknown) => {
    ok(error instanceof PortError);
    equal(error.code, "corrupt");
    match(
      error.message,
      /^Cannot use the default settings \/etc\/defaults\.json as they are not acceptable:\n/,
    );
    const zeros = error.message.matchAll(/^ {2}(\S+) must not be 0 in /gm);
    deepEqual(Array.from(zeros, ([, path]) => path), [
      "mode_configs.scalp.confidence.min_confidence",
      "circuit_breaker.global.max_daily_loss",
      "circuit_breaker.global.cooldown_minutes",
    ]);
    return true;
  });
  equal(world.log.head().position, 0);
});

Deno.test("a file that cannot be read is told as it is, a good one passes", async () => {
  const away = new PortError("not_found", "Cannot read the default settings");
  const { defaults } = openDefaults(() => Promise.reject(away));
  await rejects(defaults.check(), away);
  await openDefaults(() => Promise.resolve({})).defaults.check();
  await openDefaults(() => Promise.resolve(undefined)).defaults.check();
});

Deno.test("the first defaults are stored once, by whoever is first", async () => {
  const { open, world } = openDefaults(() => Promise.resolve({}));
  const all = await Promise.all(
    Array.from({ length: 5 }, () => open().current()),
  );
  for (const { version } of all) equal(version, 1);
  equal(world.log.head().position, 1);
});

Deno.test("stored defaults of an earlier program are completed, damaged ones refused", async () => {
  const { world, defaults } = openDefaults(() => Promise.resolve({}));
  const store = world.settings();
  const put = (value: unknown) =>
    store.write([{ key: DEFAULTS_KEY, json: JSON.stringify(value) }], "hand");
  await put({
    hash: "x",
    defaults: { circuit_breaker: { global: { max_daily_loss: 7 } } },
  });
  const { documents } = await defaults.current();
  equal(documents.circuit_breaker?.["max_daily_loss"], 7);
  equal(documents.circuit_breaker?.["max_loss_per_hour"], 100);
  ok(documents["mode:scalp"]?.["sltp"]);
  for (const value of [[], 7, {}, { hash: 7, defaults: {} }, { hash: "x" }]) {
    await put(value);
    await rejects(defaults.current(), { name: "PortError", code: "corrupt" });
  }
});

Deno.test("defaults that somebody else replaces meanwhile are not overwritten", async () => {
  const { world } = openDefaults(() => Promise.resolve({}));
  const store = world.settings();
  let isFirst = true;
  const slow = createDefaultSettings({
    source: {
      ...TEXTS,
      load: () => Promise.resolve({ notifications: { enabled: false } }),
      async backup() {
        if (isFirst) {
          isFirst = false;
          const { documents: [now] } = await store.read([DEFAULTS_KEY]);
          await store.write([{ key: DEFAULTS_KEY, json: now!.json }], "other");
        }
        return "backup";
      },
    },
    store,
    telemetry: createRecordingTelemetry(),
  });
  await createDefaultSettings({
    store,
    telemetry: createRecordingTelemetry(),
    source: { ...TEXTS, load: () => Promise.resolve({}) },
  }).current();
  await rejects(slow.sync("me"), { code: "version_conflict" });
  equal((await slow.current()).version, 2);
  equal((await slow.sync("me")).changes.length, 1);
});

Deno.test("a file that cannot be read is no harm where defaults are stored, a bad one is", async () => {
  let load: DefaultsSource["load"] = () => Promise.resolve({});
  const { defaults, telemetry } = openDefaults(() => load());
  await defaults.current();
  for (const code of ["not_found", "unavailable"] as const) {
    const away = new PortError(code, "Cannot read the default settings");
    load = () => Promise.reject(away);
    await defaults.check();
    const { message, fields } = telemetry.logged("warn").at(-1)!;
    match(message, /those stored stay/);
    equal(fields["code"], code);
    equal(fields["path"], TEXTS.path);
  }
  equal(telemetry.logged("warn").length, 2);
  const damaged = new PortError("corrupt", "Cannot read it: it is not JSON");
  load = () => Promise.reject(damaged);
  await rejects(defaults.check(), damaged);
  load = () => Promise.resolve({ turbo: 1 });
  await rejects(defaults.check(), { code: "corrupt", message: /turbo/ });
});

Deno.test("damaged defaults can be replaced and synced, and are kept as they are", async () => {
  for (const json of ["{}", "[1]", "not even JSON", '{"hash":7}']) {
    for (const how of ["replace", "replace on condition", "sync"]) {
      const { kept, world, defaults } = openKept();
      const store = world.settings();
      await store.write([{ key: DEFAULTS_KEY, json }], "hand");
      await rejects(defaults.current(), { code: "corrupt" });
      const tree = BUILT_IN_TREE;
      if (how === "sync") {
        const { changes, backup } = await defaults.sync("me");
        equal(backup, "kept/admin-defaults-1");
        ok(changes.length > 700);
      } else {
        const condition = how === "replace" ? undefined : 1;
        await defaults.replace(tree, "me", condition);
      }
      deepEqual(kept, [["admin-defaults-1", json]]);
      const { version, tree: now } = await defaults.current();
      equal(version, 2);
      deepEqual(now, tree);
    }
  }
});

Deno.test("a replacement keeps what was before, where that was something else", async () => {
  const { kept, defaults } = openKept();
  const { tree } = await defaults.current();
  const next = {
    ...tree,
    notifications: { ...tree["notifications"] as object },
  };
  Object.assign(next.notifications, { enabled: false });
  await defaults.replace(next, "me");
  deepEqual(kept.map(([name, json]) => [name, JSON.parse(json)]), [
    ["admin-defaults-1", tree],
  ]);
  await defaults.replace(next, "me");
  equal(kept.length, 1);
});

Deno.test("without a condition a replacement outlasts others, with one it does not", async () => {
  const { defaults, meet } = openKept();
  const { tree } = await defaults.current();
  const next = {
    ...tree,
    notifications: { ...tree["notifications"] as object },
  };
  Object.assign(next.notifications, { enabled: false });
  meet(3);
  equal((await defaults.replace(next, "me")).version, 5);
  meet(1);
  await rejects(defaults.replace(tree, "me", 5), {
    code: "version_conflict",
    facts: { key: DEFAULTS_KEY, version: 6 },
  });
  await rejects(defaults.replace(tree, "me", 0), { code: "version_conflict" });
  await rejects(defaults.replace(tree, "me", 5), { code: "version_conflict" });
  meet(99);
  await rejects(defaults.replace(tree, "me"), { code: "version_conflict" });
});

Deno.test("the first defaults can be put on condition that there are none", async () => {
  const { defaults, kept } = openKept();
  equal((await defaults.replace(BUILT_IN_TREE, "me", 0)).version, 1);
  deepEqual(kept, []);
});

/** Defaults whose copies are kept, and which others may replace meanwhile. */
function openKept() {
  const world = createMemoryWorld();
  const kept: [name: string, json: string][] = [];
  const store = world.settings();
  let met = 0;
  const defaults = createDefaultSettings({
    store: {
      ...store,
      async write(changes, actor, signal) {
        if (met > 0) {
          met--;
          const { documents: [now] } = await store.read([DEFAULTS_KEY]);
          await store.write([{ key: DEFAULTS_KEY, json: now!.json }], "other");
        }
        return await store.write(changes, actor, signal);
      },
    },
    source: {
      path: undefined,
      load: () => Promise.resolve(undefined),
      backup(name, json) {
        kept.push([name, json]);
        return Promise.resolve(`kept/${name}`);
      },
    },
    telemetry: createRecordingTelemetry(),
  });
  return { world, kept, defaults, meet: (times: number) => void (met = times) };
}
