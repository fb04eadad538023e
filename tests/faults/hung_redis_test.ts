/**
 * A Redis that hangs or dies is not felt by those who ask the service.
 *
 * @module
 */
import { sleep } from "../../scripts/server_process.ts";
import { ok } from "../support/assert.ts";
import { startService } from "../support/service_process.ts";
import { documentOf } from "./clients.ts";
import { ask } from "./http.ts";
import { look } from "./modes.ts";
import { until } from "./settle.ts";
import { openWorld, type Programs, requirePrograms } from "./world.ts";

/** Requests that may notice it: as many as the breaker counts. */
const MAY_NOTICE = 3;

/** How much longer than a request without Redis any other one may take. */
const LIMIT_MS = 100;

/** How soon Redis is used again. */
const BACK_MS = 2000;

/**
 * A machine that is busy with something else lets one of two processes wait;
 * what the service itself does wrong is there at every look.
 */
const LOOKS = 3;

const HANG_MS = 3000;
const CALLERS = 4;
const EACH_MS = 10;

/** How long a request took, and one without Redis at the same time. */
interface Pair {
  readonly kind: "read" | "write";
  readonly start: number;
  readonly withRedis: number;
  readonly without: number;
}

/** What a request lost by the outage, and when that began. */
interface Cost {
  readonly kind: "read" | "write";
  readonly ms: number;
  /** When it was sent, after Redis had gone. */
  readonly atMs: number;
}

/** What came of one outage. */
interface Course {
  /** What every request lost, in the order in which they were sent. */
  readonly costs: readonly Cost[];
  /** How long it took until Redis was used again. */
  readonly backMs: number;
}

function testHungRedis(programs: Programs): void {
  for (const how of ["hangs", "dies"] as const) {
    Deno.test(`faults: a Redis that ${how} costs nobody ${LIMIT_MS} ms but the first three`, async () => {
      let late: readonly Cost[] = [];
      for (let look = 1; look <= LOOKS; look++) {
        const { costs, backMs } = await loseRedis(programs, how);
        const excused = costs.slice(0, MAY_NOTICE);
        late = costs.slice(MAY_NOTICE).filter(({ ms }) => ms >= LIMIT_MS);
        console.log(
          `${how}: ${costs.length} requests; the first lost ${
            worst(excused)
          }, of the others those that lost most ${
            worst(costs.slice(MAY_NOTICE))
          }; normal again after ${Math.round(backMs)} ms`,
        );
        ok(costs.length > HANG_MS / EACH_MS, "too few were asked");
        if (late.length === 0) return;
      }
      ok(false, `later ones lost too much at every look: ${worst(late)}`);
    });
  }
}

/** Those that lost most. */
function worst(costs: readonly Cost[]): string {
  return costs.toSorted((a, b) => b.ms - a.ms).slice(0, 6)
    .map(({ kind, ms, atMs }) =>
      `${Math.round(ms)} ms (${kind} at ${Math.round(atMs)})`
    ).join(", ");
}

/** Lets Redis go and come back while both are asked. */
async function loseRedis(
  programs: Programs,
  how: "hangs" | "dies",
): Promise<Course> {
  await using world = await openWorld(programs);
  const { redis, postgres, instances: [ann] } = world;
  await ann.start();
  await using plain = await startService({ DATABASE_URL: postgres.url });
  await ask(ann.url, "PUT", "ann", documentOf("ann", "first"));
  await until(5000, () => look(ann), ({ mode }) => mode === "normal");

  const stop = new AbortController();
  const pairs: Pair[] = [];
  const callers = Promise.all(
    Array.from(
      { length: CALLERS },
      (_, i) => call(ann.url, plain.url, i === 0, pairs, stop.signal),
    ),
  );
  let wentAt: number, backAt: number, backMs: number;
  try {
    await sleep(500);
    wentAt = performance.now();
    if (how === "hangs") redis.freeze();
    else await redis.stop();
    await sleep(HANG_MS);
    if (how === "hangs") redis.thaw();
    else await redis.start();
    backAt = performance.now();
    await until(BACK_MS, () => look(ann), ({ mode }) => mode === "normal");
    backMs = performance.now() - backAt;
    // Its coming back is to cost nobody anything either.
    await sleep(BACK_MS - backMs);
  } finally {
    stop.abort();
    await callers;
  }
  // Those under way when it went come first, then those who came next.
  const costs = pairs
    .filter(({ start, withRedis }) => start + withRedis > wentAt)
    .toSorted((a, b) => a.start - b.start)
    .map(({ kind, start, withRedis, without }) => ({
      kind,
      ms: withRedis - without,
      atMs: start - wentAt,
    }));
  return { costs, backMs };
}

/** Asks both at the same time, again and again. */
async function call(
  url: string,
  plainUrl: string,
  writes: boolean,
  pairs: Pair[],
  signal: AbortSignal,
): Promise<void> {
  const timed = async (url: string) => {
    const start = performance.now();
    // Each writes a document of its own, so that they do not meet.
    const { port } = new URL(url);
    if (writes) await ask(url, "PUT", port, documentOf(port, "next"));
    else await ask(url, "GET", "ann");
    return performance.now() - start;
  };
  while (!signal.aborted) {
    const start = performance.now();
    const [withRedis, without] = await Promise.all([
      timed(url),
      timed(plainUrl),
    ]);
    pairs.push({ kind: writes ? "write" : "read", start, withRedis, without });
    await sleep(EACH_MS);
  }
}

const programs = await requirePrograms(import.meta.url);
if (programs) testHungRedis(programs);
