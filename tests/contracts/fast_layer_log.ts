/**
 * The laws of the fast layer about what it tells of the log: names of changed
 * documents, and entries.
 *
 * @module
 */
import { formatEvent } from "../../domain/event/envelope.ts";
import { parseSettingsKey } from "../../domain/settings.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";
import {
  advance,
  ALL,
  begin,
  change,
  changedSince,
  entry,
  type FastLaws,
  positions,
  SCALP,
  START,
  step,
  SWING,
} from "./fast_layer_subject.ts";

const NAME_LAWS = {
  "names of changed documents are known by position": async (subject) => {
    const history = await begin(subject);
    const first = step(history, START, 12, [
      change(ALL, 11),
      change(SCALP, 12),
    ]);
    const at = await advance(subject.layer, first);
    const idle = await advance(subject.layer, step(history, at, 13));
    await advance(subject.layer, step(history, idle, 14, [change(ALL, 14)]));
    deepEqual(await changedSince(subject, 14), []);
    deepEqual(await changedSince(subject, 13), [ALL]);
    deepEqual(await changedSince(subject, 12), [ALL]);
    deepEqual(await changedSince(subject, 11), [SCALP, ALL]);
    deepEqual(await changedSince(subject, 8), [SCALP, ALL]);
    equal(await changedSince(subject, 7), undefined);
    equal(await changedSince(subject, 0), undefined);
    equal(await changedSince(subject, 15), undefined);
  },

  "names that were lost are not taken for none": async (subject) => {
    const { layer, server } = subject;
    const history = await begin(subject);
    const first = await advance(
      layer,
      step(history, START, 11, [change(ALL, 11)]),
    );
    await server.evict("changes");
    deepEqual(await changedSince(subject, 11), []);
    equal(await changedSince(subject, 10), undefined);
    const idle = await advance(layer, step(history, first, 12));
    equal(await changedSince(subject, 10), undefined);
    const third = await advance(
      layer,
      step(history, idle, 13, [change(SCALP, 13)]),
    );
    await advance(layer, step(history, third, 14, [change(SWING, 14)]));
    equal(await changedSince(subject, 10), undefined);
    deepEqual(await changedSince(subject, 11), [SCALP, SWING]);
    deepEqual(await changedSince(subject, 13), [SWING]);
  },

  "names beyond what is remembered are not taken for none": async (subject) => {
    const { layer } = subject;
    const history = await begin(subject, { ...START, settingsPosition: 10 });
    let at = { ...START, settingsPosition: 10 };
    while (at.position < 2510) {
      const changes = Array.from({ length: 500 }, (_, i) => {
        const position = at.position + 1 + i;
        return change(
          parseSettingsKey(`user:${position}:mode:ultra`),
          position,
        );
      });
      const more = { entries: [entry(at.position + 500)] };
      const to = at.position + 500;
      at = await advance(layer, step(history, at, to, changes, more));
    }
    for (const lost of [10, 11, 510, 1000]) {
      equal(await changedSince(subject, lost), undefined);
    }
    for (const known of [2010, 2500, 2509]) {
      equal((await changedSince(subject, known))?.length, 2510 - known);
    }
    deepEqual(await changedSince(subject, 2510), []);
  },
} satisfies FastLaws;

const EVENT_LAWS = {
  "entries are read as they are, in order, after a position": async (
    subject,
  ) => {
    const { layer } = subject;
    const history = await begin(subject);
    const entries = [
      entry(11),
      entry(12, { key: "k: \u2028", batchEnd: 13 }),
      entry(13, { json: "{}", meta: { timestamp: "x", user: "1" } }),
    ];
    const taken = step(history, START, 13, [], { entries });
    const at = await advance(layer, taken);
    deepEqual(await layer.events(history, 10, 100), {
      checkpoint: at,
      events: entries,
    });
    await advance(layer, step(history, at, 14));
    deepEqual(await positions(subject, 11), [12, 13, 14]);
    deepEqual(await positions(subject, 11, 2), [12, 13]);
    deepEqual(await positions(subject, 13), [14]);
    deepEqual(await positions(subject, 14), []);
    deepEqual(await positions(subject, 99), []);
  },

  "entries are never read over a gap": async (subject) => {
    const { layer, server } = subject;
    const history = await begin(subject);
    deepEqual(await positions(subject, 9), []);
    const at = await advance(layer, step(history, START, 12));
    deepEqual(await positions(subject, 5), []);
    deepEqual(await positions(subject, 9), []);
    await server.evict("stream");
    deepEqual(await positions(subject, 10), []);
    await advance(layer, step(history, at, 14));
    deepEqual(await positions(subject, 10), []);
    deepEqual(await positions(subject, 12), [13, 14]);
  },

  "an entry that is too large for the stream is not passed over": async (
    subject,
  ) => {
    const { layer } = subject;
    const history = await begin(subject);
    const json = JSON.stringify({ text: "x".repeat(5000) });
    const entries = [entry(11), entry(12, { json }), entry(13)];
    await advance(layer, step(history, START, 13, [], { entries }));
    const found = await layer.events(history, 10, 100);
    ok(found !== "fenced" && found.events.length >= 1);
    deepEqual(found.events, entries.slice(0, found.events.length));
    deepEqual(await positions(subject, 12), [13]);
  },

  "plain subscribers are told of every entry, in order, once": async (
    subject,
  ) => {
    const { layer, server } = subject;
    const history = await begin(subject);
    const json = JSON.stringify({ event_type: "x", text: "y".repeat(5000) });
    const entries = [
      entry(11),
      entry(12, { channel: "orders.executed", json }),
      entry(13, { channel: "settings.updated" }),
    ];
    await advance(layer, step(history, START, 13, [], { entries }));
    deepEqual(
      await server.heard(),
      entries.map((one) => ({
        channel: one.channel,
        text: formatEvent(one, START.epoch, "flat"),
      })),
    );
  },
} satisfies FastLaws;

/** The laws. */
export const LOG_LAWS = { ...NAME_LAWS, ...EVENT_LAWS };
