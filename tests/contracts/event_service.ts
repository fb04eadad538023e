/**
 * Laws of events as services see them, whatever adapters hold the log and the
 * groups: groups, schemas, forms, trace context.
 *
 * Time is that of a clock of the law's own, so that no law waits.
 *
 * @module
 */
import { formatEvent } from "../../domain/event/envelope.ts";
import type { LoggedEvent } from "../../domain/event/event.ts";
import type { GroupPolicy } from "../../domain/event_group/group.ts";
import { DEFAULT_POLICY } from "../../domain/event_group/policy.ts";
import { InvalidInput } from "../../domain/invalid_input.ts";
import { parseUserId } from "../../domain/user_id.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import type { GroupStore } from "../../ports/event_groups.ts";
import { PortError } from "../../ports/port_error.ts";
import { createEventGroups } from "../../src/services/event_groups.ts";
import { createEventService } from "../../src/services/events.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { type BusCall, guardedBus } from "../support/event_buses.ts";
import { anEvent, asPublished } from "../support/events.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { nackOf, positionsOf, refOf } from "../support/group_world.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { testLaws, type Waivers } from "./law.ts";

/** An empty log, and an empty store of groups beside it. */
export interface EventServiceSubject extends AsyncDisposable {
  readonly bus: EventBus;
  readonly store: GroupStore;
}

type Subject = EventServiceSubject;

const CALLER = { user: parseUserId("42") };
const LEASE_MS = 1000;
const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/** Two instances of the services over the same adapters. */
function servicesOf({ bus, store }: Subject) {
  const clock = createFakeClock();
  const telemetry = createRecordingTelemetry();
  const instance = (seed: number, over = store) => {
    const ports = { clock, telemetry, entropy: createSeededEntropy(seed) };
    return createEventGroups({ ...ports, bus, store: over });
  };
  const entropy = createSeededEntropy(3);
  const [one, other] = [instance(1), instance(2)];
  const waiting = { member: "m", limit: 100, waitMs: 0 };
  return {
    clock,
    one,
    other,
    instance,
    events: createEventService({ bus, clock, telemetry, entropy }),
    /** Makes group `g`. */
    make: (policy: Partial<GroupPolicy> = {}) =>
      one.put("g", {
        policy: { ...DEFAULT_POLICY, leaseMs: LEASE_MS, ...policy },
        start: "earliest",
      }),
    async publish(...keys: string[]) {
      for (const key of keys) await bus.publish([anEvent({}, { key })]);
    },
    /** What a member gets now. */
    take: async (from = one, limit = 100) =>
      (await from.take("g", { ...waiting, limit })).deliveries,
  };
}

async function readAll(bus: EventBus): Promise<readonly LoggedEvent[]> {
  const events: LoggedEvent[] = [];
  for (let after = 0;;) {
    const page = await bus.read({ after, limit: 100 });
    events.push(...page.events);
    after = page.scannedTo;
    if (after === page.head.position) return events;
  }
}

/** The laws. */
export const SERVICE_LAWS = {
  "members of a group share its events, each once": async (subject) => {
    const { make, publish, take, one, other } = servicesOf(subject);
    await make();
    await publish(..."abcdefgh");
    const taken = await Promise.all([take(one, 3), take(other, 3)]);
    taken.push(await take(one), await take(other));
    const positions = taken.flatMap(positionsOf).sort((a, b) => a - b);
    deepEqual(positions, [1, 2, 3, 4, 5, 6, 7, 8]);
    for (const some of taken.filter(({ length }) => length > 0)) {
      await other.settle("g", { acks: some.map(refOf) });
    }
    deepEqual(await take(), []);
    const { group } = await one.get("g");
    deepEqual([group.checkpoint, group.cursor], [8, 8]);
  },

  "the next event of a key waits for the ack, others go on": async (
    subject,
  ) => {
    const { make, publish, take, one, other } = servicesOf(subject);
    await make();
    await publish("a", "a", "b", "a");
    const first = await take();
    deepEqual(positionsOf(first), [1, 3]);
    deepEqual(await take(other), []);
    await one.settle("g", { acks: [refOf(first[0]!)] });
    deepEqual(positionsOf(await take(other)), [2]);
    deepEqual(await take(), []);
  },

  "a nack comes again, later each time, and the last is a dead letter": async (
    subject,
  ) => {
    const { make, publish, take, one, clock } = servicesOf(subject);
    const backoff = { firstMs: 1000, factor: 2, maxMs: 4000 };
    await make({ maxAttempts: 3, backoff });
    await publish("a", "a");
    for (const most of [1000, 2000]) {
      const [delivery] = await take();
      await one.settle("g", { nacks: [nackOf(delivery!, "it fails")] });
      await clock.advance(most / 2 - 1);
      deepEqual(await take(), [], "it came before half of the wait");
      await clock.advance(most / 2 + 1);
    }
    const [last] = await take();
    equal(last!.attempt, 3);
    await one.settle("g", { nacks: [nackOf(last!, "it fails")] });
    const { status, attempts, error, event } = await one.letter("g", 1);
    deepEqual([status, attempts, error], ["dead", 3, "it fails"]);
    equal(event!.id, last!.event.id);
    deepEqual(positionsOf(await take()), [2]);
  },

  "park-key holds later events of the key, and a redrive keeps the order":
    async (subject) => {
      const { make, publish, take, one } = servicesOf(subject);
      await make({ maxAttempts: 1, onPoison: "park-key" });
      await publish("a", "b", "a");
      const [first, second] = await take();
      const settlement = { nacks: [nackOf(first!)], acks: [refOf(second!)] };
      await one.settle("g", settlement);
      await publish("b", "a");
      deepEqual(positionsOf(await take()), [4]);
      deepEqual(await take(), []);
      await one.redrive("g", { positions: [1] });
      const handled: number[] = [];
      for (let i = 0; i < 3; i++) {
        const [delivery, ...more] = await take();
        deepEqual(more, []);
        handled.push(delivery!.event.position);
        await one.settle("g", { acks: [refOf(delivery!)] });
      }
      deepEqual(handled, [1, 3, 5]);
    },

  "a member dies, its lease moves on, and it is fenced": async (subject) => {
    const { make, publish, take, one, other, clock } = servicesOf(subject);
    await make();
    await publish("a");
    const [lost] = await take(one);
    await clock.advance(LEASE_MS - 1);
    deepEqual(await take(other), []);
    await clock.advance(1);
    const [moved] = await take(other);
    equal(moved!.attempt, 2);
    const fenced = { code: "fenced" };
    const effects = [anEvent()];
    const late = { acks: [refOf(lost!)] };
    await rejects(one.settle("g", late, effects), fenced);
    equal((await subject.bus.head()).position, 1, "its effects were kept");
    await other.settle("g", { acks: [refOf(moved!)] });
    equal((await one.get("g")).group.checkpoint, 1);
  },

  "effects and ack are one: a crash before or after leaves one effect": async (
    subject,
  ) => {
    const { store, bus } = subject;
    const { make, publish, take, instance, clock } = servicesOf(subject);
    let crash: "before" | "after" | undefined;
    const crashing = instance(9, {
      ...store,
      async save(change, effects, signal) {
        const lost = new PortError("timeout", "Cannot tell");
        if (effects?.length && crash === "before") throw lost;
        const receipts = await store.save(change, effects, signal);
        if (effects?.length && crash === "after") throw lost;
        return receipts;
      },
    });
    await make({ channels: ["setup.*"] });
    await publish("a");
    for (const [attempt, when] of [[1, "before"], [2, "after"]] as const) {
      const [delivery] = await take(crashing);
      equal(delivery!.attempt, attempt);
      crash = when;
      const effect = anEvent({ attempt }, { channel: "effects" });
      const acks = [refOf(delivery!)];
      await rejects(crashing.settle("g", { acks }, [effect]), {
        code: "timeout",
      });
      await clock.advance(LEASE_MS);
    }
    deepEqual(await take(), [], "it is settled");
    const effects = (await readAll(bus)).slice(1).map(({ json }) => json);
    deepEqual(effects, ['{"attempt":2}']);
  },

  "an event that breaks its schema, or is too large, is refused with every fault":
    async (subject) => {
      const { events } = servicesOf(subject);
      const bad = { event_type: "orders.executed", data: { run_id: 7 } };
      const paths = ["num_accepted", "num_orders", "num_rejected", "run_id"];
      await rejects(events.publish(bad, CALLER), (error: InvalidInput) => {
        ok(error instanceof InvalidInput);
        deepEqual(
          error.errors.map(({ path }) => path).sort(),
          paths.map((name) => `data.${name}`),
        );
        return true;
      });
      const data = { setup_id: "s", note: "x".repeat(1024) };
      const large = { event_type: "setup.received", data };
      await rejects(events.publish(large, CALLER), InvalidInput);
      const batch = { events: [{ event_type: "no.such.channel" }] };
      await rejects(events.publish(batch, CALLER), InvalidInput);
      equal((await subject.bus.head()).position, 0);
    },

  "a poison event in the log stops nobody: it becomes a dead letter": async (
    subject,
  ) => {
    const { make, take, one } = servicesOf(subject);
    await make();
    const [poison, list] = ["{", "[1]"].map((json) => anEvent({}, { json }));
    await subject.bus.publish([poison!, list!, anEvent({ n: 1 })]);
    const [first, ...others] = await take();
    deepEqual([first!.event.json, others], ['{"n":1}', []]);
    await one.settle("g", { acks: [refOf(first!)] });
    for (const event of [poison!, list!]) {
      const position = event === poison ? 1 : 2;
      const letter = await one.letter("g", position);
      const { status, attempts, error } = letter;
      deepEqual([status, attempts], ["dead", 0]);
      equal(error, "its data is no JSON object");
      equal(letter.event!.json, event.json, "its bytes are kept");
    }
    equal((await one.get("g")).group.checkpoint, 3);
  },

  "what was delivered in any form can be published as the same event": async (
    subject,
  ) => {
    const { events } = servicesOf(subject);
    const setup = {
      event_type: "setup.received",
      timestamp: "2026-01-02T03:04:05.678Z",
      data: { setup_id: "s-1", tickers: ["SPY"] },
      metadata: { source: "test", traceparent: TRACE },
    };
    await events.publish(setup, CALLER);
    const [first] = await readAll(subject.bus);
    for (const form of ["envelope", "cloudevents"] as const) {
      const delivered = JSON.parse(formatEvent(first!, "e", form));
      const [again] = await events.publish(delivered, CALLER);
      deepEqual([again!.duplicate, again!.position], [true, 1]);
    }
    const flat = JSON.parse(formatEvent(first!, "e", "flat"));
    await events.publish(flat, CALLER);
    const copy = (await readAll(subject.bus))[1]!;
    deepEqual(JSON.parse(copy.json), JSON.parse(first!.json));
    equal(copy.meta.timestamp, first!.meta.timestamp);
  },

  "trace context goes from a publisher to readers, members and letters": async (
    subject,
  ) => {
    const { events, make, take, one } = servicesOf(subject);
    await make({ maxAttempts: 1 });
    const setup = { event_type: "setup.received", setup_id: "s-1" };
    await events.publish(setup, CALLER, TRACE);
    const traces = [(await readAll(subject.bus))[0]];
    const [delivery] = await take();
    await one.settle("g", { nacks: [nackOf(delivery!)] });
    traces.push(delivery!.event, (await one.letter("g", 1)).event);
    deepEqual(
      traces.map((event) => event!.meta.traceparent),
      [TRACE, TRACE, TRACE],
    );
  },

  "lag is the head less the checkpoint, at every step": async (subject) => {
    const { make, publish, take, one, other } = servicesOf(subject);
    await make();
    const lag = async () => {
      const { lag, head, group } = await other.get("g");
      equal(lag, head.position - group.checkpoint);
      return lag;
    };
    equal(await lag(), 0);
    await publish("a", "b", "c");
    equal(await lag(), 3);
    const [first, second, third] = await take();
    equal(await lag(), 3);
    await one.settle("g", { acks: [refOf(second!)] });
    equal(await lag(), 3);
    await one.settle("g", { acks: [refOf(first!)] });
    equal(await lag(), 1);
    await one.settle("g", { acks: [refOf(third!)] });
    equal(await lag(), 0);
  },

  "a publish that stored nothing fails, and never resolves": async (
    subject,
  ) => {
    const { clock } = servicesOf(subject);
    const down = (call: BusCall) => {
      if (call !== "publish") return;
      throw new PortError("unavailable", "Cannot write as it is away");
    };
    const events = createEventService({
      bus: guardedBus(subject.bus, down),
      clock: { ...clock, sleep: async () => {} },
      telemetry: createRecordingTelemetry(),
      entropy: createSeededEntropy(3),
    });
    const setup = { event_type: "setup.received", setup_id: "s-1" };
    await rejects(events.publish(setup, CALLER), { code: "unavailable" });
    equal((await subject.bus.head()).position, 0);
    const event = anEvent();
    await subject.bus.publish([event]);
    deepEqual((await readAll(subject.bus)).map(asPublished), [event]);
  },
} satisfies Record<string, (subject: Subject) => Promise<void>>;

/** Holds the services over what `open` returns to every law, save those waived by name. */
export function testEventService(
  adapter: string,
  open: () => Promise<EventServiceSubject>,
  waived: Waivers<typeof SERVICE_LAWS> = {},
): void {
  testLaws(`${adapter}, events served`, SERVICE_LAWS, open, waived);
}
