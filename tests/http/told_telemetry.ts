/**
 * Telemetry that keeps what the HTTP application tells it.
 *
 * @module
 */
import type { LogFields, Telemetry } from "../../ports/telemetry.ts";

/** One line of the log. */
export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

/** A telemetry that keeps what it is told. */
export interface RecordingTelemetry extends Telemetry {
  readonly lines: LogLine[];
  /** `metric{labels}` of every count and observation. */
  readonly measured: string[];
}

/** Creates a telemetry that keeps what it is told. */
export function createRecordingTelemetry(): RecordingTelemetry {
  const lines: LogLine[] = [];
  const measured: string[] = [];
  const measure = (metric: string, labels = {}) =>
    measured.push(`${metric}${JSON.stringify(labels)}`);
  return {
    lines,
    measured,
    log: (level, message, fields = {}) =>
      lines.push({ level, message, fields }),
    count: measure,
    gauge: () => {},
    retain: () => {},
    onRead: () => () => {},
    observe: (metric, _value, labels) => measure(metric, labels),
  };
}
