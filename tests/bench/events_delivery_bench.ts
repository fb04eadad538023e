/**
 * How long an event takes to its subscribers, and how many of them a service
 * can serve: services of their own on Postgres and Redis, the subscribers in
 * another process.
 *
 * @module
 */
import { makeSchema } from "../support/postgres_world.ts";
import { createRedis } from "../support/redis_server.ts";
import {
  type ServiceProcess,
  startService,
} from "../support/service_process.ts";
import type { FollowPlan, FollowResult } from "./events_load.ts";
import { type Figure, quantile } from "./figure.ts";
import { connectPsql } from "../support/postgres_world.ts";
import { cpuUs, type Program, startProgram } from "./program.ts";

const LATENCY = { rounds: 5, rate: 100, events: 300 };
const FAN_OUT = { clients: 1000, rate: 20, seconds: 8 };
/** Rates are raised by this, for so long each, until one is not held. */
const STEP = { factor: 1.4, seconds: 3 };
const DEADLINE_MS = 1000;
/** A publisher that falls behind by more has not kept its rate. */
const KEPT = 0.9;

/** Two services and the program that publishes and follows. */
interface Fleet {
  readonly one: ServiceProcess;
  readonly two: ServiceProcess;
  readonly load: Program;
  /** Where their database is. */
  readonly url: string;
}

/** Measures on the server at `url` and Redis servers of its own, from `bin`. */
export async function benchDelivery(
  url: string,
  bin: string,
): Promise<Figure[]> {
  return [
    // Two services and a publisher would wait for each other on one processor.
    ...await withFleet(url, bin, benchLatency),
    ...await withFleet(url, bin, benchFanOut),
  ];
}

async function withFleet<T>(
  url: string,
  bin: string,
  work: (fleet: Fleet) => Promise<T>,
): Promise<T> {
  await using stack = new AsyncDisposableStack();
  const redis = stack.use(await createRedis(bin, { appendfsync: "everysec" }));
  await redis.start();
  const folder = await Deno.makeTempDir({ prefix: "holdfast-bench-" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const schema = stack.use(await makeSchema(url));
  const env = {
    DATABASE_URL: schema.url,
    REDIS_URL: redis.url,
    DATA_DIR: folder,
  };
  return await work({
    one: stack.use(await startService(env)),
    two: stack.use(await startService(env)),
    load: stack.use(await startProgram("events_load.ts")),
    url: schema.url,
  });
}

/** From a publish at one service to a subscriber of the other. */
async function benchLatency(
  { one, two, load, url }: Fleet,
): Promise<Figure[]> {
  const { rounds, rate, events } = LATENCY;
  const results: FollowResult[] = [];
  const plain: number[] = [];
  for (let round = -1; round < rounds; round++) {
    const plan = { clients: 1, rate, events };
    const result = await follow(load, { ...plan, one: two, publishTo: one });
    const times = await plainNotify(url, events / 3, 1000 / rate);
    if (round < 0) continue;
    results.push(result);
    plain.push(...times);
  }
  const of = (name: "p50Ms" | "p99Ms" | "ackP50Ms") =>
    quantile(results.map((result) => result[name]), 0.5);
  const faults = results.reduce(
    (sum, { lost, repeated, ended }) => sum + lost + repeated + ended,
    0,
  );
  const name = `events: publish to the other service's subscriber, ${rate}/s`;
  return [
    {
      name: `${name}, p50`,
      value: of("p50Ms"),
      unit: "ms",
      limit: 5,
      beside:
        `${of("ackP50Ms").toPrecision(3)} ms to the publisher's answer, ` +
        `plain INSERT and NOTIFY ${quantile(plain, 0.5).toPrecision(3)} ms`,
    },
    {
      name: `${name}, p99`,
      value: of("p99Ms"),
      unit: "ms",
      limit: 25,
      beside: `plain INSERT and NOTIFY ${
        quantile(plain, 0.99).toPrecision(3)
      } ms`,
    },
    {
      name: `${name}, lost or repeated`,
      value: faults,
      unit: "events",
      limit: 0,
    },
  ];
}

/** A thousand subscribers of one service, and as many events as they bear. */
async function benchFanOut({ load, one: service }: Fleet): Promise<Figure[]> {
  const { clients, rate, seconds } = FAN_OUT;
  const run = (rate: number, seconds: number) =>
    follow(load, {
      clients,
      rate,
      events: Math.round(rate * seconds),
      one: service,
      publishTo: service,
    });
  const [cpuBefore, began] = [await cpuUs(service.pid), performance.now()];
  const result = await run(rate, seconds);
  const cpu = (await cpuUs(service.pid) - cpuBefore) / result.owed;
  const wholeMs = performance.now() - began;
  let held = isHeld(result, rate) ? rate : 0;
  let ceiling = result;
  for (let next = rate; held === next;) {
    next = Math.round(next * STEP.factor);
    const higher = await run(next, STEP.seconds);
    if (!isHeld(higher, next)) break;
    held = next;
    ceiling = higher;
  }
  const faults = result.lost + result.repeated + result.ended;
  const name = `events: SSE, ${clients} clients × ${rate} events/s`;
  return [
    {
      name: `${name}, lost or repeated`,
      value: faults,
      unit: "deliveries",
      limit: 0,
      beside: result.reason ??
        `${result.delivered} of ${result.owed} in ${
          (wholeMs / 1000).toFixed(1)
        } s`,
    },
    {
      name: `${name}, later than ${DEADLINE_MS} ms`,
      value: result.late,
      unit: "deliveries",
      limit: 0,
      beside: `p50 ${result.p50Ms.toPrecision(3)} ms, p99 ${
        result.p99Ms.toPrecision(3)
      } ms, ${cpu.toPrecision(3)} µs of CPU each`,
    },
    {
      name: `events: SSE, highest rate that ${clients} clients held`,
      value: held,
      unit: "events/s",
      atLeast: rate,
      beside: `${clients * held} deliveries/s, p99 ${
        ceiling.p99Ms.toPrecision(3)
      } ms`,
    },
  ];
}

function isHeld(result: FollowResult, rate: number): boolean {
  const { lost, repeated, ended, late, published } = result;
  return lost + repeated + ended + late === 0 && published >= rate * KEPT;
}

async function follow(
  load: Program,
  plan:
    & Pick<FollowPlan, "clients" | "rate" | "events">
    & { readonly one: ServiceProcess; readonly publishTo: ServiceProcess },
): Promise<FollowResult> {
  const port = ({ url }: ServiceProcess) => Number(new URL(url).port);
  const { clients, rate, events } = plan;
  const whole: FollowPlan = {
    clients,
    rate,
    events,
    port: port(plan.one),
    publishTo: port(plan.publishTo),
    deadlineMs: DEADLINE_MS,
  };
  return JSON.parse(await load.ask(JSON.stringify(whole)));
}

/**
 * Milliseconds from an INSERT, with NOTIFY in its transaction, until another
 * connection hears of it: what the servers take without any of us.
 */
async function plainNotify(
  url: string,
  count: number,
  everyMs: number,
): Promise<number[]> {
  await using ear = connectPsql(url);
  await using sql = connectPsql(url);
  await sql`CREATE TABLE IF NOT EXISTS plain_heard (data text)`;
  let heard = Promise.withResolvers<void>();
  await ear.listen("plain_heard", () => heard.resolve());
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    heard = Promise.withResolvers();
    const began = performance.now();
    await Promise.all([
      sql`WITH row AS (INSERT INTO plain_heard VALUES (${"x".repeat(300)}))
        SELECT pg_notify('plain_heard', '')`,
      heard.promise,
    ]);
    times.push(performance.now() - began);
    await new Promise((done) =>
      setTimeout(done, Math.max(0, everyMs - times.at(-1)!))
    );
  }
  return times;
}
