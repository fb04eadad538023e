/**
 * What the process tells of itself.
 *
 * @module
 */
import { cpuUsage } from "node:process";
import type { Clock } from "../../ports/clock.ts";
import type { Telemetry } from "../../ports/telemetry.ts";

/**
 * Tells of build, memory and processor time whenever somebody looks.
 *
 * @param options.version The version of the program.
 */
export function measureProcess({ clock, telemetry, version }: {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly version: string;
}): void {
  const startedAtS = Math.round(clock.now() - performance.now()) / 1000;
  const build = { version, deno: Deno.version.deno };
  let countedS = 0;
  telemetry.onRead(() => {
    telemetry.gauge("holdfast_build_info", 1, build);
    telemetry.gauge("process_start_time_seconds", startedAtS);
    const { rss, heapTotal, heapUsed } = Deno.memoryUsage();
    telemetry.gauge("process_resident_memory_bytes", rss);
    telemetry.gauge("process_heap_bytes", heapTotal, { state: "total" });
    telemetry.gauge("process_heap_bytes", heapUsed, { state: "used" });
    const { user, system } = cpuUsage();
    const usedS = (user + system) / 1e6;
    telemetry.count("process_cpu_seconds_total", {}, usedS - countedS);
    countedS = usedS;
  });
}
