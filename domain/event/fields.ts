/**
 * What the fields of events may be, and in which words they are refused.
 *
 * @module
 */
import { z, type ZodString, type ZodType } from "zod";
import { isUuid } from "../uuid.ts";
import { isChannelPattern } from "./channel_pattern.ts";

/** What one field must be. */
export type Field = ZodType;

/** What one field must be that is a text. */
export type TextField = ZodString;

const A_NAME = must("a text of 1 to 256 printable characters");
const A_COUNT = must("a whole number, 0 or more");
const A_VERSION = must("a whole number, 1 or more");
const A_SEQUENCE_DAY = must("a day written YYYYMMDD");
const A_DECIMAL = must('a decimal in quotes, such as "1.5"');
const A_PATTERN = must("a channel or a pattern of channels");
const ANY_DECIMAL = must("a decimal, in quotes or not");

/** A text that names something, fit to be a key of the log. */
export const name: Field = z.string(A_NAME)
  .regex(/^[^\p{Cc}\p{Cs}]{1,256}$/u, A_NAME);

/** What ties events together: an id of an event, in lower case, or any name. */
export const correlation: TextField = z.string(A_NAME)
  .regex(/^[^\p{Cc}\p{Cs}]{1,256}$/u, A_NAME)
  .overwrite((text) => {
    const id = text.toLowerCase();
    return isUuid(id) ? id : text;
  });

/** Which channels are meant. */
export const pattern: TextField = z.string(A_PATTERN)
  .refine(isChannelPattern, A_PATTERN);

/** Any text. */
export const text: Field = z.string(must("a text"));

/** An identifier as programs and databases differ about it. */
export const anyId: Field = z.union(
  [name, z.int()],
  must(
    "a text of 1 to 256 printable characters or a whole number",
  ),
);

/** Instruments; may be none. */
export const symbols: Field = z.array(
  name,
  must("a list of symbols"),
);

/** One instrument or more. */
export const someSymbols: Field = z.array(
  name,
  must("a list of at least one symbol"),
).min(1, must("a list of at least one symbol"));

/** Which fields of a document, such as `sltp.stop_loss_percent`. */
export const paths: Field = z.array(z.string(), must("a list of paths"));

/** How many of something. */
export const count: Field = z.int(A_COUNT).min(0, A_COUNT);

/** A version as settings count them. */
export const version: Field = z.int(A_VERSION).min(1, A_VERSION);

/** A decimal in a text, so that no digit is lost. */
export const decimalText: Field = decimalIn(A_DECIMAL);

/** A decimal as publishers differ about it: in a text or as a number. */
export const decimal: Field = z.union(
  [decimalIn(ANY_DECIMAL), z.number()],
  ANY_DECIMAL,
);

/** A day of the calendar. */
export const date: Field = z.iso.date(
  must("a calendar date written YYYY-MM-DD"),
);

/** A day of a series of numbers. */
export const sequenceDay: Field = z.string(A_SEQUENCE_DAY)
  .regex(/^\d{8}$/, A_SEQUENCE_DAY);

/** An object of which no more is asked. */
export const object: Field = z.looseObject(
  {},
  must("an object"),
);

function decimalIn(be: typeof A_DECIMAL): Field {
  return z.string(be).max(64, be)
    .regex(/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/, be);
}

/** Words for a schema's errors. */
export function must(
  be: string,
): { error: (issue: { input?: unknown }) => string } {
  return { error: ({ input }) => mustBe(be, input) };
}

/** The end of a sentence that begins with the name of a field. */
export function mustBe(be: string, value: unknown): string {
  if (value === undefined) return "is required";
  return `must be ${be}: current value is ${brief(value)}`;
}

function brief(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  // Not everything has a text: a function has none.
  const text = JSON.stringify(value) ?? typeof value;
  return text.length <= 64 ? text : `${text.slice(0, 64)}…`;
}
