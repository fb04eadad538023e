/**
 * How long durable events take to be committed: in process beside the plainest
 * group commit of the same rows, over HTTP beside one INSERT a request.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import postgres from "postgres";
import { openPostgresEventBus } from "../../adapters/postgres/event_bus.ts";
import type { NewEvent } from "../../domain/event/event.ts";
import { anEvent } from "../support/events.ts";
import { makeSchema, openDatabase } from "../support/postgres_world.ts";
import { startService } from "../support/service_process.ts";
import { type Figure, quantile, timeEach } from "./figure.ts";
import type { LoadPlan, LoadResult } from "./load_generator.ts";
import { onOneProcessor } from "./one_processor.ts";
import { cpuUs, startProgram } from "./program.ts";

const PUBLISHERS = 64;
const ROUNDS = 11;
const EVENTS_A_ROUND = 64 * 48;
const SINGLE_A_ROUND = 150;
const HTTP_ROUNDS = 7;
const CONNECTIONS = 50;
const REQUESTS = 2500;
const SINGLE_REQUESTS = 150;
const EVENT = { side: "long", price: "42000.10", note: "x".repeat(300) };

/** Samples by what was measured. */
type Samples = Record<string, number[]>;

type Store = (event: NewEvent) => Promise<unknown>;

/** Measures in a new schema on the server at `url`. */
export async function benchPublishing(url: string): Promise<Figure[]> {
  await using schema = await makeSchema(url);
  await using db = openDatabase(schema.url);
  await db.ready;
  await using bus = openPostgresEventBus(db);
  const sql = postgres(schema.url, { max: 1, onnotice: () => {} });
  await using _closing = { [Symbol.asyncDispose]: () => sql.end() };
  for (const table of ["raw_grouped", "raw_single"]) {
    await sql.unsafe(`CREATE TABLE ${table} (pos bigserial PRIMARY KEY,
      id uuid NOT NULL UNIQUE, type text NOT NULL, key text, at bigint NOT NULL,
      data text NOT NULL, meta text NOT NULL, batch_end bigint NOT NULL)`);
  }
  const publish = (event: NewEvent) => bus.publish([event]);
  const grouped = rawGroupCommit(sql);
  const insert = (event: NewEvent) =>
    sql`INSERT INTO raw_single (id, type, key, at, data, meta, batch_end)
      VALUES (${event.id}, ${event.channel}, ${event.key ?? null},
        ${Date.now()}, ${event.json}, ${JSON.stringify(event.meta)}, 0)`;

  const measures = {
    ours: () => manyAtOnce(publish),
    raw: () => manyAtOnce(grouped),
    oursMs: () => oneByOne(publish),
    rawMs: () => oneByOne(insert),
  };
  const samples: Samples = {};
  await takeTurns(measures, ROUNDS, samples);
  const of = (name: keyof typeof measures) => quantile(samples[name]!, 0.5);
  return [
    {
      name:
        `events: durable publish to a raw group commit, ${PUBLISHERS} publishers`,
      value: ratio(samples, "ours", "raw"),
      unit: "×",
      atLeast: 0.8,
      beside: `${Math.round(of("raw"))}/s raw`,
    },
    {
      name: `events: durable publish, ${PUBLISHERS} publishers`,
      value: of("ours"),
      unit: "1/s",
      atLeast: 10_000,
    },
    {
      name: "events: a durable publish beyond INSERT and commit, p50",
      value: quantile(
        samples["oursMs"]!.map((ms, i) => ms - samples["rawMs"]![i]!),
        0.5,
      ),
      unit: "ms",
      limit: 1,
      beside: `${of("oursMs").toPrecision(3)} ms to ${
        of("rawMs").toPrecision(3)
      } ms`,
    },
    ...await benchHttp(url),
  ];
}

/** Over HTTP, beside the service of an afternoon. */
async function benchHttp(url: string): Promise<Figure[]> {
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "holdfast-bench-" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const env = async () => ({
    DATABASE_URL: stack.use(await makeSchema(url)).url,
  });
  const ours = stack.use(
    await startService({ ...await env(), DATA_DIR: folder }),
  );
  const afternoon = stack.use(
    await startProgram("yardstick_service.ts", ["events"], await env()),
  );
  const load = stack.use(await startProgram("load_generator.ts"));
  const bodies = Array.from({ length: 16 }, (_, i) =>
    JSON.stringify({
      event_type: "setup.received",
      timestamp: "2026-01-02T13:05:00Z",
      setup_id: `2026-01-02-${i}`,
      ...EVENT,
    }));
  const samples: Samples = {};
  const run = async (address: string, connections: number) => {
    const plan: LoadPlan = {
      port: Number(new URL(address).port),
      method: "POST",
      path: "/api/v1/events",
      user: "ann",
      bodies,
      connections,
      requests: connections === 1 ? SINGLE_REQUESTS : REQUESTS,
    };
    return JSON.parse(await load.ask(JSON.stringify(plan))) as LoadResult;
  };
  const rate = async (address: string, pid: number, cpu: string) => {
    const before = await cpuUs(pid);
    const { totalMs } = await run(address, CONNECTIONS);
    (samples[cpu] ??= []).push((await cpuUs(pid) - before) / REQUESTS);
    return REQUESTS * 1000 / totalMs;
  };
  const pids = [ours.pid, afternoon.pid, load.pid];
  const single = async (address: string) =>
    (await onOneProcessor(() => run(address, 1), pids)).p50Ms;
  const measures = {
    ours: () => rate(ours.url, ours.pid, "oursCpu"),
    insert: () => rate(afternoon.said, afternoon.pid, "insertCpu"),
    oursMs: () => single(ours.url),
    insertMs: () => single(afternoon.said),
  };
  await takeTurns(measures, HTTP_ROUNDS, samples);
  const of = (name: string) => quantile(samples[name]!, 0.5);
  return [
    {
      name: `events: POST to one INSERT a request, ${CONNECTIONS} connections`,
      value: ratio(samples, "ours", "insert"),
      unit: "×",
      atLeast: 1.8,
      beside: `${Math.round(of("ours"))}/s to ${Math.round(of("insert"))}/s, ` +
        `CPU of the services ${Math.round(of("oursCpu"))} to ${
          Math.round(of("insertCpu"))
        } µs a request`,
    },
    {
      name: "events: POST one after the other, p50 to the INSERT's",
      value: ratio(samples, "oursMs", "insertMs"),
      unit: "×",
      limit: 1.2,
      beside: `${of("oursMs").toPrecision(3)} ms to ${
        of("insertMs").toPrecision(3)
      } ms`,
    },
  ];
}

/** All `measures` in each round, so that they meet the same noise. */
async function takeTurns(
  measures: Record<string, () => Promise<number>>,
  rounds: number,
  samples: Samples,
): Promise<void> {
  for (let round = -2; round < rounds; round++) {
    for (const [name, measure] of Object.entries(measures)) {
      const value = await measure();
      if (round >= 0) (samples[name] ??= []).push(value);
    }
  }
}

/** Median of the ratios of the rounds. */
function ratio(samples: Samples, above: string, below: string): number {
  return quantile(
    samples[above]!.map((value, i) => value / samples[below]![i]!),
    0.5,
  );
}

/**
 * What one would write who wants nothing but the rows: those that wait are one
 * INSERT, the next goes when it is committed.
 */
function rawGroupCommit(sql: postgres.Sql): Store {
  let waiting: { event: NewEvent; resolve: (pos: number) => void }[] = [];
  let isBusy = false;

  async function drain(): Promise<void> {
    isBusy = true;
    while (waiting.length > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      const group = waiting;
      waiting = [];
      const at = Date.now();
      const rows = group.map(({ event: { id, channel, key, json, meta } }) => ({
        id,
        type: channel,
        key,
        at,
        data: json,
        meta: JSON.stringify(meta),
        batch_end: 0,
      }));
      const placed = await sql.unsafe(
        `INSERT INTO raw_grouped (id, type, key, at, data, meta, batch_end)
          SELECT * FROM json_to_recordset($1::text::json) AS r (id uuid,
            type text, key text, at bigint, data text, meta text,
            batch_end bigint)
          RETURNING pos`,
        [JSON.stringify(rows)],
        { prepare: true },
      );
      group.forEach(({ resolve }, i) => resolve(Number(placed[i]!["pos"])));
    }
    isBusy = false;
  }

  return (event) =>
    new Promise<number>((resolve) => {
      waiting.push({ event, resolve });
      if (!isBusy) drain();
    });
}

/** Events a second when many publish at once, each after its own. */
async function manyAtOnce(store: Store): Promise<number> {
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
async function oneByOne(store: Store): Promise<number> {
  const samples = await timeEach(SINGLE_A_ROUND, () => store(anEvent(EVENT)));
  return quantile(samples, 0.5);
}
