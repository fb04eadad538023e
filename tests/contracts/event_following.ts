/**
 * Laws of an event bus under those who follow it: subscriptions, and questions
 * that are answered by events.
 *
 * Part of the event bus contract: `event_bus.ts` runs them with its own.
 *
 * @module
 */
import { createSystemClock } from "../../adapters/system/clock.ts";
import { parseUserId } from "../../domain/user_id.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import type { PortError } from "../../ports/port_error.ts";
import { createEventService } from "../../src/services/events.ts";
import { createRequestReply } from "../../src/services/request_reply.ts";
import { subscribe } from "../../src/services/subscription.ts";
import { createCountedAbort } from "../support/abort_listeners.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { anEvent } from "../support/events.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";

/** What the laws are about. */
export interface FollowedBus {
  readonly bus: EventBus;
}

const pacing = () => ({
  clock: createSystemClock(),
  entropy: createSeededEntropy(5),
});

/** The first `count` positions and ids above `after`. */
async function follow(bus: EventBus, after: number, count: number) {
  const seen: [position: number, id: string][] = [];
  const stop = new AbortController();
  const options = { ...pacing(), after, signal: stop.signal, pageSize: 16 };
  for await (const { events } of subscribe(bus, options)) {
    for (const { position, id } of events) {
      if (seen.length < count) seen.push([position, id]);
    }
    if (seen.length === count) break;
  }
  stop.abort();
  return seen;
}

/** How soon an abort must end a subscription. */
const SOON_MS = 100;

/** Tries of it: once is enough, as a machine may be busy. */
const TRIES = 10;

/** What was under way when a reader left may take so long to notice. */
const NOTICE_MS = 5000;

/** Aborts subscriptions `afterMs` after they began. */
async function endsSoon(bus: EventBus, afterMs: number): Promise<void> {
  let soonest = Infinity;
  for (let i = 0; i < TRIES && soonest >= SOON_MS; i++) {
    const stop = createCountedAbort();
    const options = { ...pacing(), after: 0, signal: stop.signal };
    const ended = Promise.all([1, 2, 3].map(async () => {
      for await (const _ of subscribe(bus, options));
    }));
    await sleep(afterMs);
    const began = performance.now();
    stop.abort();
    await ended;
    const endedAt = performance.now();
    soonest = Math.min(soonest, endedAt - began);
    // A statement on its way to a server cannot be called back.
    while (stop.listeners > 0 && performance.now() - endedAt < NOTICE_MS) {
      await sleep(5);
    }
    equal(stop.listeners, 0);
  }
  ok(soonest < SOON_MS, `it took ${soonest} ms`);
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const many = (count: number) => Array.from({ length: count }, () => anEvent());

/** The laws. */
export const FOLLOWING_LAWS = {
  "every subscriber gets every event, in one order, whoever publishes at once":
    async ({ bus }) => {
      const subscribers = [0, 1, 2, 3].map(() => follow(bus, 0, 60));
      const events = many(60);
      const receipts = await Promise.all(events.map((e) => bus.publish([e])));
      const published = receipts.map(([r]) => [r!.position, r!.id] as const)
        .sort(([a], [b]) => a - b);
      for (const seen of await Promise.all(subscribers)) {
        deepEqual(seen, published);
      }
    },

  "a subscription that is cut off goes on without loss or repeat": async (
    { bus },
  ) => {
    const positions: number[] = [];
    for (let i = 1; i <= 8; i++) {
      const published = bus.publish(many(i * 3));
      const after = positions.at(-1) ?? 0;
      const seen = await follow(bus, after, i * 2);
      positions.push(...seen.map(([position]) => position));
      await published;
    }
    deepEqual(positions, positions.map((_, i) => i + 1));
    equal(positions.length, 72);
  },

  "who reads slowly delays nobody, and gets everything in the end": async (
    { bus },
  ) => {
    await bus.publish(many(40));
    const { signal } = new AbortController();
    const slow = subscribe(bus, { ...pacing(), after: 0, signal, pageSize: 4 });
    let taken = (await slow.next()).value!.scannedTo;
    const quick = follow(bus, 0, 140);
    for (let i = 0; i < 10; i++) await bus.publish(many(10));
    equal((await quick).length, 140);
    ok(taken <= 40);
    while (taken < 140) taken = (await slow.next()).value!.scannedTo;
    await slow.return();
  },

  "an abort ends a subscription soon, and leaves nothing behind": async (
    { bus },
  ) => {
    await bus.publish([anEvent()]);
    // In the midst of a read, and while it waits.
    for (const afterMs of [0, 20]) await endsSoon(bus, afterMs);
  },

  "a question has one answer: in time, late, asked again, or by others": async (
    { bus },
  ) => {
    const open = () => {
      const telemetry = createRecordingTelemetry();
      const ports = { bus, ...pacing(), telemetry };
      const events = createEventService(ports);
      return createRequestReply({ ...ports, events });
    };
    const caller = { user: parseUserId("42") };
    const id = "019b7e5d-8c0e-7cc4-9b0a-6f2d1c3e4a5b";
    const question = {
      event_type: "setup.received",
      data: { setup_id: "s-1" },
      id,
    };
    const answer = (n: number) =>
      bus.publish([anEvent({ n }, {
        meta: { timestamp: "2026-01-02T03:04:05Z", correlation_id: id },
      })]);
    const [one, other] = [open(), open()];
    let position: unknown;
    // A deadline may pass before it is known where the question stands.
    for (let ms = 30; position === undefined && ms < 5000; ms *= 2) {
      await rejects(one.ask(question, ms, caller), (error: PortError) => {
        deepEqual([error.code, error.facts["id"]], ["timeout", id]);
        position = error.facts["position"];
        return true;
      });
    }
    equal(position, 1);
    const waiting = [one, other, one]
      .map((each) => each.ask(question, 20_000, caller));
    await answer(1);
    await answer(2);
    waiting.push(open().ask(question, 20_000, caller));
    for (const { position, duplicate, reply } of await Promise.all(waiting)) {
      deepEqual([position, duplicate, reply.json], [1, true, '{"n":1}']);
    }
    equal((await bus.head()).position, 3);
  },
} satisfies Record<string, (subject: FollowedBus) => Promise<void>>;
