/**
 * Places in the log as they are typed.
 *
 * @module
 */
import { UsageError } from "./failures.ts";

/** A place: that position, or the first event committed at that time or later. */
export type Place =
  | "earliest"
  | "head"
  | { readonly position: number }
  | { readonly time: string };

const UNITS_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

/** How places are typed, for the help. */
export const PLACES: readonly string[] = [
  "FROM and TO are places in the log: earliest, head, a position, a time with a",
  "zone (2026-01-02T21:00:00Z) or so long ago (90s, 15m, 2h, 7d).",
];

/** What stretch of the log is wanted, for those who read one and end. */
export const STRETCH_OPTIONS = {
  from: {
    type: "string",
    value: "FROM",
    help: "The first event; earliest when absent",
  },
  to: {
    type: "string",
    value: "TO",
    help: "The last position, or a time before which all lie; head when absent",
  },
} as const;

/**
 * Reads a place that was typed for `name`.
 *
 * @throws {UsageError} When it is none.
 */
export function parsePlace(name: string, text: string, nowMs: number): Place {
  if (text === "earliest" || text === "head") return text;
  if (/^[1-9]\d{0,14}$/.test(text)) return { position: Number(text) };
  const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  if (count !== undefined) {
    const agoMs = Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS];
    const at = Math.max(0, nowMs - agoMs);
    return { time: Temporal.Instant.fromEpochMilliseconds(at).toString() };
  }
  if (TIME.test(text) && !Number.isNaN(Date.parse(text))) return { time: text };
  throw new UsageError(
    `Cannot use ${name} ${text} as it is no place in the log: give earliest, ` +
      "head, a position from 1, a time with a zone such as " +
      "2026-01-02T21:00:00Z, or so long ago such as 15m",
  );
}

/**
 * Reads the stretch that was typed.
 *
 * @throws {UsageError} When its ends are no places, or the wrong way round.
 */
export function parseStretch(
  values: { readonly from?: string; readonly to?: string },
  nowMs: number,
): { readonly from: Place; readonly to: Place } {
  const from = parsePlace("--from", values.from ?? "earliest", nowMs);
  const to = parsePlace("--to", values.to ?? "head", nowMs);
  if (isAfter(from, to)) {
    throw new UsageError(
      "Cannot read backwards: give a --to that comes after --from",
    );
  }
  return { from, to };
}

/** Whether `one` is after `other`, as far as two places of one kind tell. */
function isAfter(one: Place, other: Place): boolean {
  if (typeof one === "string" || typeof other === "string") return false;
  return "position" in one
    ? "position" in other && one.position > other.position
    : "time" in other && Date.parse(one.time) > Date.parse(other.time);
}

/** What the API is asked, to read from `place` on; nothing for its own default. */
export function startQuery(place: Place): Readonly<Record<string, string>> {
  if (typeof place === "string") return {};
  if ("time" in place) return { from_time: place.time };
  return { after: `${place.position - 1}` };
}
