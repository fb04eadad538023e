/**
 * The newest log lines that somebody should look at, kept in memory.
 *
 * @module
 */
import type {
  LogFields,
  LogLevel,
  WrittenLine,
} from "../../ports/telemetry.ts";
import { copyPrinted } from "./log_lines.ts";

/** Most lines that are kept. */
const MAX_LINES = 200;

/** Most characters of a line; of a longer one the fields are left out. */
const MAX_CHARACTERS = 4096;

type Text = Pick<WrittenLine, "message" | "fields">;

/** Keeps lines; the oldest makes room for the newest. */
export interface RecentLines {
  /** Keeps a line as it is printed: without secrets. Never throws. */
  keep(
    nowMs: number,
    level: LogLevel,
    message: string,
    fields: LogFields,
  ): void;
  /** The lines, the oldest first. */
  lines(): readonly WrittenLine[];
}

/** Creates a memory that holds nothing. */
export function createRecentLines(): RecentLines {
  const kept: WrittenLine[] = [];
  return {
    keep(nowMs, level, message, fields) {
      kept.push({ at: nowMs, level, ...textOf(message, fields) });
      if (kept.length > MAX_LINES) kept.shift();
    },
    lines: () => [...kept],
  };
}

/** What is printed of a line, and no part of what was given. */
function textOf(message: string, fields: LogFields): Text {
  let text: Text;
  try {
    text = copyPrinted(message, fields);
  } catch (error) {
    text = copyPrinted(message, { unprintable: String(error) });
  }
  if (JSON.stringify(text).length <= MAX_CHARACTERS) return text;
  return {
    message: text.message.slice(0, MAX_CHARACTERS),
    fields: { cut: "the line is too long" },
  };
}
