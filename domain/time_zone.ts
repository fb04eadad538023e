/**
 * Time zones: what they say follows from zone and instant alone.
 *
 * @module
 */

/** Clocks on the wall change at full quarters of an hour only. */
export const QUARTER_MS = 900_000;

/** Answers that are remembered, of all zones. */
const MAX_REMEMBERED = 1000;

/** Whether `name` is an IANA time zone, such as `Europe/Berlin`. */
export function isTimeZone(name: string): boolean {
  // What is an offset, such as +02:00, knows of no summer time.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    // deno-lint-ignore holdfast/pure-core -- no clock: the zone is given
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** What the clock on the wall shows in a zone, such as `2026-01-02T03:04:05`. */
export function wallTime(ms: number, timeZone: string): string {
  return new Intl.DateTimeFormat("sv-SE", {
    timeZone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  }).format(ms).replace(" ", "T");
}

/**
 * `find` with a memory: what holds of the days of a zone at one moment of a
 * quarter of an hour holds at all of them.
 */
export function rememberByQuarter<T>(
  find: (ms: number, timeZone: string) => T,
): (ms: number, timeZone: string) => T {
  const known = new Map<string, { readonly found: T }>();
  return (ms, timeZone) => {
    const key = `${Math.floor(ms / QUARTER_MS)} ${timeZone}`;
    let one = known.get(key);
    if (!one) {
      if (known.size >= MAX_REMEMBERED) known.clear();
      known.set(key, one = { found: find(ms, timeZone) });
    }
    return one.found;
  };
}
