/**
 * How long Postgres takes: durable events, settings read.
 *
 * @module
 */
import postgres from "postgres";
import { openPostgresEventBus } from "../../adapters/postgres/event_bus.ts";
import { openPostgresSettingsStore } from "../../adapters/postgres/settings_store.ts";
import { parseSettingsKey } from "../../domain/settings.ts";
import type { NewEvent } from "../../domain/event/event.ts";
import { anEvent } from "../support/events.ts";
import { makeSchema, openDatabase } from "../support/postgres_world.ts";
import { type Figure, quantile, timeEach } from "./figure.ts";

const PUBLISHERS = 64;
const ROUNDS = 11;
const EVENTS_A_ROUND = 64 * 32;
const SINGLE_A_ROUND = 200;
const READS_A_ROUND = 500;
const EVENT = { side: "long", price: "42000.10", note: "x".repeat(300) };
const KEY = parseSettingsKey("user:42:mode:scalp");

/**
 * Measures in a new schema on the server at `url`. Beside each figure stands
 * what an engineer writes in an afternoon: one INSERT or SELECT a call, through
 * postgres.js and its pool of 10, none of our guarantees.
 */
export async function benchPostgres(url: string): Promise<Figure[]> {
  await using schema = await makeSchema(url);
  await using db = openDatabase(schema.url);
  await db.ready;
  await using bus = openPostgresEventBus(db);
  await using settings = openPostgresSettingsStore(db);
  const afternoon = postgres(schema.url, { onnotice: () => {} });
  await afternoon`CREATE TABLE plain_event (
    id uuid PRIMARY KEY, channel text, data text, meta text)`;
  const json = JSON.stringify({ text: "x".repeat(4000) });
  await settings.write([{ key: KEY, json }], "bench");

  const insert = async (event: NewEvent) => {
    const { id, channel, json, meta } = event;
    await afternoon`INSERT INTO plain_event
      VALUES (${id}, ${channel}, ${json}, ${JSON.stringify(meta)})`;
  };
  const publish = async (event: NewEvent) => {
    await bus.publish([event]);
  };
  const select = () =>
    afternoon`SELECT version, value FROM settings WHERE key = ${KEY}`;

  const measures = {
    grouped: () => manyAtOnce(publish),
    inserted: () => manyAtOnce(insert),
    publishMs: () => oneByOne(publish),
    insertMs: () => oneByOne(insert),
    readMs: () => medianOf(READS_A_ROUND, () => settings.read([KEY])),
    selectMs: () => medianOf(READS_A_ROUND, select),
  };
  const samples: Record<string, number[]> = {};
  // In turns, so that all of them meet the same noise of the machine.
  for (let round = -2; round < ROUNDS; round++) {
    for (const [name, measure] of Object.entries(measures)) {
      const value = await measure();
      if (round >= 0) (samples[name] ??= []).push(value);
    }
  }
  await afternoon.end();
  const of = (name: keyof typeof measures) => quantile(samples[name]!, 0.5);
  const text = (value: number, unit: string) =>
    `${value.toPrecision(3)} ${unit}, an afternoon's postgres.js`;
  return [
    {
      name: `postgres: durable events a second, ${PUBLISHERS} publishers`,
      value: of("grouped"),
      unit: "1/s",
      atLeast: 10_000,
      beside: text(of("inserted"), "1/s"),
    },
    {
      name: `postgres: events to one INSERT a call, ${PUBLISHERS} publishers`,
      value: of("grouped") / of("inserted"),
      unit: "×",
      atLeast: 1.8,
    },
    {
      name: "postgres: a durable event by itself, p50",
      value: of("publishMs"),
      unit: "ms",
      beside: text(of("insertMs"), "ms"),
    },
    {
      name: "postgres: settings read, p50",
      value: of("readMs"),
      unit: "ms",
      beside: text(of("selectMs"), "ms"),
    },
  ];
}

/** Events a second when many publish at once, each after its own. */
async function manyAtOnce(
  store: (event: NewEvent) => Promise<void>,
): Promise<number> {
  const events = Array.from({ length: EVENTS_A_ROUND }, () => anEvent(EVENT));
  const start = performance.now();
  await Promise.all(Array.from({ length: PUBLISHERS }, async () => {
    for (let event = events.pop(); event; event = events.pop()) {
      await store(event);
    }
  }));
  return EVENTS_A_ROUND * 1000 / (performance.now() - start);
}

/** Median of milliseconds when one event follows the other. */
function oneByOne(store: (event: NewEvent) => Promise<void>): Promise<number> {
  return medianOf(SINGLE_A_ROUND, () => store(anEvent(EVENT)));
}

async function medianOf(
  count: number,
  run: () => Promise<unknown>,
): Promise<number> {
  return quantile(await timeEach(count, run), 0.5);
}
