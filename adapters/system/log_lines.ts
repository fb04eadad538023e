/**
 * How log lines are written: JSON for machines, one short line for people.
 *
 * @module
 */
import type { LogFields, LogLevel } from "../../ports/telemetry.ts";

/** Names of fields whose values are never written. */
const SECRET =
  /passw|passphrase|secret|token|authorization|cookie|(api|private)[_-]?key|credential/i;

/** A secret in a text. */
interface Cut {
  /** Texts without it need no closer look. */
  readonly sign: string;
  readonly secret: RegExp;
  /** What takes its place. */
  readonly mark: string;
}

/** What is cut out of texts, wherever it stands. */
const CUTS: readonly Cut[] = [
  // `user:password@` of a URL.
  { sign: "://", secret: /:\/\/[^/?#\s]*@/g, mark: "://[redacted]@" },
  // An API key; which one it is may be told.
  {
    sign: "hf_",
    secret: /hf_([a-z0-9]{1,32})_[\w-]+/g,
    mark: "hf_$1_[redacted]",
  },
  {
    sign: " ",
    secret: /\b(bearer|basic) +[\w.~+/=-]{8,}/gi,
    mark: "$1 [redacted]",
  },
  // As in a query, a form, or the address of a database.
  {
    sign: "=",
    secret: /\b(\w{0,32}(?:passw\w{0,8}|secret|token|api[_-]?key)=)[^&\s"']+/gi,
    mark: "$1[redacted]",
  },
];

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

/**
 * A copy of a line's message and fields, as they are printed.
 *
 * @throws {TypeError} When the fields cannot be printed.
 */
export function copyPrinted(
  message: string,
  fields: LogFields,
): { message: string; fields: LogFields } {
  return JSON.parse(JSON.stringify({ message, fields }, redact));
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
  return [time, colour, withoutSecrets(message), ...rest].join(" ");
}

function redact(name: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (SECRET.test(name) && value !== undefined) return "[redacted]";
  return typeof value === "string" ? withoutSecrets(value) : value;
}

function withoutSecrets(text: string): string {
  let cut = text;
  for (const { sign, secret, mark } of CUTS) {
    if (cut.includes(sign)) cut = cut.replace(secret, mark);
  }
  return cut;
}
