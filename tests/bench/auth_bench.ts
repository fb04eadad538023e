/**
 * What API keys and the rate limit cost: two services that differ in nothing
 * else take turns in one run.
 *
 * @module
 */
import { openMemoryApiKeyStore } from "../../adapters/memory/api_key_store.ts";
import { createSystemClock } from "../../adapters/system/clock.ts";
import { createSystemEntropy } from "../../adapters/system/entropy.ts";
import { createIdentity } from "../../src/http/identity.ts";
import { createApiKeys } from "../../src/services/api_keys.ts";
import { createRateLimit } from "../../src/services/rate_limit.ts";
import { parseUserId } from "../../domain/user_id.ts";
import { startService } from "../support/service_process.ts";
import { type Figure, quantile } from "./figure.ts";
import type { LoadPlan, LoadResult } from "./load_generator.ts";
import { cpuUs, startProgram } from "./program.ts";

const USER = parseUserId("ann");
/** As cheap as a request can be that is about a user: the cost weighs most. */
const PATH = "/api/futures/ginie/modes/scalp";
const ROUNDS = 7;
const REQUESTS = 6000;
const CONNECTIONS = 50;
const CALLS = 50_000;
/** More than anybody sends. */
const RATE_LIMIT = 1_000_000;

/** Measures by itself, and by the CPU time of whole requests. */
export async function benchAuth(): Promise<Figure[]> {
  return [...await benchIdentity(), ...await benchRequests()];
}

async function benchIdentity(): Promise<Figure[]> {
  const clock = createSystemClock();
  const keys = createApiKeys({
    store: openMemoryApiKeyStore(),
    clock,
    entropy: createSystemEntropy(),
    telemetry: { log() {} },
  });
  const wanted = { name: "a", scopes: ["read"], user: USER } as const;
  const { text } = await keys.create(wanted, "bench");
  await keys.check(text);
  const withKeys = createIdentity({ keys });
  const without = createIdentity();
  const limit = createRateLimit(RATE_LIMIT, clock);
  const shown = new Headers({ authorization: `Bearer ${text}` });
  const named = new Headers({ "x-user-id": USER });
  const runs = {
    "who asks, by a known key": () => withKeys.identify(shown),
    "who asks, by X-User-Id": () => without.identify(named),
    "the rate limit": () => limit.take("ann"),
  };
  const samples: Record<string, number[]> = {};
  for (let round = -2; round < ROUNDS; round++) {
    for (const [name, run] of Object.entries(runs)) {
      const began = performance.now();
      for (let i = 0; i < CALLS; i++) run();
      const us = (performance.now() - began) * 1000 / CALLS;
      if (round >= 0) (samples[name] ??= []).push(us);
    }
  }
  return Object.entries(samples).map(([name, values]) => ({
    name,
    value: quantile(values, 0.5),
    unit: "µs",
  }));
}

async function benchRequests(): Promise<Figure[]> {
  const env = { STORE: "memory", LOG_LEVEL: "error" };
  await using off = await startService(env);
  await using on = await startService({
    ...env,
    AUTH: "keys",
    RATE_LIMIT: `${RATE_LIMIT}`,
  });
  await using load = await startProgram("load_generator.ts");
  const root = /: (hf_\S+)$/m.exec(on.said.join("\n"))![1]!;
  const answer = await fetch(`${on.url}/api/admin/api-keys`, {
    method: "POST",
    headers: { authorization: `Bearer ${root}` },
    body: JSON.stringify({ name: "a", scopes: ["read"], user: USER }),
  });
  const { key } = await answer.json();

  /** CPU time of one request, in microseconds. */
  async function costOf(
    { url, pid }: { readonly url: string; readonly pid: number },
    apiKey: string | undefined,
  ): Promise<number> {
    const plan: LoadPlan = {
      port: Number(new URL(url).port),
      method: "GET",
      path: PATH,
      user: USER,
      connections: CONNECTIONS,
      requests: REQUESTS,
      ...(apiKey === undefined ? {} : { apiKey }),
    };
    const before = await cpuUs(pid);
    JSON.parse(await load.ask(JSON.stringify(plan))) as LoadResult;
    return (await cpuUs(pid) - before) / REQUESTS;
  }

  const ratios: number[] = [];
  const costs: number[] = [];
  for (let round = -1; round < ROUNDS; round++) {
    const without = await costOf(off, undefined);
    const withKey = await costOf(on, key);
    if (round < 0) continue;
    ratios.push(withKey / without);
    costs.push(withKey - without);
  }
  return [
    {
      name: "GET with key and rate limit, CPU time beside AUTH=off",
      value: quantile(ratios, 0.5),
      unit: "×",
      limit: 1.25,
    },
    {
      name: "what a key and the rate limit add to a request",
      value: quantile(costs, 0.5),
      unit: "µs",
    },
  ];
}
