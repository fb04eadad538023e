/**
 * The record store contract: the laws every adapter of the port obeys.
 *
 * @module
 */
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { MAX_STRETCH_DOCUMENT_CHARS } from "../../ports/record_store.ts";
import { anEvent } from "../support/events.ts";
import { testLaws, type Waivers } from "./law.ts";
import { CLAIMING, claimOf } from "./record_claims.ts";
import { STRETCHES } from "./record_stretches.ts";
import {
  ALL,
  changesOf,
  eventsOf,
  KEYS,
  OTHERS,
  type RecordLaws,
  type RecordStoreSubject,
  SCALP,
  upTo,
} from "./record_subject.ts";

const LEAVING = {
  "the log leaves an epoch once, whoever says so": async ({ store, bus }) => {
    await bus.publish(eventsOf(2));
    const { epoch, position } = await bus.head();
    await store.leaveEpoch(epoch);
    const next = await store.read([]);
    equal(next.head.epoch === epoch, false);
    equal(next.head.position, position);
    deepEqual(next.formerEpochs, [epoch]);
    ok(next.epochAgeMs < 60_000);
    await store.leaveEpoch(epoch);
    equal((await bus.head()).epoch, next.head.epoch);
  },
} satisfies RecordLaws;

const WRITING = {
  "a write tells what has come into the log by it, as a stretch does": async (
    { store, bus },
  ) => {
    await bus.publish(eventsOf(2));
    const json = '{ "b":1.50, "a":"\u2028ä😀\\"" }';
    const paths = ['a."b', "c"];
    for (
      const changes of [[{ key: SCALP, json, paths }], changesOf([ALL], "1")]
    ) {
      const { position, epoch } = await bus.head();
      const { versions, appended } = await store.write(changes, 'x"y');
      deepEqual(versions, [position + 1]);
      if (!appended) continue;
      const { entries, documents } = await store.stretch(position);
      deepEqual(appended, { epoch, entries, documents });
    }
  },

  "a write of what others have changed is refused, and tells the version":
    async ({ store, bus }) => {
      await store.write(changesOf([SCALP], "1"), "1");
      const [change] = changesOf([SCALP], "1");
      const call = () => store.write([{ ...change!, ifVersion: 0 }], "2");
      await rejects(call, {
        code: "version_conflict",
        facts: { key: SCALP, version: 1 },
      });
      equal((await bus.head()).position, 1);
    },

  "a removal is told as a document that is gone": async (
    { store, bus },
  ) => {
    await store.write(changesOf([SCALP, ALL], "1"), "1");
    const { epoch, position } = await bus.head();
    const gone = [{ key: SCALP, json: undefined }];
    const { versions, appended } = await store.write(gone, "2");
    deepEqual(versions, [position + 1]);
    const { documents, settingsPosition } = await store.read([SCALP, ALL]);
    deepEqual(documents.map((document) => document?.json), [undefined, "1"]);
    equal(settingsPosition, position + 1);
    const stretch = await store.stretch(position);
    deepEqual(stretch.documents, new Map([[SCALP, undefined]]));
    const { entries } = stretch;
    if (!appended) return;
    deepEqual(appended, { epoch, entries, documents: stretch.documents });
  },

  "a long document is not told with its entry": async ({ store }) => {
    const json = JSON.stringify("x".repeat(MAX_STRETCH_DOCUMENT_CHARS));
    const { appended } = await store.write([{ key: SCALP, json }], "1");
    if (appended) deepEqual(appended.documents, new Map([[SCALP, undefined]]));
  },
} satisfies RecordLaws;

const READING = {
  "an empty database has a log that never began anew, and no leases": async (
    { store, bus },
  ) => {
    const view = {
      head: await bus.head(),
      settingsPosition: 0,
      formerEpochs: [],
      epochAgeMs: Infinity,
      leases: [],
    };
    deepEqual(await store.read([]), { ...view, documents: [] });
    deepEqual(await store.stretch(0), {
      ...view,
      entries: [],
      documents: new Map(),
    });
  },

  "a read answers in the order asked for, each key as often as asked": async (
    { store, settings },
  ) => {
    const json = '{ "b":1.50, "a":"\u2028ä😀\\"", "none":null }';
    await settings.write(changesOf([ALL, SCALP], json), "1");
    const scalp = { key: SCALP, version: 2, json };
    const { documents } = await store.read([SCALP, OTHERS, ALL, SCALP]);
    deepEqual(documents, [
      scalp,
      undefined,
      { ...scalp, key: ALL, version: 1 },
      scalp,
    ]);
  },

  "the settings position is that of the newest settings.updated": async (
    { store, settings, bus },
  ) => {
    const position = async () => {
      const { settingsPosition, head } = await store.read([]);
      return [settingsPosition, head.position];
    };
    await bus.publish(eventsOf(2));
    deepEqual(await position(), [0, 2]);
    await settings.write(changesOf([ALL, SCALP], "1"), "1");
    await bus.publish(eventsOf(1));
    deepEqual(await position(), [4, 5]);
    const told = anEvent({}, { channel: "settings.updated" });
    await bus.publish([anEvent(), told, anEvent()]);
    deepEqual(await position(), [7, 8]);
  },

  "an answer is one snapshot: documents, log and leases agree": async (
    { store, settings },
  ) => {
    const writes = Array.from(
      { length: 15 },
      (_, i) => settings.write(changesOf(KEYS, `${i}`), "1"),
    );
    const reads = Array.from({ length: 15 }, async () => {
      const { documents, settingsPosition, head } = await store.read(KEYS);
      equal(documents[2]?.version ?? 0, settingsPosition);
      equal(settingsPosition, head.position);
      equal(new Set(documents.map((document) => document?.json)).size, 1);
      const stretch = await store.stretch(0);
      const last = stretch.entries.at(-1)?.position ?? 0;
      equal(last, stretch.head.position);
      equal(stretch.documents.get(OTHERS)?.version ?? 0, last);
    });
    await Promise.all([...writes, ...reads]);
  },

  "a read begun after a write returned sees it or a newer one": async (
    { store, settings },
  ) => {
    await Promise.all(
      upTo(1, 10).map(async (i) => {
        const [version] = await settings.write(changesOf([ALL], `${i}`), "1");
        const { documents, head } = await store.read([ALL]);
        ok(documents[0]!.version >= version!);
        ok(head.position >= version!);
      }),
    );
  },

  "whatever is asked first after a change of epoch tells the new one and those before":
    async ({ store, bus, changeEpoch }) => {
      await bus.publish(eventsOf(3));
      const epochs = [(await store.read([])).head.epoch];
      const calls = [
        () => store.stretch(1),
        () => store.claim(claimOf("a")),
        () => store.read([ALL]),
      ];
      for (const call of calls) {
        await changeEpoch();
        const { head, formerEpochs } = await call();
        deepEqual(formerEpochs.toSorted(), epochs.toSorted());
        ok(!epochs.includes(head.epoch));
        equal(head.position, 3);
        epochs.push(head.epoch);
        const again = await store.read([]);
        deepEqual([again.head, again.formerEpochs], [head, formerEpochs]);
      }
    },

  "the age of an epoch is counted from the change": async (
    { store, changeEpoch, elapse },
  ) => {
    await elapse(100);
    equal((await store.read([])).epochAgeMs, Infinity);
    await changeEpoch();
    const first = (await store.claim(claimOf("a"))).epochAgeMs;
    ok(first >= 0 && first < 60_000, `${first}`);
    await elapse(100);
    const second = (await store.stretch(0)).epochAgeMs;
    ok(second >= first + 90 && second < 60_000, `${first}, then ${second}`);
    await changeEpoch();
    ok((await store.read([])).epochAgeMs < second);
  },
} satisfies RecordLaws;

const LAWS = { ...LEAVING, ...WRITING, ...READING, ...STRETCHES, ...CLAIMING };

/** Holds each store `open` returns to every law, save those waived by name. */
export function testRecordStore(
  adapter: string,
  open: () => Promise<RecordStoreSubject>,
  waived: Waivers<typeof LAWS> = {},
): void {
  testLaws(adapter, LAWS, open, waived);
}
