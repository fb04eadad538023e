/**
 * How long an event takes to the members that wait for it, few or many.
 *
 * @module
 */
import { openSqliteEventBus } from "../../adapters/sqlite/event_bus.ts";
import { openSqliteGroupStore } from "../../adapters/sqlite/group_store.ts";
import { createSystemClock } from "../../adapters/system/clock.ts";
import { DEFAULT_POLICY } from "../../domain/event_group/policy.ts";
import { createEventGroups } from "../../src/services/event_groups.ts";
import { anEvent } from "../support/events.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { makeFolder, openDatabase } from "../support/sqlite_world.ts";
import { type Figure, quantile } from "./figure.ts";

const GROUPS = 8;
const MANY = 800;
const ROUNDS = 40;

/** Measures on a new database in the folder for temporary files. */
export async function benchGroups(): Promise<Figure[]> {
  const few = quantile(await measure(GROUPS), 0.5);
  const many = await measure(MANY);
  const name = `groups: publish to delivery, ${GROUPS} groups, ${MANY} waiting`;
  return [
    {
      name: `${name}, median`,
      value: quantile(many, 0.5),
      unit: "ms",
      limit: 25,
      beside: `${few.toFixed(1)} ms with ${GROUPS}`,
    },
    { name: `${name}, p99`, value: quantile(many, 0.99), unit: "ms" },
  ];
}

/** Milliseconds from a publish to each group's delivery, while so many wait. */
async function measure(pollers: number): Promise<number[]> {
  await using folder = await makeFolder();
  await using db = await openDatabase(folder.path);
  await using bus = openSqliteEventBus(db);
  await using store = openSqliteGroupStore(db);
  const clock = createSystemClock();
  const groups = createEventGroups({
    bus,
    store,
    clock,
    entropy: createSeededEntropy(),
    telemetry: createRecordingTelemetry(),
  });
  for (let i = 0; i < GROUPS; i++) {
    await groups.put(`g${i}`, { policy: DEFAULT_POLICY, start: "head" });
  }
  const samples: number[] = [];
  const stop = new AbortController();
  let began = 0;
  let left = 0;
  let settled = Promise.withResolvers<void>();
  async function poll(name: string): Promise<void> {
    while (!stop.signal.aborted) {
      const polling = { member: "m", limit: 10, waitMs: 60_000 };
      const { deliveries } = await groups.take(name, polling, stop.signal);
      if (deliveries.length === 0) continue;
      samples.push(performance.now() - began);
      const acks = deliveries.map(({ event: { position }, token }) => ({
        position,
        token,
      }));
      await groups.settle(name, { acks });
      if (--left === 0) settled.resolve();
    }
  }
  const polls = Promise.allSettled(
    Array.from({ length: pollers }, (_, i) => poll(`g${i % GROUPS}`)),
  );
  for (let round = 0; round < ROUNDS; round++) {
    // Whoever has just settled is in line again.
    await clock.sleep(50);
    left = GROUPS;
    settled = Promise.withResolvers();
    began = performance.now();
    await bus.publish([anEvent()]);
    await settled.promise;
  }
  stop.abort();
  await polls;
  // The first ones wait for the compiler.
  return samples.slice(GROUPS * 5);
}
