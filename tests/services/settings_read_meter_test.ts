/**
 * Counting where settings are read from.
 *
 * @module
 */
import { parseSettingsKey } from "../../domain/settings.ts";
import type { SettingsSnapshot } from "../../ports/settings_store.ts";
import { meterReads } from "../../src/services/settings/read_meter.ts";
import { equal } from "../support/assert.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";

const KEYS = ["user:1:settings:all", "user:2:settings:all"].map(
  parseSettingsKey,
);

Deno.test("settings reads: documents are counted by where they came from", async () => {
  const telemetry = createRecordingTelemetry();
  let answer: Pick<SettingsSnapshot, "source" | "verified">;
  const store = meterReads({
    read: async () => ({ documents: [], ...answer }),
    recall: () => undefined,
    write: async () => [],
    async [Symbol.asyncDispose]() {},
  }, telemetry);
  const counted = (source: string, verified: string) =>
    telemetry.counted("holdfast_settings_reads_total", { source, verified });
  answer = { source: "redis", verified: true };
  await store.read(KEYS);
  answer = { source: "redis", verified: false };
  await store.read(KEYS.slice(1));
  answer = { source: "database", verified: true };
  await store.read([]);
  equal(counted("redis", "true"), 2);
  equal(counted("redis", "false"), 1);
  equal(counted("database", "true"), 0);
});
