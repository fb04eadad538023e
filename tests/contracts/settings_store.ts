/**
 * The settings store contract: the laws every adapter of the port obeys.
 *
 * @module
 */
import { deepEqual, equal, rejects } from "../support/assert.ts";
import { parseSettingsKey } from "../../domain/settings.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import type { SettingsStore } from "../../ports/settings_store.ts";
import { testLaws, type Waivers } from "./law.ts";

/** An empty store together with the log that its changes go to. */
export interface SettingsStoreSubject extends AsyncDisposable {
  readonly store: SettingsStore;
  readonly bus: EventBus;
}

const ALL = parseSettingsKey("user:1:settings:all");
const SCALP = parseSettingsKey("user:1:mode:scalp");
const OTHERS = parseSettingsKey("user:a.b@c-d_e:mode:scalp");

async function updates(bus: EventBus): Promise<unknown[]> {
  const { events } = await bus.read({ after: 0, limit: 1000 });
  return events.map(({ channel, key, json, position, batchEnd }) => ({
    channel,
    key,
    data: JSON.parse(json),
    position,
    batchEnd,
  }));
}

/** The laws. */
export const SETTINGS_STORE_LAWS = {
  "what was never written is absent": async ({ store }) => {
    const snapshot = await store.read([ALL, SCALP]);
    deepEqual(snapshot.documents, [undefined, undefined]);
    equal(snapshot.verified, true);
  },

  "a write is read back byte for byte, with its version": async ({ store }) => {
    const json = '{ "b":1.50, "a":"\u2028ä😀", "none":null }';
    const [version] = await store.write([{ key: ALL, json }], "1");
    const { documents } = await store.read([ALL]);
    deepEqual(documents, [{ key: ALL, version, json }]);
  },

  "a read answers in the order asked for, each key as often as asked": async (
    { store },
  ) => {
    await store.write(
      [{ key: ALL, json: "1" }, { key: SCALP, json: "2" }],
      "1",
    );
    const { documents } = await store.read([SCALP, OTHERS, ALL, SCALP]);
    deepEqual(documents.map((d) => d?.json), ["2", undefined, "1", "2"]);
    deepEqual((await store.read([])).documents, []);
  },

  "what is remembered has been stored, if not last": async ({ store }) => {
    const write = async (json: string) => {
      const [version] = await store.write([{ key: ALL, json }], "1");
      return { key: ALL, version: version!, json };
    };
    const stored = [await write("1"), await write("2")];
    for (let i = 0; i < 3; i++) {
      await store.read([ALL]);
      const known = store.recall(ALL);
      if (!known) continue;
      deepEqual(known, stored.find(({ version }) => version === known.version));
    }
    equal(store.recall(SCALP), undefined);
  },

  "users do not see each other's documents": async ({ store }) => {
    await store.write([{ key: SCALP, json: "1" }], "1");
    deepEqual((await store.read([OTHERS])).documents, [undefined]);
  },

  "a version is the position of the event that tells of the change": async (
    { store, bus },
  ) => {
    const first = await store.write([{ key: ALL, json: "1" }], "ann");
    const next = await store.write(
      [{ key: SCALP, json: "2" }, { key: ALL, json: "3" }],
      "bob",
    );
    deepEqual([...first, ...next], [1, 2, 3]);
    const told = (
      key: string,
      version: number,
      actor: string,
      end: number,
    ) => ({
      channel: "settings.updated",
      key,
      data: { key, version, actor },
      position: version,
      batchEnd: end,
    });
    deepEqual(await updates(bus), [
      told(ALL, 1, "ann", 1),
      told(SCALP, 2, "bob", 3),
      told(ALL, 3, "bob", 3),
    ]);
  },

  "the paths of a change stand in its event, and are bounded": async (
    { store, bus },
  ) => {
    const paths = ["sltp.stop_loss_percent", 'a "ä😀"', "x".repeat(660)];
    await store.write([
      { key: ALL, json: "1", paths },
      { key: SCALP, json: "1", paths: [] },
      { key: OTHERS, json: "1" },
    ], "ann");
    const [all, scalp, others] = await updates(bus) as { data: unknown }[];
    const told = (key: string, version: number) => ({
      key,
      version,
      actor: "ann",
    });
    deepEqual(all!.data, { ...told(ALL, 1), paths });
    deepEqual(scalp!.data, { ...told(SCALP, 2), paths: [] });
    deepEqual(others!.data, told(OTHERS, 3));
    for (const long of [["x".repeat(701)], Array(702).fill("")]) {
      const change = { key: ALL, json: "2", paths: long };
      await rejects(store.write([change], "ann"), { code: "invalid" });
    }
    const { documents } = await store.read([ALL]);
    deepEqual(documents, [{ key: ALL, version: 1, json: "1" }]);
  },

  "a removal is a change like any other, and nothing is there afterwards":
    async ({ store, bus }) => {
      await store.write([{ key: ALL, json: "1" }], "ann");
      const [gone, kept] = await store.write([
        { key: ALL, json: undefined, ifVersion: 1 },
        { key: SCALP, json: "2" },
      ], "bob");
      deepEqual([gone, kept], [2, 3]);
      const { documents } = await store.read([ALL, SCALP]);
      deepEqual(documents, [undefined, { key: SCALP, version: 3, json: "2" }]);
      const told = (await updates(bus)).slice(1) as { data: unknown }[];
      deepEqual(told.map(({ data }) => data), [
        { key: ALL, version: 2, actor: "bob" },
        { key: SCALP, version: 3, actor: "bob" },
      ]);
      equal(store.recall(ALL)?.version === 2, false);
    },

  "what was removed has version 0, and is written anew with a higher one":
    async ({ store }) => {
      const write = (json: string | undefined, ifVersion?: number) =>
        store.write([{
          key: ALL,
          json,
          ...(ifVersion === undefined ? {} : { ifVersion }),
        }], "1");
      await write("1");
      await write(undefined);
      await rejects(write("2", 1), { code: "version_conflict" });
      await rejects(write("2", 2), {
        code: "version_conflict",
        facts: { key: ALL, version: 0 },
      });
      deepEqual(await write("2", 0), [3]);
      deepEqual((await store.read([ALL])).documents[0]?.json, "2");
      deepEqual(await write(undefined, 3), [4]);
      deepEqual(await write(undefined), [5]);
      deepEqual((await store.read([ALL])).documents, [undefined]);
    },

  "a removal that is refused removes nothing": async ({ store }) => {
    await store.write([{ key: ALL, json: "1" }, { key: SCALP, json: "2" }], "");
    await rejects(
      store.write([
        { key: ALL, json: undefined },
        { key: SCALP, json: undefined, ifVersion: 9 },
      ], "1"),
      { code: "version_conflict" },
    );
    const { documents } = await store.read([ALL, SCALP]);
    deepEqual(documents.map((d) => d?.json), ["1", "2"]);
  },

  "of removals and writes at once, the one with the highest version holds":
    async ({ store }) => {
      const calls = Array.from({ length: 24 }, (_, i) => {
        const json = i % 2 ? `${i}` : undefined;
        return store.write([{ key: ALL, json }, { key: SCALP, json }], "1")
          .then(([version]) => ({ version: version!, json }));
      });
      const done = await Promise.all(calls);
      const last = done.toSorted((a, b) => b.version - a.version)[0]!;
      const { documents } = await store.read([ALL, SCALP]);
      deepEqual(documents.map((d) => d?.json), [last.json, last.json]);
    },

  "ifVersion lets exactly the expected version through": async ({ store }) => {
    const write = (json: string, ifVersion: number) =>
      store.write([{ key: ALL, json, ifVersion }], "1");
    await rejects(write("0", 1), { code: "version_conflict" });
    const [first] = await write("1", 0);
    await rejects(write("2", 0), {
      code: "version_conflict",
      facts: { key: ALL, version: first },
    });
    const [second] = await write("2", first!);
    await rejects(write("3", first!), { code: "version_conflict" });
    const { documents } = await store.read([ALL]);
    deepEqual(documents, [{ key: ALL, version: second, json: "2" }]);
  },

  "all documents of a write change, or none": async ({ store, bus }) => {
    await store.write([{ key: ALL, json: "1" }], "1");
    const changes = [{ key: SCALP, json: "2" }, {
      key: ALL,
      json: "2",
      ifVersion: 99,
    }];
    await rejects(store.write(changes, "1"), { code: "version_conflict" });
    const { documents } = await store.read([ALL, SCALP]);
    deepEqual(documents.map((d) => d?.json), ["1", undefined]);
    equal((await updates(bus)).length, 1);
  },

  "of concurrent writers on one version, one succeeds": async ({ store }) => {
    const results = await Promise.allSettled(
      Array.from(
        { length: 20 },
        (_, i) => store.write([{ key: ALL, json: `${i}`, ifVersion: 0 }], "1"),
      ),
    );
    const winners = results.flatMap((r, i) =>
      r.status === "fulfilled" ? [i] : []
    );
    equal(winners.length, 1);
    equal((await store.read([ALL])).documents[0]?.json, `${winners[0]}`);
  },

  "a read begun after a write returned sees it or a newer one": async (
    { store },
  ) => {
    await Promise.all(Array.from({ length: 10 }, async (_, i) => {
      const [version] = await store.write([{ key: ALL, json: `${i}` }], "1");
      const { documents } = await store.read([ALL]);
      equal(documents[0]!.version >= version!, true);
    }));
  },

  "a snapshot never mixes two writes": async ({ store }) => {
    const keys = [ALL, SCALP, OTHERS];
    const writes = Array.from(
      { length: 15 },
      (_, i) => store.write(keys.map((key) => ({ key, json: `${i}` })), "1"),
    );
    const reads = Array.from({ length: 15 }, async () => {
      const { documents } = await store.read(keys);
      equal(new Set(documents.map((d) => d?.json)).size, 1);
    });
    await Promise.all([...writes, ...reads]);
  },

  "nothing named and a key named twice are refused": async ({ store, bus }) => {
    await rejects(store.write([], "1"), { code: "invalid" });
    const change = { key: ALL, json: "1" };
    await rejects(store.write([change, change], "1"), { code: "invalid" });
    equal((await bus.head()).position, 0);
  },

  "a large document is kept whole": async ({ store }) => {
    const json = JSON.stringify({ text: "x".repeat(2_000_000) });
    await store.write([{ key: ALL, json }], "1");
    equal((await store.read([ALL])).documents[0]!.json, json);
  },

  "an aborted write stores nothing": async ({ store }) => {
    const gone = AbortSignal.abort(new Error("gone"));
    await rejects(store.write([{ key: ALL, json: "1" }], "1", gone), {
      message: "gone",
    });
    deepEqual((await store.read([ALL])).documents, [undefined]);
  },

  "a closed store rejects, and closes twice": async ({ store }) => {
    await store[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    await rejects(store.read([ALL]), { code: "closed" });
    await rejects(store.write([{ key: ALL, json: "1" }], "1"), {
      code: "closed",
    });
  },
} satisfies Record<string, (subject: SettingsStoreSubject) => Promise<void>>;

/** Holds each store `open` returns to every law, save those waived by name. */
export function testSettingsStore(
  adapter: string,
  open: () => Promise<SettingsStoreSubject>,
  waived: Waivers<typeof SETTINGS_STORE_LAWS> = {},
): void {
  testLaws(adapter, SETTINGS_STORE_LAWS, open, waived);
}
