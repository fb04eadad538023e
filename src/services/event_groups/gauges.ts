/**
 * What is measured of groups.
 *
 * @module
 */
import type { Clock } from "../../../ports/clock.ts";
import { PortError } from "../../../ports/port_error.ts";
import type { Telemetry } from "../../../ports/telemetry.ts";
import { errorFields } from "../error_fields.ts";
import type { GroupView } from "./view.ts";

/** How often groups are measured. */
const EVERY_MS = 5000;

/** Measures the groups that `list` gives until `signal` aborts. */
export async function runGauges(
  list: () => Promise<readonly GroupView[]>,
  { clock, telemetry }: {
    readonly clock: Clock;
    readonly telemetry: Telemetry;
  },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const views = await list();
      for (const view of views) measure(telemetry, view);
      const names = views.map(({ group: { name } }) => name);
      telemetry.retain("group", new Set(names));
    } catch (error) {
      if (signal.aborted) return;
      const code = error instanceof PortError ? error.code : "internal";
      const labels = { port: "group_store", code };
      telemetry.count("holdfast_port_errors_total", labels);
      telemetry.log("debug", "groups not measured", errorFields(error));
    }
    await clock.sleep(EVERY_MS, signal).catch(() => {});
  }
}

function measure(
  telemetry: Telemetry,
  { group, lag = NaN, oldestAgeMs = NaN, outstanding, deadLetters }: GroupView,
): void {
  const labels = { group: group.name };
  const isHalted = group.halted !== undefined;
  telemetry.gauge("holdfast_group_halted", isHalted ? 1 : 0, labels);
  telemetry.gauge("holdfast_group_outstanding", outstanding, labels);
  telemetry.gauge("holdfast_group_dead_letters", deadLetters, labels);
  telemetry.gauge("holdfast_group_lag", lag, labels);
  const age = oldestAgeMs / 1000;
  telemetry.gauge("holdfast_group_oldest_age_seconds", age, labels);
}
