/**
 * The group store contract: the laws every adapter of the port obeys.
 *
 * @module
 */
import { changeOf } from "../../domain/event_group/change.ts";
import {
  createGroup,
  type Entry,
  type GroupState,
  type LetterFacts,
} from "../../domain/event_group/group.ts";
import { IDLE } from "../../domain/event_group/draft.ts";
import { DEFAULT_POLICY } from "../../domain/event_group/policy.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import {
  type DeadLetter,
  type GroupStore,
  MAX_LETTERS,
  MAX_LETTERS_CHARS,
} from "../../ports/event_groups.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { anEvent, asPublished } from "../support/events.ts";
import { testLaws, type Waivers } from "./law.ts";

/** An empty store, and the log that it belongs to. */
export interface GroupStoreSubject extends AsyncDisposable {
  readonly store: GroupStore;
  readonly bus: EventBus;
}

type Subject = GroupStoreSubject;

/** An entry with nothing but what is said. */
function entryOf(position: number, more: Partial<Entry> = {}): Entry {
  return {
    ...IDLE,
    position,
    key: undefined,
    origin: "log",
    state: "retry",
    attempts: 1,
    ...more,
  };
}

function letterOf(position: number, more: Partial<LetterFacts> = {}) {
  return {
    position,
    key: undefined,
    status: "dead",
    attempts: 5,
    error: "it fails",
    at: 1_767_323_045_000,
    ...more,
  } satisfies LetterFacts;
}

async function aGroup({ bus }: Subject, name = "g"): Promise<GroupState> {
  const { epoch } = await bus.head();
  return createGroup({
    name,
    incarnation: "i1",
    policy: DEFAULT_POLICY,
    epoch,
    position: 0,
  });
}

const nothing = { letters: [], gone: [] };

/** Writes `state` as the next of `before`, with `letters`; what is then read. */
async function put(
  { store }: Subject,
  before: GroupState | undefined,
  state: GroupState,
  letters: readonly LetterFacts[] = [],
  gone: readonly number[] = [],
): Promise<GroupState> {
  await store.save(changeOf(before, { state, letters, gone }));
  return (await store.load(state.name))!;
}

export const GROUP_STORE_LAWS = {
  "a group is read back whole": async (subject) => {
    const { store } = subject;
    equal(await store.load("g"), undefined);
    const begun = await aGroup(subject);
    const first = await put(subject, undefined, begun);
    deepEqual(first, { ...begun, version: 1 });
    const full: GroupState = {
      ...first,
      checkpoint: 6,
      cursor: 2 ** 40,
      isPaused: true,
      policy: { ...DEFAULT_POLICY, channels: ["a.*", "b"], onPoison: "halt" },
      halted: {
        code: "poison",
        reason: "“no” \\ \n",
        position: 7,
        epoch: undefined,
      },
      entries: [
        entryOf(7, {
          key: 'k"\\ü',
          origin: "letter",
          state: "taken",
          attempts: 3,
          token: "i1-2-3",
          member: "m",
          deadline: 1_767_323_045_123,
          error: "e\n",
        }),
        entryOf(8, { state: "retry", nextAt: 1_767_323_045_124 }),
        entryOf(2 ** 40, { state: "parked", behind: 3, behindTo: 2 ** 41 }),
      ],
    };
    deepEqual(await put(subject, first, full), { ...full, version: 2 });
  },

  "entries are added, replaced and taken away": async (subject) => {
    let state = await put(subject, undefined, await aGroup(subject));
    const steps = [
      [entryOf(1), entryOf(2), entryOf(3)],
      [entryOf(1), entryOf(3, { attempts: 2 })],
      [entryOf(2), entryOf(3), entryOf(10)],
      [],
    ];
    for (const entries of steps) {
      state = await put(subject, state, { ...state, entries });
      deepEqual(state.entries, entries);
    }
    equal(state.version, 5);
  },

  "of those who write on one version, one succeeds": async (subject) => {
    const { store } = subject;
    const begun = await aGroup(subject);
    const state = await put(subject, undefined, begun);
    const writes = await Promise.allSettled(
      Array.from({ length: 8 }, (_, i) => {
        const next = { ...state, cursor: i + 1, entries: [entryOf(i + 1)] };
        const change = changeOf(state, { state: next, ...nothing });
        return store.save(change, [anEvent()]);
      }),
    );
    const won = writes.flatMap((one, i) =>
      one.status === "fulfilled" ? [i + 1] : []
    );
    equal(won.length, 1);
    const left = (await store.load("g"))!;
    deepEqual([left.version, left.cursor], [2, won[0]]);
    deepEqual(left.entries.map(({ position }) => position), won);
    equal((await subject.bus.head()).position, 1);
    const conflict = { code: "version_conflict", facts: { version: 2 } };
    const again = changeOf(state, { state, ...nothing });
    await rejects(store.save(again), conflict);
    const anew = changeOf(undefined, { state: begun, ...nothing });
    await rejects(store.save(anew), conflict);
  },

  "a group that was deleted is not written, nor one that came after it": async (
    subject,
  ) => {
    const { store } = subject;
    const begun = await aGroup(subject);
    const state = await put(subject, undefined, begun);
    const late = changeOf(state, { state, ...nothing });
    equal(await store.remove("g"), true);
    equal(await store.remove("g"), false);
    equal(await store.load("g"), undefined);
    await rejects(store.save(late), {
      code: "version_conflict",
      facts: { version: 0 },
    });
    await put(subject, undefined, { ...begun, incarnation: "i2" });
    await rejects(store.save(late), {
      code: "version_conflict",
      facts: { version: 1 },
    });
  },

  "what a handler appends and its ack are kept together": async (subject) => {
    const { store, bus } = subject;
    const state = await put(subject, undefined, await aGroup(subject));
    const effects = [anEvent({ n: 1 }, { key: "k" }), anEvent({ n: 2 })];
    const next = { ...state, cursor: 9 };
    const change = changeOf(state, { state: next, ...nothing });
    const receipts = await store.save(change, effects);
    deepEqual(
      receipts,
      effects.map(({ id }, i) => ({ id, position: i + 1, duplicate: false })),
    );
    const { events } = await bus.read({ after: 0, limit: 10 });
    deepEqual(events.map(asPublished), effects);
    // The group was changed meanwhile: none of both.
    await rejects(store.save(change, [anEvent()]), {
      code: "version_conflict",
    });
    equal((await bus.head()).position, 2);
    const after = (await store.load("g"))!;
    const again = changeOf(after, { state: after, ...nothing });
    const [first, fresh] = await store.save(again, [effects[1]!, anEvent()]);
    deepEqual([first!.position, first!.duplicate], [2, true]);
    deepEqual([fresh!.position, fresh!.duplicate], [3, false]);
  },

  "an effect under another event's id is refused": async (subject) => {
    const { store, bus } = subject;
    const event = anEvent({ n: 1 });
    await bus.publish([anEvent(), event]);
    const state = await put(subject, undefined, await aGroup(subject));
    const change = changeOf(state, { state, ...nothing });
    for (const more of [{ json: "{}" }, { channel: "b" }]) {
      await rejects(store.save(change, [anEvent(), { ...event, ...more }]), {
        code: "conflict",
        facts: { position: 2 },
      });
      deepEqual(await store.load("g"), state);
      equal((await bus.head()).position, 2);
    }
    const [receipt] = await store.save(change, [event]);
    deepEqual([receipt!.position, receipt!.duplicate], [2, true]);
  },

  "who waits for the log hears of effects": async (subject) => {
    const { store, bus } = subject;
    const state = await put(subject, undefined, await aGroup(subject));
    const heard = bus.wait(0);
    await store.save(changeOf(state, { state, ...nothing }), [anEvent()]);
    await heard;
  },

  "effects that the log does not take are refused, and the ack with them":
    async (subject) => {
      const { store } = subject;
      const state = await put(subject, undefined, await aGroup(subject));
      const next = { ...state, cursor: 9 };
      const change = changeOf(state, { state: next, ...nothing });
      const one = anEvent();
      for (
        const effects of [[one, one], [anEvent({}, { key: "a\0" })], [
          anEvent({}, { id: "no" }),
        ]]
      ) {
        await rejects(store.save(change, effects), { code: "invalid" });
      }
      deepEqual(await store.load("g"), state);
    },

  "a dead letter keeps its event, and what is known of it": async (subject) => {
    const { store, bus } = subject;
    const event = anEvent({ a: 1 }, { key: "k" });
    await bus.publish([anEvent(), event]);
    const logged = (await bus.read({ after: 1, limit: 1 })).events[0]!;
    let state = await put(subject, undefined, await aGroup(subject));
    const facts = letterOf(2, { key: "k" });
    state = await put(subject, state, state, [facts, letterOf(9)]);
    deepEqual(await store.letter("g", 2), {
      ...facts,
      group: "g",
      redrives: 0,
      event: logged,
    });
    equal((await store.letter("g", 9))!.event, undefined);
    equal(await store.letter("g", 1), undefined);
    equal(await store.letter("h", 2), undefined);
    const sent = { ...facts, status: "redriven" } as const;
    state = await put(subject, state, state, [sent]);
    deepEqual((await store.letter("g", 2))!.event, logged);
    const back = { ...facts, attempts: 6, error: "again" };
    state = await put(subject, state, state, [back]);
    deepEqual(await store.letter("g", 2), {
      ...back,
      group: "g",
      redrives: 1,
      event: logged,
    });
    await put(subject, state, state, [], [2]);
    equal(await store.letter("g", 2), undefined);
  },

  "a dead letter of another epoch gets no event": async (subject) => {
    const { store, bus } = subject;
    await bus.publish([anEvent()]);
    const group = { ...await aGroup(subject), epoch: "0-0" };
    await put(subject, undefined, group, [letterOf(1)]);
    equal((await store.letter("g", 1))!.event, undefined);
  },

  "dead letters are listed by group, key and page": async (subject) => {
    const { store } = subject;
    const keys = ["x", undefined, "y"];
    for (const name of ["b", "a-1", "a.1"]) {
      const letters = Array.from(
        { length: 12 },
        (_, i) => letterOf(12 - i, { key: keys[i % 3] }),
      );
      await put(subject, undefined, await aGroup(subject, name), letters);
    }
    const positions = Array.from({ length: 12 }, (_, i) => i + 1);
    const all = ["a-1", "a.1", "b"].flatMap((group) =>
      positions.map((position) => [group, position])
    );
    const read: DeadLetter[] = [];
    for (;;) {
      const page = await store.letters({ after: read.at(-1), limit: 5 });
      if (page.length === 0) break;
      ok(page.length <= 5);
      read.push(...page);
    }
    const places = read.map(({ group, position }) => [group, position]);
    deepEqual(places, all);
    const found = await store.letters({ group: "b", key: "x", limit: 100 });
    deepEqual(found.map(({ position }) => position), [3, 6, 9, 12]);
    for (const limit of [0, -1, 1.5, NaN, MAX_LETTERS + 1]) {
      await rejects(store.letters({ limit }), { code: "invalid" });
    }
  },

  "an answer is bounded by its events, and has one at least": async (
    subject,
  ) => {
    const { store, bus } = subject;
    const data = { x: "x".repeat(MAX_LETTERS_CHARS / 2) };
    for (let i = 0; i < 4; i++) await bus.publish([anEvent(data)]);
    const letters = [1, 2, 3, 4].map((position) => letterOf(position));
    await put(subject, undefined, await aGroup(subject), letters);
    const first = await store.letters({ limit: 10 });
    deepEqual(first.map(({ position }) => position), [1, 2]);
    const next = await store.letters({ after: first.at(-1), limit: 1 });
    deepEqual(next.map(({ position }) => position), [3]);
  },

  "groups are listed by name, with what they have out": async (subject) => {
    const { store } = subject;
    deepEqual(await store.list(), []);
    const entries = [
      entryOf(1, { state: "taken" }),
      entryOf(2, { state: "waiting" }),
      entryOf(3, { state: "parked" }),
    ];
    const b = { ...await aGroup(subject, "b"), entries };
    await put(subject, undefined, b, [letterOf(3), letterOf(4)]);
    await put(subject, undefined, await aGroup(subject, "a"));
    const listed = await store.list();
    deepEqual(
      listed.map((one) => [
        one.group.name,
        one.outstanding,
        one.taken,
        one.deadLetters,
      ]),
      [["a", 0, 0, 0], ["b", 2, 1, 2]],
    );
    await store.remove("b");
    deepEqual((await store.list()).length, 1);
    deepEqual(await store.letters({ limit: 1 }), []);
  },

  "an aborted call does nothing": async (subject) => {
    const { store, bus } = subject;
    const state = await put(subject, undefined, await aGroup(subject));
    const signal = AbortSignal.abort(new Error("gone"));
    for (const call of calls(store, state, signal)) {
      await rejects(call, { message: "gone" });
    }
    deepEqual(await store.load("g"), state);
    equal((await bus.head()).position, 0);
  },

  "a closed store rejects, and closes twice": async (subject) => {
    const { store } = subject;
    const state = await aGroup(subject);
    await store[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    for (const call of calls(store, state)) {
      await rejects(call, { code: "closed" });
    }
  },
} satisfies Record<string, (subject: Subject) => Promise<void>>;

function* calls(store: GroupStore, state: GroupState, signal?: AbortSignal) {
  yield store.load("g", signal);
  yield store.list(signal);
  const change = changeOf(state, { state, ...nothing });
  yield store.save(change, [anEvent()], signal);
  yield store.remove("g", signal);
  yield store.letters({ limit: 1 }, signal);
  yield store.letter("g", 1, signal);
}

/** Holds each store `open` returns to every law, save those waived by name. */
export function testGroupStore(
  adapter: string,
  open: () => Promise<GroupStoreSubject>,
  waived: Waivers<typeof GROUP_STORE_LAWS> = {},
): void {
  testLaws(adapter, GROUP_STORE_LAWS, open, waived);
}
