/**
 * `deno task load`: many clients at once on the service with Redis and Postgres.
 *
 * `--clients 1000` asks with so many, `--seconds 30` for so long; `--soak 600`
 * is ten minutes of it. An error, or memory that grows, makes the exit code 1.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { runLoad } from "../tests/load/run.ts";
import { isSteady, tellLoad } from "../tests/load/tell.ts";
import { howToEnable, openService, type ServiceName } from "./services.ts";

const { values } = parseArgs({
  options: {
    clients: { type: "string", default: "100" },
    seconds: { type: "string", default: "30" },
    soak: { type: "string" },
    seed: { type: "string", default: "1" },
  },
});

async function open(name: ServiceName) {
  const signal = AbortSignal.timeout(120_000);
  const service = await openService(name, console.log, signal);
  if (service) return service;
  throw new Error(
    `Cannot load the service as there is no ${name}: ${howToEnable(name)}`,
  );
}

await using postgres = await open("postgres");
await using redis = await open("redis");
const run = await runLoad({
  databaseUrl: postgres.url,
  redisUrl: redis.url,
  clients: Number(values.clients),
  seconds: Number(values.soak ?? values.seconds),
  seed: Number(values.seed),
});
console.log(tellLoad(run));
if (!isSteady(run)) Deno.exitCode = 1;
