/**
 * What the process tells of itself.
 *
 * @module
 */
import { createSystemClock } from "../../adapters/system/clock.ts";
import { measureProcess } from "../../adapters/system/process_metrics.ts";
import { equal, ok } from "../support/assert.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";

Deno.test("process metrics: build, start, memory and processor time are as they are when somebody looks", () => {
  const telemetry = createRecordingTelemetry();
  measureProcess({ clock: createSystemClock(), telemetry, version: "1.2.3" });
  const build = { version: "1.2.3", deno: Deno.version.deno };
  equal(telemetry.gauged("holdfast_build_info", build), 1);
  const startedAtS = telemetry.gauged("process_start_time_seconds")!;
  const expectedS = (Date.now() - performance.now()) / 1000;
  ok(Math.abs(startedAtS - expectedS) < 2, `${startedAtS}`);
  ok(telemetry.gauged("process_resident_memory_bytes")! > 10e6);
  const heap = (state: string) =>
    telemetry.gauged("process_heap_bytes", { state })!;
  ok(heap("used") > 1e6 && heap("used") <= heap("total"));
  const used = () => telemetry.counted("process_cpu_seconds_total");
  const before = used();
  ok(before > 0);
  const until = performance.now() + 50;
  while (performance.now() < until);
  telemetry.gauged("process_resident_memory_bytes");
  const spent = used() - before;
  ok(spent > 0.005 && spent < 5, `${spent}`);
});
