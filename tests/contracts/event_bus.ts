/**
 * The event bus contract: the laws every adapter of the port obeys.
 *
 * @module
 */
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { parseChannelPatterns } from "../../domain/event/channel_pattern.ts";
import type { LoggedEvent } from "../../domain/event/event.ts";
import {
  type EventBus,
  MAX_EVENT_PAGE,
  MAX_EVENT_PAGE_CHARS,
} from "../../ports/event_bus.ts";
import { createCountedAbort } from "../support/abort_listeners.ts";
import { anEvent, asPublished } from "../support/events.ts";
import { FOLLOWING_LAWS } from "./event_following.ts";
import { testLaws, type Waivers } from "./law.ts";

/** A bus over an empty log, and what a test may do to its world. */
export interface EventBusSubject extends AsyncDisposable {
  readonly bus: EventBus;
  /** Lets wall time pass. */
  elapse(ms: number): Promise<void>;
  /** Sets the clock that stamps events on or back, where it can be set. */
  jumpWall?(ms: number): void;
}

async function readAll(bus: EventBus, after = 0): Promise<LoggedEvent[]> {
  const events: LoggedEvent[] = [];
  for (let from = after;;) {
    const page = await bus.read({ after: from, limit: 7 });
    events.push(...page.events);
    from = page.scannedTo;
    if (from === page.head.position) return events;
  }
}

/** A page ends before its limit where events are large; nothing is left out. */
async function endsEarlyWhereDataIsLong(bus: EventBus): Promise<void> {
  const { position: start } = await bus.head();
  const sizes = [1, ...Array.from({ length: 20 }, () => 1 / 8)];
  for (const size of sizes) {
    const text = "x".repeat(size * MAX_EVENT_PAGE_CHARS);
    await bus.publish([anEvent({ text })]);
  }
  for (const channels of [undefined, parseChannelPatterns(["setup.*"])]) {
    const positions: number[] = [];
    for (let after = start; after < start + sizes.length;) {
      const page = await bus.read({
        after,
        limit: MAX_EVENT_PAGE,
        ...(channels && { channels }),
      });
      const { events, scannedTo } = page;
      const last = events.at(-1)!;
      const chars = events.reduce((sum, { json }) => sum + json.length, 0);
      ok(chars - last.json.length < MAX_EVENT_PAGE_CHARS, `${chars} at once`);
      equal(scannedTo, last.position);
      positions.push(...events.map((event) => event.position));
      after = scannedTo;
    }
    deepEqual(positions, sizes.map((_, i) => start + i + 1));
  }
}

/** The laws. */
export const EVENT_BUS_LAWS = {
  ...FOLLOWING_LAWS,

  "an empty log has head 0 and an empty first page": async ({ bus }) => {
    const head = await bus.head();
    equal(head.position, 0);
    equal(head.earliest, 1);
    ok(head.epoch.length > 0);
    deepEqual(await bus.read({ after: 0, limit: 10 }), {
      events: [],
      scannedTo: 0,
      head,
    });
  },

  "what is published is read back whole": async ({ bus }) => {
    const full = anEvent({ text: 'ä\u2028"\\ 😀', n: 1.5, none: null }, {
      key: "user:1",
      meta: {
        timestamp: "2026-01-02T03:04:05.678+05:30",
        source: "test",
        user: "1",
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        correlation_id: "c",
        reply_to: "setup.*",
        expires_at: "2026-01-02T03:04:06Z",
      },
    });
    const plain = anEvent();
    await bus.publish([full, plain]);
    deepEqual((await readAll(bus)).map(asPublished), [full, plain]);
  },

  "positions are dense from 1, in the order given": async ({ bus }) => {
    const first = await bus.publish([anEvent()]);
    const next = await bus.publish([anEvent(), anEvent()]);
    deepEqual([...first, ...next].map((r) => r.position), [1, 2, 3]);
    equal((await bus.head()).position, 3);
  },

  "a batch tells where it ends": async ({ bus }) => {
    const [first, second] = [anEvent(), anEvent()];
    await bus.publish([first, second]);
    await bus.publish([anEvent()]);
    await bus.publish([second, anEvent(), first, anEvent()]);
    await bus.publish([anEvent(), second]);
    const ends = (await readAll(bus)).map((event) => event.batchEnd);
    deepEqual(ends, [2, 2, 3, 5, 5, 6]);
  },

  "concurrent publishers get dense positions, each event its own": async (
    { bus },
  ) => {
    const events = Array.from({ length: 60 }, (_, i) => anEvent({ i }));
    const receipts = await Promise.all(events.map((e) => bus.publish([e])));
    const positions = receipts.map(([receipt]) => receipt!.position);
    deepEqual(
      positions.toSorted((a, b) => a - b),
      events.map((_, i) => i + 1),
    );
    for (const event of await readAll(bus)) {
      equal(positions[JSON.parse(event.json).i], event.position);
    }
  },

  "an id published again gets its first position and changes nothing": async (
    { bus },
  ) => {
    const event = anEvent({ n: 1 });
    await bus.publish([anEvent(), event]);
    const [again, fresh] = await bus.publish([
      { ...event, json: '{"n":2}' },
      anEvent(),
    ]);
    deepEqual(again, { id: event.id, position: 2, duplicate: true });
    equal(fresh!.position, 3);
    equal(fresh!.duplicate, false);
    equal((await readAll(bus))[1]!.json, '{"n":1}');
  },

  "the same id published at once by many is stored once": async ({ bus }) => {
    const event = anEvent();
    const receipts = await Promise.all(
      Array.from({ length: 20 }, () => bus.publish([event])),
    );
    deepEqual(receipts.map(([r]) => r!.position), receipts.map(() => 1));
    equal(receipts.filter(([r]) => !r!.duplicate).length, 1);
    equal((await bus.head()).position, 1);
  },

  "an empty list, an id named twice and NUL are refused, and nothing is stored":
    async ({ bus }) => {
      const event = anEvent();
      const nul = anEvent({}, { key: "a\0b" });
      await rejects(bus.publish([nul]), { code: "invalid" });
      await rejects(bus.publish([]), { code: "invalid" });
      await rejects(bus.publish([event, event]), { code: "invalid" });
      equal((await bus.head()).position, 0);
    },

  "reading resumes after any position, exactly": async ({ bus }) => {
    await bus.publish(Array.from({ length: 20 }, () => anEvent()));
    const all = await readAll(bus);
    for (let after = 0; after <= 20; after++) {
      deepEqual(await readAll(bus, after), all.slice(after));
    }
  },

  "a page holds at most its limit and says how far it looked": async (
    { bus },
  ) => {
    await bus.publish(Array.from({ length: 5 }, () => anEvent()));
    const page = await bus.read({ after: 1, limit: 2 });
    deepEqual(page.events.map((e) => e.position), [2, 3]);
    equal(page.scannedTo, 3);
    await endsEarlyWhereDataIsLong(bus);
  },

  "channel patterns choose events, and unmatched ones are passed over": async (
    { bus },
  ) => {
    for (const channel of ["a.x", "a.y", "b.x", "a.x.z"]) {
      await bus.publish([anEvent({}, { channel })]);
    }
    const matched = async (...patterns: string[]) => {
      const channels = parseChannelPatterns(patterns);
      const found: string[] = [];
      for (let after = 0; after < 4;) {
        const page = await bus.read({ after, limit: 10, channels });
        found.push(...page.events.map((event) => event.channel));
        after = page.scannedTo;
      }
      return found;
    };
    deepEqual(await matched("a.*"), ["a.x", "a.y"]);
    deepEqual(await matched("a.>"), ["a.x", "a.y", "a.x.z"]);
    deepEqual(await matched("*.x", "a.y"), ["a.x", "a.y", "b.x"]);
    deepEqual(await matched("none"), []);
  },

  "positions, limits and epochs out of range are refused": async ({ bus }) => {
    await bus.publish([anEvent()]);
    const { epoch } = await bus.head();
    for (
      const query of [
        { after: 2, limit: 1 },
        { after: -1, limit: 1 },
        { after: 0.5, limit: 1 },
        { after: 0, limit: 0 },
        { after: 0, limit: 1001 },
        { after: 0, limit: NaN },
      ]
    ) await rejects(bus.read(query), { code: "invalid" });
    await rejects(bus.read({ after: 0, limit: 1, epoch: "other" }), {
      code: "epoch_changed",
      facts: { epoch, earliest: 1 },
    });
    equal((await bus.read({ after: 0, limit: 1, epoch })).events.length, 1);
  },

  "commit times never go back, and positionAt() finds them": async (
    { bus, elapse, jumpWall },
  ) => {
    for (let i = 0; i < 9; i++) {
      await bus.publish([anEvent()]);
      await elapse(10);
      if (i === 4) jumpWall?.(-25);
    }
    const times = (await readAll(bus)).map((event) => event.committedAt);
    deepEqual(times, times.toSorted((a, b) => a - b));
    for (const time of [0, ...times, ...times.map((t) => t + 1)]) {
      const expected = times.filter((t) => t < time).length;
      equal(await bus.positionAt(time), expected);
    }
  },

  "wait() resolves at once when there is news already": async ({ bus }) => {
    await bus.publish([anEvent()]);
    await bus.wait(0);
  },

  "wait() resolves for every waiter when an event arrives": async ({ bus }) => {
    const stop = createCountedAbort();
    const waits = [0, 0, 0].map((after) => bus.wait(after, stop.signal));
    const [receipt] = await bus.publish([anEvent()]);
    await Promise.all(waits);
    equal(stop.listeners, 0, "a wait that is over listens on");
    const later = bus.wait(receipt!.position);
    await bus.publish([anEvent()]);
    await later;
  },

  "wait() ends with the signal's reason": async ({ bus }) => {
    const stop = new AbortController();
    const wait = bus.wait(0, stop.signal);
    stop.abort(new Error("enough"));
    await rejects(wait, { message: "enough" });
    await rejects(bus.wait(0, stop.signal), { message: "enough" });
  },

  "an aborted publish stores nothing": async ({ bus }) => {
    const gone = AbortSignal.abort(new Error("gone"));
    await rejects(bus.publish([anEvent()], gone), { message: "gone" });
    equal((await bus.head()).position, 0);
  },

  "a closed bus rejects, ends its waits, and closes twice": async ({ bus }) => {
    const wait = bus.wait(0);
    wait.catch(() => {});
    await bus[Symbol.asyncDispose]();
    await bus[Symbol.asyncDispose]();
    await rejects(wait, { code: "closed" });
    await rejects(bus.publish([anEvent()]), { code: "closed" });
    await rejects(bus.read({ after: 0, limit: 1 }), { code: "closed" });
    await rejects(bus.head(), { code: "closed" });
    await rejects(bus.positionAt(0), { code: "closed" });
    await rejects(bus.wait(0), { code: "closed" });
  },
} satisfies Record<string, (subject: EventBusSubject) => Promise<void>>;

/** Holds each bus `open` returns to every law, save those waived by name. */
export function testEventBus(
  adapter: string,
  open: () => Promise<EventBusSubject>,
  waived: Waivers<typeof EVENT_BUS_LAWS> = {},
): void {
  testLaws(adapter, EVENT_BUS_LAWS, open, waived);
}
