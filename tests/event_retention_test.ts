/**
 * The whole service drops old events, as its configuration says.
 *
 * @module
 */
import { parseConfig } from "../src/config.ts";
import { openHoldfast } from "../src/holdfast.ts";
import { deepEqual, equal } from "./support/assert.ts";
import { anEvent } from "./support/events.ts";
import { createFakeClock } from "./support/fake_clock.ts";
import { needs } from "./support/needs.ts";
import { createRecordingTelemetry } from "./support/recording_telemetry.ts";
import { settle } from "./support/turns.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Where the log begins after two hours and a minute, of ten events that came at once. */
async function earliestAfter(
  variables: Record<string, string>,
): Promise<number> {
  const clock = createFakeClock();
  const config = parseConfig({ STORE: "memory", ...variables });
  const telemetry = { ...createRecordingTelemetry(), exposition: () => "" };
  await using service = await openHoldfast(config, { clock, telemetry });
  const { eventBus } = service.ports;
  await eventBus.publish(Array.from({ length: 10 }, () => anEvent()));
  await settle(500);
  clock.jumpWall(2 * HOUR_MS);
  await clock.advance(MINUTE_MS);
  const age = (2 * HOUR_MS + MINUTE_MS) / 1000;
  const told = () => telemetry.gauged("holdfast_log_oldest_age_seconds");
  // What else the service does at its start reads files.
  for (let tries = 0; told() !== age && tries < 200; tries++) {
    await new Promise((resolve) => setTimeout(resolve));
    await settle(100);
  }
  equal(told(), age);
  return (await eventBus.head()).earliest;
}

if (await needs(import.meta.url, ["read", "write"])) {
  Deno.test("the service drops events that are too many, in the background", async () => {
    deepEqual(
      [
        await earliestAfter({}),
        await earliestAfter({ EVENTS_RETENTION_COUNT: "3" }),
      ],
      [1, 8],
    );
  });

  Deno.test({
    name: "the service keeps what its autopilot looks back at",
    // It is closed while the autopilot looks for its bars.
    sanitizeOps: false,
    async fn() {
      const count = { EVENTS_RETENTION_COUNT: "3" };
      equal(await earliestAfter({ ...count, AUTOPILOT_SYMBOLS: "SYNA" }), 1);
    },
  });
}
