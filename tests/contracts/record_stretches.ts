/**
 * The laws of the record store that tell of stretches of the log.
 *
 * @module
 */
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import {
  MAX_STRETCH_CHARS,
  MAX_STRETCH_ENTRIES,
  type RecordStore,
} from "../../ports/record_store.ts";
import { anEvent } from "../support/events.ts";
import {
  ALL,
  changesOf,
  eventsOf,
  KEYS,
  OTHERS,
  type RecordLaws,
  SCALP,
  upTo,
} from "./record_subject.ts";

async function positionsAfter(store: RecordStore, after: number) {
  const { entries } = await store.stretch(after);
  return entries.map(({ position }) => position);
}

/** What a stretch holds. */
export const STRETCHES = {
  "a stretch holds the entries as the log does": async (
    { store, settings, bus },
  ) => {
    const text = 'ä\u2028"\\ 😀';
    await bus.publish([anEvent({ text }, { key: "k" }), anEvent()]);
    await settings.write(changesOf([ALL], "1"), "1");
    const { events, head } = await bus.read({ after: 0, limit: 10 });
    const stretch = await store.stretch(0);
    deepEqual([stretch.entries, stretch.head], [events, head]);
    equal(stretch.settingsPosition, 3);
    deepEqual((await store.stretch(2)).entries, events.slice(2));
  },

  "a stretch brings the documents that it tells of as they are now": async (
    { store, settings, bus },
  ) => {
    await settings.write(changesOf([ALL, SCALP], "1"), "1");
    await bus.publish(eventsOf(MAX_STRETCH_ENTRIES));
    await settings.write(changesOf([OTHERS, ALL], "2"), "1");
    const { entries, documents } = await store.stretch(0);
    equal(entries.length, 2);
    deepEqual(
      documents,
      new Map([
        [ALL, { key: ALL, version: MAX_STRETCH_ENTRIES + 4, json: "2" }],
        [SCALP, { key: SCALP, version: 2, json: "1" }],
      ]),
    );
  },

  "a document changed many times in a stretch comes once; one that is gone as undefined":
    async ({ store, settings, bus }) => {
      for (const json of ["1", "2", "3"]) {
        await settings.write(changesOf([ALL], json), "1");
      }
      const told = { channel: "settings.updated", key: SCALP };
      await bus.publish([
        anEvent({}, told),
        anEvent({}, { ...told, channel: "setup.received", key: OTHERS }),
        anEvent({}, { channel: "settings.updated" }),
      ]);
      const { documents } = await store.stretch(0);
      deepEqual(
        documents,
        new Map([[ALL, { key: ALL, version: 3, json: "3" }], [
          SCALP,
          undefined,
        ]]),
      );
    },

  "a stretch ends where a batch ends": async ({ store, settings, bus }) => {
    const most = MAX_STRETCH_ENTRIES;
    await bus.publish(eventsOf(most - 3));
    await settings.write(changesOf(KEYS, "1"), "1");
    await bus.publish(eventsOf(1));
    deepEqual(await positionsAfter(store, 0), upTo(1, most));
    deepEqual(await positionsAfter(store, most - 3), upTo(most - 2, most + 1));

    await bus.publish(eventsOf(most - 3));
    await settings.write(changesOf(KEYS, "2"), "1");
    const end = most + 1 + most - 3;
    deepEqual(await positionsAfter(store, most), upTo(most + 1, end));
    const { entries, documents } = await store.stretch(end);
    deepEqual(entries.map(({ position }) => position), upTo(end + 1, end + 3));
    deepEqual([...documents.keys()].toSorted(), KEYS.toSorted());
  },

  "a batch that alone has more than a stretch comes whole, by itself": async (
    { store, bus },
  ) => {
    const count = MAX_STRETCH_ENTRIES + 100;
    await bus.publish(eventsOf(count));
    await bus.publish(eventsOf(1));
    await bus.publish(eventsOf(3, MAX_STRETCH_CHARS));
    await bus.publish(eventsOf(1));
    deepEqual(await positionsAfter(store, 0), upTo(1, count));
    deepEqual(await positionsAfter(store, count), [count + 1]);
    deepEqual(
      await positionsAfter(store, count + 1),
      upTo(count + 2, count + 4),
    );
    deepEqual(await positionsAfter(store, count + 4), [count + 5]);
  },

  "a stretch holds as many batches as its length allows": async (
    { store, bus },
  ) => {
    await bus.publish(eventsOf(2, MAX_STRETCH_CHARS / 4));
    await bus.publish(eventsOf(1, MAX_STRETCH_CHARS / 2));
    await bus.publish(eventsOf(1, MAX_STRETCH_CHARS / 2 - 1));
    await bus.publish(eventsOf(1, 2));
    deepEqual(await positionsAfter(store, 0), [1, 2, 3]);
    deepEqual(await positionsAfter(store, 2), [3, 4]);
    deepEqual(await positionsAfter(store, 3), [4, 5]);
  },

  "at and beyond the head there are no entries": async ({ store, bus }) => {
    await bus.publish(eventsOf(2));
    for (const after of [2, 3, 1_000_000]) {
      const { entries, documents, head } = await store.stretch(after);
      deepEqual([entries, documents, head.position], [[], new Map(), 2]);
    }
  },

  "entries that are no longer held are said to be": async (
    { store, bus, dropOldest },
  ) => {
    await bus.publish(eventsOf(1));
    await bus.publish(eventsOf(1));
    await dropOldest();
    const { earliest } = await bus.head();
    ok(earliest > 1);
    for (const after of [0, earliest - 2]) {
      await rejects(store.stretch(after), {
        code: "expired",
        facts: { earliest },
      });
    }
    const { entries, head } = await store.stretch(earliest - 1);
    equal(entries[0]?.position ?? earliest, earliest);
    equal(head.earliest, earliest);
  },
} satisfies RecordLaws;
