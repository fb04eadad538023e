/**
 * How answers look to people.
 *
 * @module
 */
import { objectOf } from "./json_text.ts";

/**
 * `text` without what would steer a terminal or turn its letters round: events
 * come from anybody.
 */
export function harmless(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** `word`, which was mistyped, in quotes; of an address or a key, which are secret, nothing. */
export function quoted(word: string): string {
  if (word.includes("://")) return "an address (not shown)";
  return /\bhf_\w/.test(word) ? "a key (not shown)" : `"${word}"`;
}

/**
 * An envelope as a line: position, time, channel, key, data; `-` for none. One
 * that is damaged is shown as it is: it stops nobody.
 */
export function eventLine(envelope: string): string {
  try {
    return harmless(columnsOf(envelope).join("  "));
  } catch {
    return harmless(envelope);
  }
}

function columnsOf(envelope: string): readonly string[] {
  const event = objectOf(envelope);
  const metadata = objectOf(event.get("metadata") ?? "{}");
  const text = (json: string | undefined) =>
    json === undefined ? "-" : String(JSON.parse(json));
  return [
    metadata.get("position") ?? "-",
    text(event.get("timestamp")),
    text(event.get("event_type")),
    text(metadata.get("key")),
    event.get("data") ?? "-",
  ];
}

/** Rows below a heading, in columns. */
export function table(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const lines = [heading, ...rows].map((row) => row.map(harmless));
  const widths = heading.map((_, column) =>
    Math.max(...lines.map((row) => row[column]!.length))
  );
  return lines.map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd()
  ).join("\n");
}

/** Colours by what they are for, as terminals know them. */
const COLOURS = { good: 32, doubtful: 33, bad: 31, faint: 2, strong: 1 };

/** Gives texts colours, where somebody wants them. */
export function painter(
  { hasColours }: { readonly hasColours: boolean },
): (kind: keyof typeof COLOURS, text: string) => string {
  return (kind, text) =>
    hasColours ? `\x1b[${COLOURS[kind]}m${text}\x1b[0m` : text;
}

/** A bar that is full up to `done` of `all`. */
export function bar(done: number, all: number): string {
  const width = 30;
  const full = all === 0 ? width : Math.floor(width * done / all);
  const share = all === 0 ? 100 : Math.floor(100 * done / all);
  return `[${"#".repeat(full)}${"-".repeat(width - full)}] ${share} %`;
}

/** `count` and what it counts: `1 event`, `2 events`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** The members of the JSON object `text`, a line each. */
export function fieldLines(text: string): string {
  const members = [...objectOf(text)];
  const width = Math.max(0, ...members.map(([name]) => name.length));
  return members.map(([name, value]) => {
    const shown = value.startsWith('"') ? JSON.parse(value) : value;
    return `${harmless(`${name.padEnd(width)}  ${shown}`)}\n`;
  }).join("");
}
