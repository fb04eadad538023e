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
