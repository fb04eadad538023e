/**
 * What Prometheus is given passes its own checks: metrics, configuration,
 * rules, and the tests of the alerts.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { createMetrics } from "../../adapters/system/metrics.ts";
import { METRICS } from "../../ports/metrics.ts";
import { HOW_TO_HAVE_PROMTOOL, openPromtool } from "../../scripts/promtool.ts";
import { runCommand } from "../../scripts/server_process.ts";
import { equal, rejects } from "../support/assert.ts";
import { needs, skip } from "../support/needs.ts";

const RULES = join(dirname(import.meta.dirname!), "../deploy/prometheus");

/** Series of every metric, with a label. */
function exposition(): string {
  const metrics = createMetrics();
  for (const [name, { kind }] of Object.entries(METRICS)) {
    if (kind === "counter") metrics.add(name, { a: "b" }, 1);
    else if (kind === "gauge") metrics.set(name, { a: "b" }, 1);
    else metrics.observe(name, { a: "b" }, 1);
  }
  return metrics.exposition();
}

async function testAll(): Promise<void> {
  const stop = new AbortController();
  const promtool = await openPromtool(stop.signal);
  if (!promtool) {
    const how = HOW_TO_HAVE_PROMTOOL;
    return skip(import.meta.url, `there is no promtool; to run it, ${how}`);
  }
  Deno.test.afterAll(async () => {
    await promtool[Symbol.asyncDispose]();
  });
  const run = (...args: string[]) =>
    runCommand(promtool.path, args, { cwd: RULES, signal: stop.signal });
  const checkMetrics = (text: string) =>
    runCommand("sh", [
      "-c",
      'printf %s "$1" | "$0" check metrics',
      promtool.path,
      text,
    ], { signal: stop.signal });

  Deno.test("promtool: every metric is named and described as is customary", async () => {
    equal(await checkMetrics(exposition()), "");
    const odd = "# HELP a_total A.\n# TYPE a_total gauge\na_total 1\n";
    await rejects(checkMetrics(odd), /a_total/);
  });

  Deno.test("promtool: the configuration can be read, and names the rules", async () => {
    const said = await run("check", "config", "prometheus.yml");
    equal(/1 rule files found/.test(said), true);
  });

  Deno.test("promtool: every alert fires when it should, and only then", async () => {
    await run("test", "rules", "alerts_test.yml");
  });
}

if (await needs(import.meta.url, ["env", "read", "run", "sys", "write"])) {
  await testAll();
}
