/**
 * Measures, and prints a table and JSON.
 *
 * `deno task bench` runs all; `deno task bench sqlite` those whose name has
 * the word; `--readme` writes the table into the README; `--soak-seconds=600`
 * makes the soak of the events longer. A figure outside its limit makes the exit
 * code 1.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { replaceTable } from "./readme.ts";
import { benchAlpha158 } from "../tests/bench/alpha158_bench.ts";
import { benchAuth } from "../tests/bench/auth_bench.ts";
import { benchCommandLine } from "../tests/bench/command_line_bench.ts";
import { benchEvents } from "../tests/bench/events_bench.ts";
import type { Figure } from "../tests/bench/figure.ts";
import { benchFence } from "../tests/bench/fence_bench.ts";
import { benchFollower } from "../tests/bench/follower_bench.ts";
import { benchGroups } from "../tests/bench/groups_bench.ts";
import { benchLightgbm } from "../tests/bench/lightgbm_bench.ts";
import { onOneProcessor } from "../tests/bench/one_processor.ts";
import { benchOrders } from "../tests/bench/orders_bench.ts";
import { benchPaperRun } from "../tests/bench/paper_run_bench.ts";
import { benchParquet } from "../tests/bench/parquet_bench.ts";
import { benchPostgres } from "../tests/bench/postgres_bench.ts";
import { benchSettings } from "../tests/bench/settings_bench.ts";
import { benchService } from "../tests/bench/service_bench.ts";
import { benchSqlite } from "../tests/bench/sqlite_bench.ts";
import { benchTelemetry } from "../tests/bench/telemetry_bench.ts";
import { openService } from "./services.ts";
import { findRedis } from "../tests/support/redis_server.ts";

const databaseUrl = Deno.env.get("TEST_DATABASE_URL");

const redis = await findRedis();

const { values: flags, positionals: [word = ""] } = parseArgs({
  allowPositionals: true,
  options: {
    readme: { type: "boolean", default: false },
    "soak-seconds": { type: "string", default: "20" },
  },
});
const soakSeconds = Number(flags["soak-seconds"]);
if (!(soakSeconds >= 10)) {
  throw new Error("Cannot soak for so short a time: --soak-seconds=10 or more");
}

const BENCHES: Record<string, () => Figure[] | Promise<Figure[]>> = {
  alpha158: benchAlpha158,
  lightgbm: benchLightgbm,
  parquet: benchParquet,
  sqlite: benchSqlite,
  groups: benchGroups,
  service: benchService,
  cli: benchCommandLine,
  telemetry: benchTelemetry,
  auth: benchAuth,
  paper: benchPaperRun,
  postgres: () => {
    if (databaseUrl !== undefined) return benchPostgres(databaseUrl);
    console.log("postgres: skipped, as TEST_DATABASE_URL is not set");
    return [];
  },
  redis: async () => {
    if (databaseUrl !== undefined && redis !== undefined) {
      return [
        ...await onOneProcessor(() => benchFollower(databaseUrl, redis)),
        // The time of a server alone: none must be on its processor.
        ...await benchFence(redis),
      ];
    }
    console.log(
      "redis: skipped, as TEST_DATABASE_URL is not set or there is no redis-server",
    );
    return [];
  },
  settings: () => withServers("settings", benchSettings),
  orders: () => withServers("orders", benchOrders),
  events: () =>
    withServers(
      "events",
      (url, bin) => benchEvents(url, bin, soakSeconds),
    ),
};

const figures: Figure[] = [];
for (const [name, bench] of Object.entries(BENCHES)) {
  if (name.includes(word)) figures.push(...await bench());
}
const machine = {
  cpus: navigator.hardwareConcurrency,
  memory_gb: Math.round(Deno.systemMemoryInfo().total / 1e9),
  os: `${Deno.build.os} ${Deno.osRelease()}`,
  deno: Deno.version.deno,
};

console.table(
  Object.fromEntries(figures.map((figure) => [figure.name, {
    value: `${round(figure.value)} ${figure.unit}`,
    required: required(figure),
    met: isMet(figure) ? "yes" : "NO",
    beside: figure.beside ?? "",
  }])),
);
console.log(JSON.stringify({ machine, figures }));
if (flags.readme) {
  const markdown = await Deno.readTextFile("README.md");
  await Deno.writeTextFile("README.md", replaceTable(markdown, table(figures)));
}
Deno.exitCode = figures.every(isMet) ? 0 : 1;

/** Commits that reach the disk: a server of the bench's own is as ours is. */
async function withServers(
  name: string,
  bench: (url: string, bin: string) => Promise<Figure[]>,
): Promise<Figure[]> {
  await using postgres = await openService(
    "postgres",
    console.log,
    AbortSignal.timeout(60_000),
  );
  if (postgres && redis) return await bench(postgres.url, redis);
  console.log(`${name}: skipped, as there is no Postgres or no redis-server`);
  return [];
}

function table(figures: readonly Figure[]): string {
  const rows = figures.map((figure) =>
    `| ${figure.name} | ${round(figure.value)} ${figure.unit} | ${
      required(figure)
    } | ${figure.beside ?? ""} |`
  );
  return [
    "| What | Measured | Required | Beside |",
    "|---|---|---|---|",
    ...rows,
  ]
    .join("\n");
}

function isMet({ value, limit, atLeast }: Figure): boolean {
  return value <= (limit ?? Infinity) && value >= (atLeast ?? -Infinity);
}

function required({ limit, atLeast, unit }: Figure): string {
  if (limit !== undefined) return `≤ ${limit} ${unit}`;
  return atLeast === undefined ? "" : `≥ ${atLeast} ${unit}`;
}

function round(value: number): string {
  return value >= 1000 ? String(Math.round(value)) : value.toPrecision(3);
}
