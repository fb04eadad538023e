/**
 * How log lines are written: JSON for machines, one short line for people.
 *
 * @module
 */
import type { LogFields, LogLevel } from "../../ports/telemetry.ts";

/** Names of fields whose values are never written. */
const SECRET =
  /passw|passphrase|secret|token|authorization|cookie|(api|private)[_-]?key|credential/i;

/** `user:password@` of a URL, wherever it stands. */
const URL_CREDENTIALS = /:\/\/[^/?#\s]*@/g;

const COLOURS: Readonly<Record<LogLevel, number>> = {
  debug: 90,
  info: 36,
  warn: 33,
  error: 31,
};

/** Writes a line as one JSON object. */
export function printJsonLine(
  nowMs: number,
  level: LogLevel,
  message: string,
  fields: LogFields,
): string {
  const time = new Date(nowMs).toISOString();
  return JSON.stringify({ time, level, message, ...fields }, redact);
}

/** Writes a line for a terminal. */
export function printPrettyLine(
  nowMs: number,
  level: LogLevel,
  message: string,
  fields: LogFields,
): string {
  const time = new Date(nowMs).toISOString().slice(11, 23);
  const rest = Object.entries(fields).flatMap(([name, value]) => {
    const text = JSON.stringify({ [name]: value }, redact);
    return text === "{}" ? [] : [`${name}=${text.slice(name.length + 4, -1)}`];
  });
  const colour = `\x1b[${COLOURS[level]}m${level.padEnd(5)}\x1b[0m`;
  return [time, colour, withoutCredentials(message), ...rest].join(" ");
}

function redact(name: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (SECRET.test(name) && value !== undefined) return "[redacted]";
  return typeof value === "string" ? withoutCredentials(value) : value;
}

function withoutCredentials(text: string): string {
  return text.replace(URL_CREDENTIALS, "://[redacted]@");
}
