/**
 * The log retention contract: the laws every adapter of the port obeys.
 *
 * @module
 */
import fc from "fast-check";
import { parseSettingsKey } from "../../domain/settings.ts";
import { MAX_EVENT_TRIM } from "../../ports/log_retention.ts";
import { hasCode } from "../../ports/port_error.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { anEvent, asPublished } from "../support/events.ts";
import { testLaws, type Waivers } from "./law.ts";
import {
  begin,
  entryOf,
  eventsIn,
  heldIn,
  keepOnly,
  type LogRetentionSubject,
  move,
  NOTHING_DUE,
  publish,
  range,
  timeOf,
} from "./log_retention_subject.ts";

type Subject = LogRetentionSubject;

/** The laws, for who wants to see one broken. */
export const LOG_RETENTION_LAWS = {
  "an empty log has nothing to drop": async (subject) => {
    const { retention, bus } = subject;
    const head = await bus.head();
    deepEqual(await keepOnly(subject, 0, { forceMs: 2 ** 50 }), {
      dropped: 0,
      isMore: false,
      passed: [],
      pins: [],
      head,
      oldestAt: undefined,
    });
    equal((await retention.trim(NOTHING_DUE)).dropped, 0);
  },

  "what is older than a time is dropped, and readers behind it are told":
    async (
      subject,
    ) => {
      const { retention, bus } = subject;
      await publish(subject, 5);
      const beforeMs = await timeOf(subject, 3);
      const trim = await retention.trim({ ...NOTHING_DUE, beforeMs });
      const head = await bus.head();
      deepEqual(trim, {
        dropped: 2,
        isMore: false,
        passed: [],
        pins: [],
        head,
        oldestAt: beforeMs,
      });
      deepEqual([head.earliest, head.position], [3, 5]);
      deepEqual(await heldIn(subject), [3, 4, 5]);
      await rejects(bus.read({ after: 1, limit: 1 }), {
        code: "expired",
        facts: { earliest: 3 },
      });
      equal(await bus.positionAt(0), 2);
      equal(await bus.positionAt(beforeMs + 1), 3);
      equal((await retention.trim({ ...NOTHING_DUE, beforeMs })).dropped, 0);
    },

  "of age and number the tighter one holds": async (subject) => {
    await publish(subject, 6);
    const beforeMs = await timeOf(subject, 3);
    await keepOnly(subject, 5, { beforeMs });
    deepEqual(await heldIn(subject), [3, 4, 5, 6]);
    await keepOnly(subject, 2, { beforeMs });
    deepEqual(await heldIn(subject), [5, 6]);
  },

  "what is young stays, and the newest event always": async (subject) => {
    await publish(subject, 5);
    const youngMs = await timeOf(subject, 3);
    equal((await keepOnly(subject, 0, { youngMs })).dropped, 2);
    deepEqual(await heldIn(subject), [3, 4, 5]);
    const last = await keepOnly(subject, 0, { beforeMs: youngMs + 1e9 });
    deepEqual([last.dropped, last.head.earliest], [2, 5]);
    await publish(subject, 1);
    deepEqual(await heldIn(subject), [5, 6]);
  },

  "retention never passes an active group, unless it is forced": async (
    subject,
  ) => {
    await publish(subject, 9);
    const group = await begin(subject, "g", 2);
    await begin(subject, "at-the-end", 9);
    const forceMs = await timeOf(subject, 6);
    const committedAt = await timeOf(subject, 3);
    const trim = await keepOnly(subject, 1);
    deepEqual(await heldIn(subject), range(3, 9));
    deepEqual([trim.dropped, trim.isMore, trim.passed], [2, false, []]);
    const pin = { group: "g", position: 3, events: 6, committedAt };
    deepEqual(trim.pins, [pin]);
    await move(subject, group, { isPaused: true });
    equal((await keepOnly(subject, 1)).dropped, 0);

    const forced = await keepOnly(subject, 1, { forceMs });
    deepEqual([forced.dropped, forced.passed], [3, ["g"]]);
    deepEqual(await heldIn(subject), range(6, 9));
    // It has lost its place, and holds nothing back for nothing.
    deepEqual((await keepOnly(subject, 1)).pins, []);
    deepEqual(await heldIn(subject), [9]);
  },

  "of a group the oldest event that is not settled counts": async (subject) => {
    await publish(subject, 9);
    let group = await begin(subject, "g", 0);
    const held = [
      [entryOf(2, { state: "taken", token: "t", member: "m", deadline: 1 })],
      [entryOf(3, { state: "waiting" })],
      [entryOf(4, { nextAt: 1 }), entryOf(6)],
    ];
    for (const entries of held) {
      const { position } = entries[0]!;
      const checkpoint = position - 1;
      group = await move(subject, group, { checkpoint, cursor: 8, entries });
      const { pins, head } = await keepOnly(subject, 1);
      deepEqual(pins.map((pin) => pin.position), [position]);
      equal(head.earliest, position);
    }
    // What it has lost does not keep what it needs from being kept.
    const forceMs = await timeOf(subject, 5);
    deepEqual((await keepOnly(subject, 1, { forceMs })).passed, ["g"]);
    deepEqual((await keepOnly(subject, 1)).head.earliest, 6);
    await move(subject, group, { checkpoint: 8, entries: [] });
    deepEqual((await keepOnly(subject, 1)).head.earliest, 9);
  },

  "a dead letter holds nothing back, and keeps its event": async (subject) => {
    const { groups } = subject;
    await publish(subject, 6);
    const events = await eventsIn(subject);
    const group = await begin(subject, "g", 0);
    const letter = { attempts: 5, error: "no", at: 1, key: "k0" };
    await move(subject, group, {
      checkpoint: 6,
      cursor: 6,
      entries: [
        entryOf(1, { key: "k0", state: "parked", behind: 1, behindTo: 3 }),
        entryOf(2, { origin: "letter", state: "waiting" }),
      ],
    }, [
      { ...letter, position: 1, status: "dead" },
      { ...letter, position: 2, status: "redriven", key: undefined },
      { ...letter, position: 3, status: "behind" },
    ]);
    equal((await keepOnly(subject, 1)).dropped, 5);
    for (const position of [1, 3]) {
      const { event } = (await groups.letter("g", position))!;
      deepEqual(event, events[position - 1]);
    }
  },

  "a group is not made where the log does not begin any more, nor sent there":
    async (subject) => {
      await publish(subject, 5);
      let group = await begin(subject, "g", 5);
      equal((await keepOnly(subject, 2)).head.earliest, 4);
      const expired = { code: "expired", facts: { earliest: 4 } };
      await rejects(begin(subject, "h", 2), expired);
      equal(await subject.groups.load("h"), undefined);
      await rejects(move(subject, group, { cursor: 2 }), expired);
      deepEqual(await subject.groups.load("g"), group);
      await begin(subject, "h", 3);
      group = await move(subject, group, { checkpoint: 3, cursor: 3 });
      // Who stands there already goes on being written, and so says why it stops.
      const forceMs = (await timeOf(subject, 5)) + 1;
      await keepOnly(subject, 1, { forceMs });
      await move(subject, group, { isPaused: true });
    },

  "a group that is made or sent back at the same moment is not overtaken":
    async (subject) => {
      const { bus } = subject;
      const other = await begin(subject, "other", 0);
      let back = other;
      for (let round = 0; round < 20; round++) {
        await publish(subject, 3);
        const { earliest, position } = await bus.head();
        back = await move(subject, back, {
          cursor: position,
          checkpoint: position,
        });
        const cursor = earliest - 1;
        const trims = () => keepOnly(subject, 1);
        const [, made, sent] = await Promise.allSettled([
          trims(),
          begin(subject, `g${round}`, cursor),
          move(subject, back, { cursor, checkpoint: cursor }),
          trims(),
        ]);
        for (const one of [made, sent]) {
          if (one.status === "rejected") {
            ok(hasCode(one.reason, "expired"), String(one.reason));
          } else {
            const page = await bus.read({ after: cursor, limit: 1 });
            equal(page.events[0]?.position, earliest);
          }
        }
        back = (await subject.groups.load("other"))!;
        await subject.groups.remove(`g${round}`);
      }
    },

  "one call drops a bounded number, and says whether there is more": async (
    subject,
  ) => {
    const { bus } = subject;
    for (let i = 0; i < 5; i++) {
      const half = Array.from({ length: MAX_EVENT_TRIM / 2 }, () => anEvent());
      await bus.publish(half);
    }
    const trims = [];
    do trims.push(await keepOnly(subject, 100)); while (trims.at(-1)!.isMore);
    const dropped = trims.map((trim) => trim.dropped);
    ok(dropped.every((n) => n > 0 && n <= MAX_EVENT_TRIM), dropped.join());
    equal(dropped.reduce((sum, n) => sum + n), 2.5 * MAX_EVENT_TRIM - 100);
    equal((await heldIn(subject)).length, 100);
  },

  "several may drop at once, while others append: nothing is lost that is needed":
    async (subject) => {
      const { bus } = subject;
      await publish(subject, 20);
      await begin(subject, "g", 14);
      const ids = Array.from({ length: 10 }, () => anEvent());
      const [trims] = await Promise.all([
        Promise.all(range(1, 5).map(() => keepOnly(subject, 1))),
        Promise.all(ids.map((event) => bus.publish([event]))),
      ]);
      const dropped = trims.reduce((sum, trim) => sum + trim.dropped, 0);
      equal(dropped, 14);
      deepEqual(await heldIn(subject), range(15, 30));
    },

  "an id counts as long as its event is held": async (subject) => {
    const { bus } = subject;
    await publish(subject, 3);
    const events = await eventsIn(subject);
    await keepOnly(subject, 2);
    const [held] = await bus.publish([asPublished(events[1]!)]);
    deepEqual(held, { id: events[1]!.id, position: 2, duplicate: true });
    const [gone] = await bus.publish([asPublished(events[0]!)]);
    deepEqual(gone, { id: events[0]!.id, position: 4, duplicate: false });
  },

  "documents keep their versions and what they were": async (subject) => {
    const { settings, archive } = subject;
    const key = parseSettingsKey("user:1:mode:scalp");
    for (const json of ["1", "2"]) await settings.write([{ key, json }], "ann");
    await publish(subject, 3);
    await keepOnly(subject, 1);
    const { documents } = await settings.read([key]);
    deepEqual(documents, [{ key, version: 2, json: "2" }]);
    equal((await archive.at([key], 1))[0]?.json, "1");
    const change = { key, json: "3", ifVersion: 2 };
    deepEqual(await settings.write([change], "ann"), [6]);
  },

  "what is dropped agrees with a plain model on random logs and groups": async (
    subject,
  ) => {
    const { bus, groups, retention } = subject;
    const step = fc.record({
      published: fc.nat(4),
      keep: fc.nat(6),
      before: fc.nat(12),
      young: fc.nat(12),
      force: fc.nat(12),
      cursors: fc.array(fc.nat(12), { maxLength: 3 }),
    });
    for (const one of fc.sample(step, { seed: 4, numRuns: 30 })) {
      await publish(subject, one.published + 1);
      const { earliest, position } = await bus.head();
      const held = await eventsIn(subject);
      const at = (n: number) => held[Math.min(n, held.length - 1)]!.committedAt;
      const cursors = one.cursors.map((n) =>
        Math.min(position, earliest - 1 + n)
      );
      for (const [i, cursor] of cursors.entries()) {
        await begin(subject, `g${i}`, cursor);
      }
      const limits = {
        beforeMs: at(one.before),
        keep: one.keep,
        youngMs: at(one.young),
        forceMs: at(one.force),
      };
      const stays = held.filter((event) => {
        const isDue = event.committedAt < limits.beforeMs ||
          event.position <= position - limits.keep;
        const isFree = cursors.every((cursor) => event.position <= cursor);
        return event.position === position || !isDue ||
          event.committedAt >= limits.youngMs ||
          !(isFree || event.committedAt < limits.forceMs);
      });
      const trim = await retention.trim(limits);
      const first = stays[0]!.position;
      equal(trim.head.earliest, first);
      deepEqual(await heldIn(subject), range(first, position));
      const passed = cursors.flatMap((c, i) => c + 1 < first ? [`g${i}`] : []);
      deepEqual(trim.passed, passed);
      for (const i of cursors.keys()) await groups.remove(`g${i}`);
    }
  },

  "an aborted call does nothing, and a closed port refuses": async (
    subject,
  ) => {
    const { retention } = subject;
    await publish(subject, 2);
    const limits = { ...NOTHING_DUE, keep: 1 };
    const gone = AbortSignal.abort(new Error("gone"));
    await rejects(retention.trim(limits, gone), { message: "gone" });
    deepEqual(await heldIn(subject), [1, 2]);
    await retention[Symbol.asyncDispose]();
    await retention[Symbol.asyncDispose]();
    await rejects(retention.trim(limits), { code: "closed" });
  },
} satisfies Record<string, (subject: Subject) => Promise<void>>;

/** Holds each port `open` returns to every law, save those waived by name. */
export function testLogRetention(
  adapter: string,
  open: () => Promise<LogRetentionSubject>,
  waived: Waivers<typeof LOG_RETENTION_LAWS> = {},
): void {
  testLaws(adapter, LOG_RETENTION_LAWS, open, waived);
}
