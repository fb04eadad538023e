/**
 * Measuring what a connection does.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";
import type { PortError } from "../../ports/port_error.ts";
import type { Labels, Telemetry } from "../../ports/telemetry.ts";

/** How a connection is at the moment. */
export interface ConnectionState {
  /** Whether there is a server to ask. */
  readonly isUp: boolean;
  /** Whether calls fail at once. */
  readonly isBreakerOpen: boolean;
  /** Whether somebody has to set the server up otherwise. */
  readonly needsSetup: boolean;
}

/** Measures calls; a kind is the name of a script or command. */
export interface CallMeter {
  /** Takes note of a call that was answered now. */
  answered(kind: string, beganAtMs: number): void;

  /** Takes note of a call that has failed; gives `error` back. */
  failed(kind: string, error: PortError): PortError;

  /** Takes note that the breaker has opened. */
  tripped(reason: "late" | "lost"): void;

  /** Tells of the state whenever somebody looks, until the result is called. */
  watch(state: () => ConnectionState): () => void;
}

/** Creates a meter that has measured nothing. */
export function createCallMeter(
  clock: Clock,
  telemetry: Telemetry | undefined,
): CallMeter {
  const kinds = new Map<string, Labels>();

  function labelsOf(kind: string): Labels {
    let labels = kinds.get(kind);
    if (labels === undefined) {
      labels = Object.freeze({ kind: kind.toLowerCase() });
      kinds.set(kind, labels);
    }
    return labels;
  }

  return {
    answered(kind, beganAtMs) {
      telemetry?.observe(
        "holdfast_redis_call_seconds",
        (clock.monotonic() - beganAtMs) / 1000,
        labelsOf(kind),
      );
    },
    failed(kind, error) {
      const labels = { ...labelsOf(kind), code: error.code };
      telemetry?.count("holdfast_redis_errors_total", labels);
      return error;
    },
    tripped(reason) {
      telemetry?.count("holdfast_redis_breaker_trips_total", { reason });
    },
    watch: (state) =>
      telemetry?.onRead(() => {
        const { isUp, isBreakerOpen, needsSetup } = state();
        telemetry.gauge("holdfast_redis_up", Number(isUp));
        telemetry.gauge("holdfast_redis_breaker_open", Number(isBreakerOpen));
        telemetry.gauge("holdfast_redis_needs_setup", Number(needsSetup));
      }) ?? (() => {}),
  };
}
