/**
 * The settings archive contract: the laws every adapter of the port obeys.
 *
 * @module
 */
import fc from "fast-check";
import { parseSettingsKey, type SettingsKey } from "../../domain/settings.ts";
import { PortError } from "../../ports/port_error.ts";
import {
  MAX_ARCHIVE_KEYS,
  MAX_EDITS,
  MAX_EDITS_CHARS,
  MAX_TRIM,
  type SettingsArchive,
} from "../../ports/settings_archive.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { anEvent } from "../support/events.ts";
import { createMemoryWorld } from "../support/memory_world.ts";
import { testLaws, type Waivers } from "./law.ts";
import { FORGETTING_LAWS } from "./settings_forgetting.ts";
import {
  ALL,
  brief,
  edits,
  KEYS,
  newestAt,
  OTHERS,
  put,
  SCALP,
  type SettingsArchiveSubject,
  values,
} from "./settings_archive_subject.ts";

type Subject = SettingsArchiveSubject;

const LAWS = {
  ...FORGETTING_LAWS,

  "what was never written has no past": async (subject) => {
    deepEqual(await edits(subject), []);
    deepEqual(await values(subject, 0), KEYS.map(() => undefined));
    const { archive } = subject;
    deepEqual(await archive.keys({ after: undefined, limit: 10 }), []);
    equal(await archive.trim(Number.MAX_SAFE_INTEGER), 0);
    deepEqual(await archive.at([], 0), []);
    deepEqual(await archive.edits({ keys: [], after: 0, limit: 1 }), []);
  },

  "every change is told with what stood before it, oldest first": async (
    subject,
  ) => {
    const text = '{ "b":1.50, "a":"\u2028ä😀" }';
    await put(subject, ALL, text);
    await put(subject, SCALP, "1", "bob");
    const both = [{ key: SCALP, json: "2" }, { key: ALL, json: "3" }];
    await subject.store.write(both, "eve");
    const first = [ALL, 1, "ann", text];
    const scalp = [SCALP, 2, "bob", "1"];
    deepEqual(await edits(subject), [
      [first, undefined],
      [scalp, undefined],
      [[SCALP, 3, "eve", "2"], scalp],
      [[ALL, 4, "eve", "3"], first],
    ]);
    deepEqual(await edits(subject, [ALL, ALL], 1), [
      [[ALL, 4, "eve", "3"], first],
    ]);
    deepEqual(await edits(subject, [SCALP], 3), []);
    deepEqual(await edits(subject, [OTHERS]), []);
  },

  "changes are read on from the last one that was read": async (subject) => {
    for (let i = 0; i < 7; i++) await put(subject, KEYS[i % 3]!, `${i}`);
    const all = await edits(subject);
    equal(all.length, 7);
    const read = [];
    for (let after = 0;;) {
      const page = await edits(subject, KEYS, after, 2);
      if (page.length === 0) break;
      ok(page.length <= 2);
      read.push(...page);
      after = page.at(-1)![0]![1] as number;
    }
    deepEqual(read, all);
  },

  "a write that is refused leaves no change": async (subject) => {
    await put(subject, ALL, "1");
    const changes = [
      { key: SCALP, json: "2" },
      { key: ALL, json: "2", ifVersion: 9 },
    ];
    await rejects(subject.store.write(changes, "ann"), {
      code: "version_conflict",
    });
    equal((await edits(subject)).length, 1);
    deepEqual(await values(subject, 1), ["1", undefined, undefined]);
  },

  "changes made at once are all told": async (subject) => {
    const made = await Promise.all(
      Array.from({ length: 30 }, (_, i) => put(subject, KEYS[i % 2]!, `${i}`)),
    );
    const told = await edits(subject);
    deepEqual(told.map(([edit]) => edit![1]), made.toSorted((a, b) => a - b));
    for (const key of [ALL, SCALP]) {
      const own = await edits(subject, [key]);
      own.forEach(([, before], i) => deepEqual(before, own[i - 1]?.[0]));
    }
  },

  "a document is read as it stood at any position": async (subject) => {
    await put(subject, ALL, "1");
    await subject.bus.publish([anEvent()]);
    await put(subject, SCALP, "2");
    await put(subject, ALL, "3");
    const none = undefined;
    deepEqual(await values(subject, 0), [none, none, none]);
    deepEqual(await values(subject, 1), ["1", none, none]);
    deepEqual(await values(subject, 2), ["1", none, none]);
    deepEqual(await values(subject, 3), ["1", "2", none]);
    deepEqual(await values(subject, 4), ["3", "2", none]);
    deepEqual(await values(subject, 4, [SCALP, ALL, SCALP]), ["2", "3", "2"]);
    const [one] = await subject.archive.at([ALL], 3);
    deepEqual(brief(one), [ALL, 1, "ann", "1"]);
  },

  "a change has the time at which its event was committed": async (subject) => {
    for (let i = 0; i < 3; i++) {
      await put(subject, ALL, `${i}`);
      await subject.elapse(1000);
    }
    const { events } = await subject.bus.read({ after: 0, limit: 10 });
    const query = { keys: [ALL], after: 0, limit: 10 };
    const told = await subject.archive.edits(query);
    deepEqual(
      told.map(({ at }) => at),
      events.map(({ committedAt }) => committedAt),
    );
  },

  "what had been replaced before a time is forgotten, the newest of each is kept":
    async (subject) => {
      const { archive, elapse } = subject;
      await put(subject, ALL, "1");
      await put(subject, SCALP, "2");
      await elapse(1000);
      await put(subject, ALL, "3");
      await elapse(1000);
      await put(subject, ALL, "4");
      const at = await newestAt(subject, ALL);
      // Just now the second was replaced; before, the first.
      equal(await archive.trim(await newestAt(subject, SCALP)), 0);
      equal(await archive.trim(at), 1);
      equal(await archive.trim(at), 0);
      const [[kept, before], [edit, was]] = await edits(subject, [ALL]) as [
        unknown[],
        unknown[],
      ];
      deepEqual([kept, before], [[ALL, 3, "ann", "3"], undefined]);
      deepEqual([edit, was], [[ALL, 4, "ann", "4"], kept]);
      equal(await archive.trim(at + 0.5), 1);
      equal(await archive.trim(Number.MAX_SAFE_INTEGER), 0);
      deepEqual(await values(subject, 4), ["4", "2", undefined]);
      deepEqual(await edits(subject), [
        [[SCALP, 2, "ann", "2"], undefined],
        [[ALL, 4, "ann", "4"], undefined],
      ]);
    },

  "what was forgotten is told apart from what did not exist": async (
    subject,
  ) => {
    const { archive } = subject;
    await put(subject, SCALP, "1");
    await put(subject, ALL, "2");
    await put(subject, ALL, "3");
    await put(subject, ALL, "4");
    equal(await archive.trim(Number.MAX_SAFE_INTEGER), 2);
    for (const version of [0, 1, 2, 3]) {
      await rejects(archive.at(KEYS, version), {
        name: "PortError",
        code: "expired",
        facts: { key: ALL, earliest: 4 },
      });
    }
    deepEqual(await values(subject, 0, [SCALP, OTHERS]), [
      undefined,
      undefined,
    ]);
    deepEqual(await values(subject, 4), ["4", "1", undefined]);
    await put(subject, ALL, "5");
    await rejects(archive.at([ALL], 3), { facts: { key: ALL, earliest: 4 } });
    deepEqual(await values(subject, 4), ["4", "1", undefined]);
  },

  "one call forgets a bounded number, the oldest first": async (subject) => {
    const { archive, store } = subject;
    const more = 5;
    for (let i = 0; i <= MAX_TRIM + more; i += 100) {
      const many = Math.min(100, MAX_TRIM + more + 1 - i);
      await Promise.all(
        Array.from(
          { length: many },
          (_, j) => store.write([{ key: ALL, json: `${i + j}` }], "ann"),
        ),
      );
    }
    equal(await archive.trim(Number.MAX_SAFE_INTEGER), MAX_TRIM);
    const left = await edits(subject, [ALL]);
    deepEqual(
      left.map(([edit]) => edit![1]),
      Array.from({ length: more + 1 }, (_, i) => MAX_TRIM + 1 + i),
    );
    equal(await archive.trim(Number.MAX_SAFE_INTEGER), more);
  },

  "an answer is bounded by its values, and has one at least": async (
    subject,
  ) => {
    const json = JSON.stringify("x".repeat(MAX_EDITS_CHARS / 2));
    for (let i = 0; i < 4; i++) await put(subject, ALL, json);
    const versions = async (after: number) =>
      (await edits(subject, KEYS, after)).map(([edit]) => edit![1]);
    deepEqual(await versions(0), [1, 2]);
    deepEqual(await versions(2), [3, 4]);
    deepEqual(await versions(3), [4]);
    const huge = JSON.stringify("x".repeat(MAX_EDITS_CHARS));
    await put(subject, SCALP, huge);
    await put(subject, SCALP, "1");
    deepEqual(await versions(4), [5]);
    deepEqual(await versions(5), [6]);
  },

  "keys are listed in the order of their characters, page by page": async (
    subject,
  ) => {
    const users = ["Z", "a", "a.b", "a-b", "a_b", "B", "10", "9"];
    const keys = users.map((user) =>
      parseSettingsKey(`user:${user}:mode:ultra`)
    );
    for (const key of keys) await put(subject, key, "1");
    keys.sort();
    const { archive } = subject;
    deepEqual(await archive.keys({ after: undefined, limit: 100 }), keys);
    const read: SettingsKey[] = [];
    for (;;) {
      const page = await archive.keys({ after: read.at(-1), limit: 3 });
      if (page.length === 0) break;
      read.push(...page);
    }
    deepEqual(read, keys);
  },

  "positions and limits out of range are refused": async (subject) => {
    const { archive } = subject;
    const invalid = { name: "PortError", code: "invalid" };
    for (const limit of [0, -1, 1.5, NaN, MAX_EDITS + 1]) {
      await rejects(archive.edits({ keys: KEYS, after: 0, limit }), invalid);
    }
    for (const after of [-1, 0.5, NaN, Infinity]) {
      await rejects(archive.edits({ keys: KEYS, after, limit: 1 }), invalid);
    }
    for (const version of [-1, 0.5, NaN, Infinity, 2 ** 60]) {
      await rejects(archive.at(KEYS, version), invalid);
    }
    await rejects(archive.at(KEYS, 1), { ...invalid, facts: { head: 0 } });
    for (const limit of [0, 1.5, MAX_ARCHIVE_KEYS + 1]) {
      await rejects(archive.keys({ after: undefined, limit }), invalid);
    }
  },

  "an aborted call does nothing": async (subject) => {
    const { archive } = subject;
    await put(subject, ALL, "1");
    await put(subject, ALL, "2");
    const signal = AbortSignal.abort(new Error("gone"));
    for (const call of calls(archive, signal)) {
      await rejects(call, { message: "gone" });
    }
    equal((await edits(subject)).length, 2);
  },

  "a closed archive rejects, and closes twice": async ({ archive }) => {
    await archive[Symbol.asyncDispose]();
    await archive[Symbol.asyncDispose]();
    for (const call of calls(archive)) await rejects(call, { code: "closed" });
  },

  "the past agrees with a plain model on random changes": async (subject) => {
    const model = openModel();
    const keyOf = fc.constantFrom(...KEYS);
    const step = fc.oneof(
      fc.record({ put: fc.uniqueArray(keyOf, { minLength: 1 }) }),
      // As short as to leave a lease good.
      fc.record({ elapse: fc.integer({ min: 1, max: 100 }) }),
      fc.record({ trim: fc.integer({ min: -400, max: 100 }) }),
    );
    const steps = fc.sample(step, { numRuns: 80, seed: 7 });
    for (const [i, one] of steps.entries()) {
      for (const side of [subject, model]) {
        if ("put" in one) {
          const changes = one.put.map((key) => ({ key, json: `${i}` }));
          await side.store.write(changes, "ann");
        } else if ("elapse" in one) await side.elapse(one.elapse);
      }
      if ("trim" in one) deepEqual(await trimmed(one.trim), undefined);
    }

    async function trimmed(offset: number): Promise<void> {
      const { position } = await subject.bus.head();
      if (position === 0) return;
      const told = await Promise.all([subject, model].map(async (side) => {
        const { events } = await side.bus.read({
          after: position - 1,
          limit: 1,
        });
        const gone = await side.archive.trim(events[0]!.committedAt + offset);
        const past = [];
        for (let at = 0; at <= position; at++) {
          past.push(await Promise.all(KEYS.map((key) => stood(side, key, at))));
        }
        return { gone, past, edits: await edits(side as Subject) };
      }));
      deepEqual(told[0], told[1]);
    }
  },
} satisfies Record<string, (subject: Subject) => Promise<void>>;

type Side = Pick<Subject, "archive" | "store" | "bus" | "elapse">;

/** The value of `key` at `version`, or from when on it is held. */
async function stood({ archive }: Side, key: SettingsKey, version: number) {
  try {
    return (await archive.at([key], version))[0]?.json;
  } catch (error) {
    if (!(error instanceof PortError)) throw error;
    return [error.code, error.facts];
  }
}

function openModel(): Side {
  const { clock, bus, settings, archive } = createMemoryWorld();
  return {
    bus: bus(),
    store: settings(),
    archive: archive(),
    elapse: clock.advance,
  };
}

function* calls(archive: SettingsArchive, signal?: AbortSignal) {
  yield archive.edits({ keys: KEYS, after: 0, limit: 1 }, signal);
  yield archive.at(KEYS, 0, signal);
  yield archive.keys({ after: undefined, limit: 1 }, signal);
  yield archive.trim(Number.MAX_SAFE_INTEGER, signal);
  yield archive.forget(KEYS, Number.MAX_SAFE_INTEGER, signal);
}

/** Holds each archive `open` returns to every law, save those waived by name. */
export function testSettingsArchive(
  adapter: string,
  open: () => Promise<SettingsArchiveSubject>,
  waived: Waivers<typeof LAWS> = {},
): void {
  testLaws(adapter, LAWS, open, waived);
}
