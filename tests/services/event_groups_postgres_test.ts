/**
 * Consumer groups of two services over one Postgres, whose sessions are killed
 * and one of which dies.
 *
 * @module
 */
import { openPostgresEventBus } from "../../adapters/postgres/event_bus.ts";
import { openPostgresGroupStore } from "../../adapters/postgres/group_store.ts";
import { createSystemClock } from "../../adapters/system/clock.ts";
import type { LoggedEvent } from "../../domain/event/event.ts";
import { DEFAULT_POLICY } from "../../domain/event_group/policy.ts";
import { createEventGroups } from "../../src/services/event_groups.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";
import { anEvent } from "../support/events.ts";
import { makeSchema, openDatabase } from "../support/postgres_world.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { requireService } from "../support/services.ts";

const EVENTS = 300;
const KEYS = 7;

const url = await requireService(import.meta.url, "postgres");

/** A service of its own over the database at `url`. */
function openService(url: string, seed: number) {
  const clock = createSystemClock();
  const entropy = createSeededEntropy(seed);
  const db = openDatabase(url, { seed });
  const bus = openPostgresEventBus(db);
  const store = openPostgresGroupStore(db);
  const telemetry = createRecordingTelemetry();
  const groups = createEventGroups({ bus, store, clock, entropy, telemetry });
  return {
    bus,
    groups,
    clock,
    entropy,
    ready: db.ready,
    [Symbol.asyncDispose]: () => db[Symbol.asyncDispose](),
  };
}

if (url) {
  Deno.test("groups on postgres: sessions are killed and a service dies, and every effect is there once, in order", async () => {
    await using schema = await makeSchema(url);
    await using one = openService(schema.url, 1);
    await one.ready;
    await using two = openService(schema.url, 2);
    await two.ready;
    const { clock, entropy } = one;
    const policy = {
      ...DEFAULT_POLICY,
      channels: ["orders.*"],
      maxAttempts: 100,
      backoff: { firstMs: 5, factor: 2, maxMs: 50 },
      leaseMs: 700,
    };
    await one.groups.put("g", { policy, start: "earliest" });
    const handler = async (event: LoggedEvent) => {
      await clock.sleep(entropy.fraction() * 4);
      if (entropy.fraction() < 0.05) throw new Error("flaky");
      const { position, key } = event;
      return [anEvent({ position, key }, { channel: "done" })];
    };
    const dies = new AbortController();
    const stop = new AbortController();
    // What it has when it dies it neither settles nor extends.
    const dying = one.groups.consume("g", {
      member: "one",
      handler: (event) =>
        dies.signal.aborted
          ? Promise.withResolvers<void>().promise
          : handler(event),
    }, dies.signal);
    dying.catch(() => {});
    const living = two.groups.consume(
      "g",
      { member: "two", handler },
      stop.signal,
    );
    for (let i = 0; i < EVENTS; i += 10) {
      const events = Array.from(
        { length: 10 },
        (_, j) =>
          anEvent({}, {
            channel: "orders.executed",
            key: `k${(i + j) % KEYS}`,
          }),
      );
      await publish(events);
      if (i % 60 === 0) await kill();
      if (i === EVENTS / 2) dies.abort();
    }
    const began = clock.monotonic();
    while (await count() < EVENTS) {
      ok(clock.monotonic() - began < 20_000, "it takes too long");
      await clock.sleep(50);
    }
    stop.abort();
    await living;
    const effects = await done();
    equal(effects.length, EVENTS);
    equal(new Set(effects.map(({ position }) => position)).size, EVENTS);
    for (let k = 0; k < KEYS; k++) {
      const of = effects.filter(({ key }) => key === `k${k}`)
        .map(({ position }) => position);
      deepEqual(of, of.toSorted((a, b) => a - b), "out of order");
    }
    deepEqual(await two.groups.letters({ limit: 10 }), []);

    async function publish(events: ReturnType<typeof anEvent>[]) {
      for (;;) {
        try {
          await two.bus.publish(events);
          return;
        } catch {
          await clock.sleep(10);
        }
      }
    }

    /** Ends every session of both services. */
    async function kill(): Promise<void> {
      await schema.psql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = current_setting('application_name')
          AND pid <> pg_backend_pid()`;
    }

    async function done(): Promise<{ position: number; key: string }[]> {
      const rows = await schema
        .psql`SELECT data FROM event_log WHERE type = 'done' ORDER BY pos`;
      return rows.map(({ data }) => JSON.parse(data));
    }

    async function count(): Promise<number> {
      return (await done()).length;
    }
  });

  Deno.test("groups on postgres: a taken event costs one statement to settle, effects included", async () => {
    await using schema = await makeSchema(url);
    await using one = openService(schema.url, 1);
    await one.ready;
    await one.groups.put("g", { policy: DEFAULT_POLICY, start: "earliest" });
    await one.bus.publish([anEvent(), anEvent()]);
    const polling = { member: "m", limit: 10, waitMs: 0 };
    const { deliveries } = await one.groups.take("g", polling);
    const calls = async () => {
      const rows = await schema
        .psql`SELECT xmin FROM consumer_group WHERE name = 'g'`;
      return String(rows[0]!["xmin"]);
    };
    const before = await calls();
    await Promise.all(
      deliveries.map(({ event, token }) =>
        one.groups.settle(
          "g",
          { acks: [{ position: event.position, token }] },
          [
            anEvent(),
          ],
        )
      ),
    );
    const rows = await schema
      .psql`SELECT DISTINCT xmin FROM event_log WHERE pos > 2`;
    equal(rows.length, 1, "both settlements are one transaction");
    equal(String(rows[0]!["xmin"]), await calls());
    ok(before !== await calls());
  });

  Deno.test("groups on postgres: members that append one effect id at one moment make one event", async () => {
    await using schema = await makeSchema(url);
    await using one = openService(schema.url, 1);
    await one.ready;
    await using two = openService(schema.url, 2);
    await two.ready;
    const services = [one, two, one, two];
    const policy = { ...DEFAULT_POLICY, channels: ["orders.*"] };
    for (const [i, { groups }] of services.entries()) {
      await groups.put(`g${i}`, { policy, start: "earliest" });
    }
    /** Lets a member of each group settle one event at one moment. */
    async function race(effectOf: (i: number) => ReturnType<typeof anEvent>) {
      await one.bus.publish([anEvent({}, { channel: "orders.executed" })]);
      const refs = await Promise.all(
        services.map(({ groups }, i) => next(groups, i)),
      );
      return await Promise.allSettled(
        services.map(({ groups }, i) =>
          groups.settle(`g${i}`, { acks: refs[i]! }, [effectOf(i)])
        ),
      );
    }
    async function next(groups: typeof one.groups, i: number) {
      const polling = { member: "m", limit: 9, waitMs: 5000 };
      const { deliveries } = await groups.take(`g${i}`, polling);
      return deliveries.map(({ event: { position }, token }) => ({
        position,
        token,
      }));
    }

    for (let round = 0; round < 30; round++) {
      const effect = anEvent({ round }, { channel: "done" });
      const results = await race(() => effect);
      const receipts = results.map((result) => {
        ok(result.status === "fulfilled", String(Object(result).reason));
        return result.value.receipts[0]!;
      });
      equal(new Set(receipts.map(({ position }) => position)).size, 1);
      equal(receipts.filter(({ duplicate }) => !duplicate).length, 1);
    }
    for (let round = 0; round < 30; round++) {
      const { id } = anEvent();
      const results = await race((i) =>
        anEvent({ round, i }, { id, channel: "done" })
      );
      const [event] = await schema
        .psql`SELECT data FROM event_log WHERE id = ${id}`;
      const winner = JSON.parse(event!["data"]).i;
      for (const [i, result] of results.entries()) {
        equal(result.status === "fulfilled", i === winner, `${i} of ${round}`);
        if (result.status === "fulfilled") continue;
        equal(result.reason.code, "conflict");
        // Its event is still to be settled.
        const { groups } = services[i]!;
        equal((await groups.get(`g${i}`)).taken, 1);
        await groups.seek(`g${i}`, "head");
      }
    }
  });
}
