/**
 * How fast settings are over HTTP, beside a constant and beside the service of
 * an afternoon: each a process of its own, the load comes from another, and
 * all take turns in one run.
 *
 * @module
 */
import { createClient } from "@redis/client";
import { BUILT_IN_DOCUMENTS } from "../../domain/settings/catalogue.ts";
import { makeSchema } from "../support/postgres_world.ts";
import { createRedis, type PrivateRedis } from "../support/redis_server.ts";
import { startService } from "../support/service_process.ts";
import { type Figure, quantile } from "./figure.ts";
import type { LoadPlan, LoadResult } from "./load_generator.ts";
import { onOneProcessor } from "./one_processor.ts";
import { cpuUs, type Program, startProgram } from "./program.ts";

const USER = "ann";
const ONE = "/api/futures/ginie/modes/scalp";
const BUNDLE = "/api/user/settings?include=all";
/** The bundle of an afternoon service that parses the documents and prints them. */
const PARSED = "/api/user/settings/parsed";
/** The constant with the headers of an answer of ours, which asks for nothing. */
const DRESSED = `${ONE}/dressed`;
const CONNECTIONS = 50;
const ROUNDS = 7;
const REQUESTS = { one: 10_000, bundle: 4_000 };
const SINGLE = 200;
const PARSED_READS = 1000;
/** Reads of one service in one round. */
const READS = REQUESTS.one + REQUESTS.bundle + 2 * SINGLE;
const PUTS = 200;
const OPEN_LOOP = { rate: 1000, requests: 4000, rounds: 3 };

/** What is asked; all of them answer the same. */
interface Subject {
  readonly port: number;
  readonly pid: number;
}

type Name = "holdfast" | "afternoon" | "constant" | "floor";

/** Does something while all processes are on one processor. */
type Pinned = <T>(work: () => Promise<T>) => Promise<T>;

/** Samples by what was measured and of whom. */
type Samples = Record<string, number[]>;

/** Measures on the server at `url` and a Redis of its own, from `bin`. */
export async function benchSettingsHttp(
  url: string,
  bin: string,
): Promise<Figure[]> {
  await using stack = new AsyncDisposableStack();
  const redis = stack.use(await createRedis(bin, { appendfsync: "everysec" }));
  await redis.start();
  const subjects = await startSubjects(url, redis.url, stack);
  const load = stack.use(await startProgram("load_generator.ts"));
  const client = createClient({ url: `${redis.url}/1` });
  client.on("error", () => {});
  await client.connect();
  stack.defer(() => client.destroy());

  const pids = [
    load.pid,
    Number(await redis.info("process_id")),
    ...Object.values(subjects).map(({ pid }) => pid),
  ];
  const pinned: Pinned = (work) => onOneProcessor(work, pids);

  const samples: Samples = {};
  const note = (name: string, value: number) =>
    (samples[name] ??= []).push(value);
  for (let round = -1; round < ROUNDS; round++) {
    const noted = round < 0 ? () => {} : note;
    for (const [name, subject] of Object.entries(subjects)) {
      await redis.command("CONFIG", "RESETSTAT");
      if (name === "floor") {
        noted("floor cpu", await cpuOf(load, subject, ONE, REQUESTS.one));
        continue;
      }
      await readMany(load, subject, pinned, (what, value) => {
        noted(`${name} ${what}`, value);
      });
      if (name === "afternoon") {
        noted("parsed cpu", await cpuOf(load, subject, PARSED, PARSED_READS));
      }
      if (name === "constant") {
        noted("dressed cpu", await cpuOf(load, subject, DRESSED, REQUESTS.one));
      }
      if (name === "holdfast") noted("scripts", await scriptsOf(redis));
    }
    for (const name of ["afternoon", "holdfast"] as const) {
      const put = () => putEach(load, subjects[name]);
      noted(`${name} put`, await pinned(put));
    }
    noted("plain GET", await plainGets(client));
  }
  const open: LoadResult[] = [];
  for (let round = 0; round < OPEN_LOOP.rounds; round++) {
    const { rate, requests } = OPEN_LOOP;
    open.push(
      await run(load, subjects.holdfast, { path: ONE, rate, requests }),
    );
  }
  return figuresOf(samples, open);
}

async function startSubjects(
  databaseUrl: string,
  redisUrl: string,
  stack: AsyncDisposableStack,
): Promise<Record<Name, Subject>> {
  const folder = await Deno.makeTempDir({ prefix: "holdfast-bench-" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const start = async (kind: string, args: string[]): Promise<Subject> => {
    const program = stack.use(
      await startProgram("yardstick_service.ts", args, {
        DATABASE_URL: stack.use(await makeSchema(databaseUrl)).url,
        REDIS_URL: `${redisUrl}/1`,
      }),
    );
    if (kind === "afternoon") {
      await ask(`${program.said}/seed`, { method: "POST" });
    }
    return { pid: program.pid, port: Number(new URL(program.said).port) };
  };
  const constant = await start("constant", ["constant"]);
  const floor = await start("floor", ["floor"]);
  const afternoon = await start("afternoon", []);
  const service = stack.use(
    await startService({
      DATABASE_URL: stack.use(await makeSchema(databaseUrl)).url,
      REDIS_URL: redisUrl,
      DATA_DIR: folder,
    }),
  );
  const holdfast = {
    pid: service.pid,
    port: Number(new URL(service.url).port),
  };
  const deadline = performance.now() + 20_000;
  for (const path of [ONE, BUNDLE]) {
    let source: string | null = null;
    while (source !== "redis") {
      if (performance.now() > deadline) throw new Error("Redis does not serve");
      const { headers } = await ask(service.url + path);
      source = headers.get("x-holdfast-source");
    }
  }
  return { constant, floor, afternoon, holdfast };
}

async function ask(url: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(url, {
    ...init,
    headers: { "x-user-id": USER },
  });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return response;
}

async function run(
  load: Program,
  { port }: Subject,
  plan: Pick<LoadPlan, "path" | "requests"> & Partial<LoadPlan>,
): Promise<LoadResult> {
  const whole: LoadPlan = {
    method: "GET",
    user: USER,
    connections: CONNECTIONS,
    port,
    ...plan,
  };
  return JSON.parse(await load.ask(JSON.stringify(whole)));
}

/** Requests a second, and CPU time of the service a request, of both reads. */
async function readMany(
  load: Program,
  subject: Subject,
  pinned: Pinned,
  note: (what: string, value: number) => void,
): Promise<void> {
  for (const [what, path] of [["one", ONE], ["bundle", BUNDLE]] as const) {
    const requests = REQUESTS[what];
    const before = await cpuUs(subject.pid);
    const { totalMs, bodyBytes } = await run(load, subject, { path, requests });
    note(`${what} cpu`, (await cpuUs(subject.pid) - before) / requests);
    note(`${what} rate`, requests * 1000 / totalMs);
    note(`${what} bytes`, bodyBytes);
    const single = { path, requests: SINGLE, connections: 1 };
    const { p50Ms } = await pinned(() => run(load, subject, single));
    note(`${what} p50`, p50Ms);
  }
}

/** CPU time of the service a request. */
async function cpuOf(
  load: Program,
  subject: Subject,
  path: string,
  requests: number,
): Promise<number> {
  const before = await cpuUs(subject.pid);
  await run(load, subject, { path, requests });
  return (await cpuUs(subject.pid) - before) / requests;
}

/** Scripts that Redis has run. */
async function scriptsOf(redis: PrivateRedis): Promise<number> {
  const stats = String(await redis.command("INFO", "commandstats"));
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1] ?? 0);
}

/** Median of milliseconds of one PUT after the other. */
async function putEach(load: Program, subject: Subject): Promise<number> {
  const value = BUILT_IN_DOCUMENTS["mode:scalp"];
  const bodies = [true, false].map((enabled) =>
    JSON.stringify({ ...value, enabled })
  );
  const { p50Ms } = await run(load, subject, {
    method: "PUT",
    path: ONE,
    bodies,
    requests: PUTS,
    connections: 1,
  });
  return p50Ms;
}

/** GETs a second of the plain client, as many callers as connections. */
async function plainGets(
  client: { get(key: string): Promise<unknown> },
): Promise<number> {
  const began = performance.now();
  await Promise.all(Array.from({ length: CONNECTIONS }, async () => {
    for (let i = 0; i < REQUESTS.one / CONNECTIONS; i++) {
      await client.get(`user:${USER}:mode:scalp`);
    }
  }));
  return REQUESTS.one * 1000 / (performance.now() - began);
}

function figuresOf(samples: Samples, open: readonly LoadResult[]): Figure[] {
  const of = (name: string) => quantile(samples[name]!, 0.5);
  /** Median of the ratios of the rounds: both sides met the same noise. */
  const ratio = (above: string, below: string) =>
    quantile(
      samples[above]!.map((value, i) => value / samples[below]![i]!),
      0.5,
    );
  const rate = (name: string) => `${Math.round(of(`${name} rate`))}/s`;
  const cpu = (name: string) => `${of(`${name} cpu`).toPrecision(3)} µs`;
  const throughput = (what: "one" | "bundle", title: string, need: number) => {
    const [ours, afternoon, constant] = ["holdfast", "afternoon", "constant"]
      .map((name) => `${name} ${what}`) as [string, string, string];
    return [
      {
        name: `settings: GET ${title}, CPU of the afternoon service to ours`,
        value: ratio(`${afternoon} cpu`, `${ours} cpu`),
        unit: "×",
        atLeast: need,
        beside: `${cpu(afternoon)} to ${cpu(ours)} a request, constant ${
          cpu(constant)
        }`,
      },
      {
        name: `settings: GET ${title}, requests a second to the afternoon's`,
        value: ratio(`${ours} rate`, `${afternoon} rate`),
        unit: "×",
        beside: `${rate(ours)} to ${rate(afternoon)}, constant ${
          rate(constant)
        }`,
      },
      {
        name: `settings: GET ${title}, CPU of a constant to ours`,
        value: ratio(`${constant} cpu`, `${ours} cpu`),
        unit: "×",
        beside: `${of(`${ours} bytes`)} bytes`,
      },
      {
        name: `settings: GET ${title}, p50 to the afternoon's`,
        value: ratio(`${ours} p50`, `${afternoon} p50`),
        unit: "×",
        ...(what === "one" && { limit: 1.1 }),
        beside: `${of(`${afternoon} p50`).toPrecision(3)} ms`,
      },
    ];
  };
  return [
    {
      name: `settings: GET a mode config at ${OPEN_LOOP.rate}/s, p99`,
      value: quantile(open.map(({ p99Ms }) => p99Ms), 0.5),
      unit: "ms",
      limit: 5,
      beside: `p50 ${
        quantile(open.map(({ p50Ms }) => p50Ms), 0.5).toPrecision(3)
      } ms`,
    },
    ...throughput("one", "one document", 1.3),
    {
      name:
        "settings: GET one document, CPU of the afternoon service to a constant with our headers",
      value: ratio("afternoon one cpu", "dressed cpu"),
      unit: "×",
      beside: `${of("dressed cpu").toPrecision(3)} µs a request`,
    },
    {
      name:
        "settings: GET one document, CPU of the afternoon service to one script a turn with our headers",
      value: ratio("afternoon one cpu", "floor cpu"),
      unit: "×",
      beside: `${
        of("floor cpu").toPrecision(3)
      } µs a request, without routes, schemas and callers: no more can be reached`,
    },
    {
      name: "settings: GET one document, CPU of that floor to ours",
      value: ratio("floor cpu", "holdfast one cpu"),
      unit: "×",
      atLeast: 0.6,
    },
    ...throughput("bundle", "8 documents", 2),
    {
      name: "settings: GET 8 documents, CPU of one that parses them to ours",
      value: ratio("parsed cpu", "holdfast bundle cpu"),
      unit: "×",
      beside: `${of("parsed cpu").toPrecision(3)} µs a request`,
    },
    {
      name: `settings: GETs answered by one round trip to Redis, on average`,
      value: READS / of("scripts"),
      unit: "requests",
      beside: `${CONNECTIONS} connections, and one`,
    },
    {
      name: "settings: PUT, p50 to the afternoon's unguarded PUT",
      value: ratio("holdfast put", "afternoon put"),
      unit: "×",
      limit: 1.5,
      beside: `${of("holdfast put").toPrecision(3)} ms to ${
        of("afternoon put").toPrecision(3)
      } ms`,
    },
    {
      name: `settings: GETs of the plain client, ${CONNECTIONS} callers`,
      value: of("plain GET"),
      unit: "1/s",
    },
  ];
}
