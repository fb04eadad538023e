/**
 * Time zones: what they say follows from zone and instant alone.
 *
 * @module
 */

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
