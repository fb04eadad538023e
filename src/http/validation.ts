/**
 * Reads values from outside through zod schemas, and says what is wrong.
 *
 * @module
 */
import type { z } from "zod";
import { type FieldError, RequestRefused } from "./errors.ts";

/** Most errors that one answer lists. */
const MAX_ERRORS = 20;

/**
 * What `schema` makes of `value`, or `undefined` with the reasons in `errors`.
 *
 * @param where Where the value stands: `body`, `query`, `path` or `header`.
 */
export function readWith<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  where: string,
  errors: FieldError[],
): z.output<Schema> | undefined {
  const read = schema.safeParse(value, { error: sayWhatIsWrong });
  if (read.success) return read.data;
  for (const issue of read.error.issues) {
    const path = pathOf(where, issue.path);
    if (issue.code !== "unrecognized_keys") {
      errors.push({ path, message: issue.message });
      continue;
    }
    for (const key of issue.keys) {
      errors.push({
        path: pathOf(path, [key]),
        message: "is not known here: check its spelling or leave it out",
      });
    }
  }
  return undefined;
}

/** Says why one cannot `act`; some messages say so themselves. */
export function faultSentence(
  act: string,
  { path, message }: FieldError,
): string {
  return message.startsWith("Cannot ")
    ? message
    : `Cannot ${act} as ${path} ${message}`;
}

/** Refuses the request if anything is wrong with it. */
export function refuseIfWrong(errors: readonly FieldError[]): void {
  const [first] = errors;
  if (!first) return;
  const others = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  throw new RequestRefused(
    "invalid",
    `${faultSentence("accept the request", first)}${others}`,
    { errors: errors.slice(0, MAX_ERRORS) },
  );
}

/** `body` and `["symbols", 1]` give `body.symbols[1]`. */
function pathOf(where: string, path: readonly PropertyKey[]): string {
  let text = where;
  for (const step of path) {
    text += typeof step === "number" ? `[${step}]` : `.${String(step)}`;
  }
  return text.slice(0, 200);
}

/** The end of a sentence that begins with the name of a field. */
function sayWhatIsWrong(issue: z.core.$ZodRawIssue): string | undefined {
  const current = `: current value is ${shown(issue.input)}`;
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined
        ? "is required"
        : `must be ${nounOf(issue.expected)}${current}`;
    case "too_small":
      return `must ${
        amount(issue.origin, "at least", issue.minimum)
      }${current}`;
    case "too_big":
      return `must ${amount(issue.origin, "at most", issue.maximum)}${current}`;
    case "invalid_value":
      if (issue.input === undefined) return "is required";
      return `must be ${issue.values.length === 1 ? "" : "one of "}${
        issue.values.map(shown).join(", ")
      }${current}`;
    default:
      return undefined;
  }
}

function nounOf(type: string): string {
  switch (type) {
    case "int":
    case "integer":
      return "a whole number";
    case "array":
      return "a list";
    case "object":
    case "record":
      return "an object";
    case "boolean":
      return "true or false";
    default:
      return `a ${type}`;
  }
}

function amount(origin: string, limit: string, value: unknown): string {
  const one = value === 1;
  if (origin === "string") {
    return `have ${limit} ${value} ${one ? "character" : "characters"}`;
  }
  if (origin === "array") {
    return `have ${limit} ${value} ${one ? "entry" : "entries"}`;
  }
  return `be ${limit} ${value}`;
}

/** `value` in a few characters. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  if (typeof value === "string" && value.length > 64) {
    return `${JSON.stringify(value.slice(0, 64))}…`;
  }
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
