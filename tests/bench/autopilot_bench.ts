/**
 * What the settings of an autopilot's cycle cost: 100 users, four modes each.
 *
 * @module
 */
import { sleep } from "../../scripts/server_process.ts";
import { parseUserId } from "../../domain/user_id.ts";
import { createFleetAutopilot } from "../settings_fleet/autopilot.ts";
import { openFleet } from "../settings_fleet/fleet.ts";
import { createRedis } from "../support/redis_server.ts";
import { connectCli } from "../support/redis_world.ts";
import { type Figure, quantile } from "./figure.ts";

const USERS = Array.from({ length: 100 }, (_, i) => parseUserId(`user-${i}`));
const CYCLES = 50;
const WARM_CYCLES = 150;

/** Measures on the server at `url` and a Redis of its own, from `bin`. */
export async function benchAutopilot(
  url: string,
  bin: string,
): Promise<Figure[]> {
  await using redis = await createRedis(bin, { appendfsync: "everysec" });
  await redis.start();
  await using command = await connectCli(redis.url);
  await using fleet = await openFleet(url, { ...redis, database: 0, command });
  const { writer } = fleet;
  await writer.normal();
  const autopilot = createFleetAutopilot(writer, USERS);
  // New users get their settings, Redis gets them too, predictions are made.
  for (let i = 0; i < WARM_CYCLES; i++) {
    const report = await autopilot.cycle();
    if (report!.databaseReads === 0) break;
    await sleep(100);
  }
  const times: number[] = [];
  let reads = 0;
  for (let i = 0; i < CYCLES; i++) {
    const report = await autopilot.cycle();
    times.push(report!.settingsMs);
    reads += report!.databaseReads;
  }
  return [
    {
      name: "autopilot: settings of 100 users in a cycle, p50",
      value: quantile(times, 0.5),
      unit: "ms",
      limit: 100,
    },
    {
      name: "autopilot: settings of 100 users in a cycle, most",
      value: Math.max(...times),
      unit: "ms",
      limit: 100,
    },
    {
      name: "autopilot: database reads of 50 such cycles",
      value: reads,
      unit: "reads",
      limit: 0,
    },
  ];
}
