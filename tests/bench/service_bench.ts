/**
 * How fast the whole service answers over HTTP, and what it takes to run.
 *
 * @module
 */
import { startService } from "../support/service_process.ts";
import { type Figure, quantile, timeEach } from "./figure.ts";

const SYMBOLS = ["SYNA", "SYNB", "SYNC", "SYND", "SYNT"];
const STARTS = 7;
const REQUESTS = 2000;

/** Figures of the design that Holdfast replaces, in milliseconds, for the same table. */
const ORIGINAL_DESIGN_MS = new Map<number | undefined, number>([
  [undefined, 250],
  [0, 255],
  [0.5, 130],
  [0.8, 70],
  [1, 25],
]);

/** Measures starts, memory, and signals warm, cold and by hit rate. */
export async function benchService(): Promise<Figure[]> {
  return [
    ...await benchStart(),
    ...await benchWarm(),
    ...await benchHitRates(),
  ];
}

async function benchStart(): Promise<Figure[]> {
  const starts: number[] = [];
  const colds: number[] = [];
  const memories: number[] = [];
  for (let i = 0; i < STARTS; i++) {
    await withService({}, async (url, { startMs, pid }) => {
      const began = performance.now();
      await (await fetch(`${url}/health`)).json();
      starts.push(startMs + performance.now() - began);
      memories.push(await residentMb(pid));
      colds.push((await timeEach(1, () => generate(url)))[0]!);
    });
  }
  return [
    {
      name: "start to first /health answer",
      value: quantile(starts, 0.5),
      unit: "ms",
      limit: 1000,
    },
    {
      name: "idle memory",
      value: quantile(memories, 0.5),
      unit: "MB",
      limit: 150,
    },
    {
      name: "signals, 5 symbols, first request of a process",
      value: quantile(colds, 0.5),
      unit: "ms",
      limit: 30,
    },
  ];
}

async function benchWarm(): Promise<Figure[]> {
  return await withService({}, async (url) => {
    await timeEach(200, () => generate(url));
    const samples = await timeEach(REQUESTS, () => generate(url));
    const name = "signals, 5 symbols, warm";
    return [
      {
        name: `${name}, p50`,
        value: quantile(samples, 0.5),
        unit: "ms",
        limit: 2,
      },
      {
        name: `${name}, p99`,
        value: quantile(samples, 0.99),
        unit: "ms",
        limit: 10,
      },
    ];
  });
}

/**
 * The table of the original design: 5 symbols of 158 features each. Before each
 * request the share of symbols that is to miss is invalidated.
 */
async function benchHitRates(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [hitRate, originalMs] of ORIGINAL_DESIGN_MS) {
    const env: Record<string, string> = hitRate === undefined
      ? { FEATURE_STORE: "noop" }
      : {};
    await withService(env, async (url) => {
      const missing = SYMBOLS.slice(
        Math.round((hitRate ?? 1) * SYMBOLS.length),
      );
      const samples: number[] = [];
      for (let i = 0; i < 300; i++) {
        for (const symbol of missing) await invalidate(url, symbol);
        const [ms] = await timeEach(1, () => generate(url));
        if (i >= 50) samples.push(ms!);
      }
      figures.push({
        name: `signals, 5 symbols, ${
          hitRate === undefined ? "no cache" : `${hitRate * 100} % hits`
        }, p50`,
        value: quantile(samples, 0.5),
        unit: "ms",
        beside: `original design ${originalMs} ms`,
      });
    });
  }
  return figures;
}

async function generate(url: string): Promise<void> {
  const response = await fetch(`${url}/api/v1/signals/generate`, {
    method: "POST",
    body: JSON.stringify({ symbols: SYMBOLS, top_n: 2, bottom_n: 2 }),
  });
  if (response.status !== 200) throw new Error(await response.text());
  await response.arrayBuffer();
}

async function invalidate(url: string, symbol: string): Promise<void> {
  const path = `${url}/api/v1/features/${symbol}`;
  await (await fetch(path, { method: "DELETE" })).arrayBuffer();
}

async function withService<T>(
  env: Record<string, string>,
  use: (url: string, service: { startMs: number; pid: number }) => Promise<T>,
): Promise<T> {
  const folder = await Deno.makeTempDir({ prefix: "holdfast-bench-" });
  try {
    await using service = await startService({ DATA_DIR: folder, ...env });
    return await use(service.url, service);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Resident memory of a process. */
async function residentMb(pid: number): Promise<number> {
  const { stdout } = await new Deno.Command("ps", {
    args: ["-o", "rss=", "-p", `${pid}`],
  }).output();
  return Number(new TextDecoder().decode(stdout)) * 1024 / 1e6;
}
