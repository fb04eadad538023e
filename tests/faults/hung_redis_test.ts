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

const HANG_MS = 3000;
const CALLERS = 4;
const EACH_MS = 10;

/** How long a request took, and one without Redis at the same time. */
interface Pair {
  readonly start: number;
  readonly withRedis: number;
  readonly without: number;
}

function testHungRedis(programs: Programs): void {
  for (
    const [how, begin, end] of [
      ["hangs", "freeze", "thaw"],
      ["dies", "stop", "start"],
    ] as const
  ) {
    Deno.test(`faults: a Redis that ${how} costs nobody ${LIMIT_MS} ms but three`, async () => {
      await using world = await openWorld(programs);
      const { redis, postgres, instances: [ann] } = world;
      await ann.start();
      await using plain = await startService({
        DATABASE_URL: postgres.url,
      });
      await ask(ann.url, "PUT", "ann", documentOf("ann", "first"));
      await until(5000, () => look(ann), ({ mode }) => mode === "normal");

      const stop = new AbortController();
      const pairs: Pair[] = [];
      const callers = Array.from(
        { length: CALLERS },
        (_, i) => call(ann.url, plain.url, i === 0, pairs, stop.signal),
      );
      await sleep(500);
      const wentAt = performance.now();
      await redis[begin]();
      await sleep(HANG_MS);
      await redis[end]();
      const backAt = performance.now();
      await until(
        BACK_MS,
        () => look(ann),
        ({ mode }) => mode === "normal",
      );
      const tookMs = performance.now() - backAt;
      stop.abort();
      await Promise.all(callers);

      const during = pairs.filter(({ start, withRedis }) =>
        start + withRedis > wentAt && start < backAt
      );
      const costs = during
        .map(({ withRedis, without }) => withRedis - without)
        .toSorted((a, b) => b - a);
      const shown = (count: number) => costs.slice(0, count).map(Math.round);
      console.log(
        `${how}: ${costs.length} requests, those that lost most ${
          shown(6)
        } ms; ` +
          `normal again after ${Math.round(tookMs)} ms`,
      );
      ok(costs.length > HANG_MS / EACH_MS, "too few were asked");
      ok(costs[MAY_NOTICE]! < LIMIT_MS, `${shown(20)}`);
    });
  }
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
    pairs.push({ start, withRedis, without });
    await sleep(EACH_MS);
  }
}

const programs = await requirePrograms(import.meta.url);
if (programs) testHungRedis(programs);
