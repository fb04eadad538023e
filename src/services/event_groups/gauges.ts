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
  const known = new Set<string>();
  while (!signal.aborted) {
    try {
      const views = await list();
      const gone = new Set(known);
      for (const view of views) {
        known.add(view.group.name);
        gone.delete(view.group.name);
        measure(telemetry, view.group.name, view);
      }
      for (const name of gone) {
        measure(telemetry, name);
        known.delete(name);
      }
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

/** Measures a group; one that is gone has nothing. */
function measure(telemetry: Telemetry, group: string, view?: GroupView): void {
  const labels = { group };
  const { lag, oldestAgeMs, outstanding, deadLetters } = view ?? NOTHING;
  const isHalted = view?.group.halted !== undefined;
  telemetry.gauge("holdfast_group_halted", isHalted ? 1 : 0, labels);
  telemetry.gauge("holdfast_group_outstanding", outstanding, labels);
  telemetry.gauge("holdfast_group_dead_letters", deadLetters, labels);
  // In another epoch nobody knows: the group has halted.
  if (lag !== undefined) telemetry.gauge("holdfast_group_lag", lag, labels);
  if (oldestAgeMs === undefined) return;
  const age = oldestAgeMs / 1000;
  telemetry.gauge("holdfast_group_oldest_age_seconds", age, labels);
}

const NOTHING = { lag: 0, oldestAgeMs: 0, outstanding: 0, deadLetters: 0 };
