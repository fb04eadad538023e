/**
 * The applications of the service.
 *
 * @module
 */
import { PortError } from "../ports/port_error.ts";
import { CHANNELS } from "../domain/event/registry.ts";
import { parseConfig } from "../src/config.ts";
import { allRoutes } from "../src/http/routes/mod.ts";
import { createApplications, SAMPLE_DESK } from "../src/applications.ts";
import type { App } from "../src/http/app.ts";
import type { FeatureStats } from "../src/services/features.ts";
import { deepEqual } from "./support/assert.ts";
import { createFakeClock } from "./support/fake_clock.ts";
import { createRecordingTelemetry } from "./support/recording_telemetry.ts";
import { createSeededEntropy } from "./support/seeded_entropy.ts";

const STATS: FeatureStats = {
  hits: 0,
  misses: 0,
  computations: 0,
  errors: 0,
  size: 0,
};

const OUTCOMES = [
  () => STATS,
  () => {
    throw new PortError("unavailable", "Cannot reach it");
  },
  () => {
    throw new TypeError("x is not a function");
  },
];

/** What an application logs of one request that goes well and two that do not. */
async function logOf(
  choose: (all: ReturnType<typeof createApplications>) => App,
): Promise<(string | undefined)[][]> {
  const telemetry = createRecordingTelemetry();
  const outcomes = [...OUTCOMES];
  const stats = async () => outcomes.shift()!();
  const app = choose(createApplications(parseConfig(), {
    routes: allRoutes(
      {
        features: { stats },
        events: { channels: CHANNELS },
        settings: {},
      } as never,
    ),
    health: {} as never,
    apiKeys: {} as never,
    audit: {} as never,
    clock: createFakeClock(),
    entropy: createSeededEntropy(),
    telemetry: { ...telemetry, exposition: () => "" },
  }));
  while (outcomes.length > 0) {
    await app.request("http://localhost/api/v1/features/stats");
  }
  return telemetry.logged().map(({ level, message }) => [level, message]);
}

Deno.test("callers are told of in the log, and why they were refused", async () => {
  deepEqual(await logOf(({ app }) => app), [
    ["info", "request"],
    ["warn", "request failed"],
    ["info", "request"],
    ["error", "request failed"],
    ["info", "request"],
  ]);
});

Deno.test("of who asks in this process the log tells at debug, but for what is wrong here", async () => {
  deepEqual(await logOf(({ appFor }) => appFor(SAMPLE_DESK)), [
    ["debug", "request"],
    ["debug", "request failed"],
    ["debug", "request"],
    ["error", "request failed"],
    ["debug", "request"],
  ]);
});
