/**
 * What adapters stand on: time, chance, and somebody to tell.
 *
 * @module
 */
import { createSystemClock } from "../../adapters/system/clock.ts";
import { createSystemEntropy } from "../../adapters/system/entropy.ts";
import { createLineWriter } from "../../adapters/system/line_writer.ts";
import { measureProcess } from "../../adapters/system/process_metrics.ts";
import {
  createSystemTelemetry,
  type SystemTelemetry,
} from "../../adapters/system/telemetry.ts";
import { openTrace } from "../../adapters/system/tracing.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Entropy } from "../../ports/entropy.ts";
import type { Config } from "../config.ts";
import { VERSION } from "../version.ts";

/** What adapters stand on. */
export interface Foundations {
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly telemetry: SystemTelemetry;
}

/** Opens those of the machine, where `overrides` gives no others; `stack` closes them. */
export function openFoundations(
  config: Config,
  stack: AsyncDisposableStack,
  overrides: Partial<Foundations>,
): Foundations {
  const clock = overrides.clock ?? createSystemClock();
  const entropy = overrides.entropy ?? createSystemEntropy();
  if (overrides.telemetry) {
    return { clock, entropy, telemetry: overrides.telemetry };
  }
  const lines = stack.use(createLineWriter(Deno.stderr));
  const telemetry = createSystemTelemetry({
    clock,
    level: config.logLevel,
    format: config.logFormat ?? (Deno.stderr.isTerminal() ? "pretty" : "json"),
    write: lines.write,
    trace: openTrace(),
  });
  measureProcess({ clock, telemetry, version: VERSION });
  return { clock, entropy, telemetry };
}
