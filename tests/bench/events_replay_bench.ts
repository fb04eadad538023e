/**
 * How fast a long past is read again: a log of a million events in Postgres,
 * through the bus and over HTTP.
 *
 * @module
 */
import { openPostgresEventBus } from "../../adapters/postgres/event_bus.ts";
import { createSystemClock } from "../../adapters/system/clock.ts";
import { MAX_EVENT_PAGE } from "../../ports/event_bus.ts";
import { subscribe } from "../../src/services/subscription.ts";
import {
  makeSchema,
  openDatabase,
  type Psql,
} from "../support/postgres_world.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { startService } from "../support/service_process.ts";
import { openStreamClient } from "./events_stream_client.ts";
import type { Figure } from "./figure.ts";

const EVENTS = 1_000_000;
/** Events of the past that are read over HTTP. */
const STREAMED = 250_000;

/** Measures in a new schema on the server at `url`. */
export async function benchReplay(url: string): Promise<Figure[]> {
  await using schema = await makeSchema(url);
  await using db = openDatabase(schema.url);
  await db.ready;
  await fill(schema.psql);
  await using bus = openPostgresEventBus(db);
  const stop = new AbortController();
  const clock = createSystemClock();
  const entropy = createSeededEntropy(1);
  const began = performance.now();
  let read = 0;
  const pages = subscribe(bus, {
    after: 0,
    pageSize: MAX_EVENT_PAGE,
    clock,
    entropy,
    signal: stop.signal,
  });
  for await (const { events } of pages) {
    for (const { position } of events) {
      if (position !== ++read) throw new Error(`${position} is not ${read}`);
    }
    if (read === EVENTS) break;
  }
  const seconds = (performance.now() - began) / 1000;
  const streamed = await replayOverHttp(schema.url);
  return [
    {
      name: `events: ${EVENTS} replayed from Postgres`,
      value: EVENTS / seconds,
      unit: "1/s",
      atLeast: 50_000,
      beside: `${seconds.toPrecision(3)} s, none lost, none repeated`,
    },
    {
      name: `events: ${STREAMED} replayed over SSE`,
      value: streamed,
      unit: "1/s",
    },
  ];
}

/** Events a second of a stream that begins far in the past. */
async function replayOverHttp(url: string): Promise<number> {
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "holdfast-bench-" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const service = stack.use(
    await startService({ DATABASE_URL: url, DATA_DIR: folder }),
  );
  const done = Promise.withResolvers<void>();
  const began = performance.now();
  const first = EVENTS - STREAMED;
  const client = await openStreamClient({
    port: Number(new URL(service.url).port),
    query: `after=${first}`,
    onEvent: (position) => void (position === EVENTS && done.resolve()),
    onEnd: (reason) => done.reject(new Error(reason)),
  });
  await done.promise;
  const rate = STREAMED * 1000 / (performance.now() - began);
  const { lost, repeated } = client;
  client.close();
  if (lost + repeated > 0) {
    throw new Error(`${lost} lost, ${repeated} repeated`);
  }
  return rate;
}

/** Fills the log as publishing would have done. */
async function fill(psql: Psql): Promise<void> {
  await psql.unsafe(`
    INSERT INTO event_log
      SELECT n, lpad(to_hex(n), 32, '0')::uuid, 'signals.generated',
        'alpha_baseline', 1767323045000 + n,
        '{"strategy_id":"alpha_baseline","symbols":["AAPL","MSFT","GOOGL"],' ||
          '"num_signals":3,"as_of_date":"2026-01-02","run":' || n || '}',
        '{"timestamp":"2026-01-02T03:04:05.000Z","source":"bench"}', n
      FROM generate_series(1, ${EVENTS}) AS n;
    UPDATE log_head SET pos = ${EVENTS}, at = 1767323045000 + ${EVENTS}`);
  await psql`VACUUM (ANALYZE) event_log`;
}
