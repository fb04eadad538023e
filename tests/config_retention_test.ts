/**
 * How long events are kept, as it is configured.
 *
 * @module
 */
import { parseConfig } from "../src/config.ts";
import { deepEqual } from "./support/assert.ts";
import { refusals } from "./support/refusals.ts";

Deno.test("events are kept for 35 days, as long as groups need them, or as is said", () => {
  const byDefault = parseConfig().eventRetention;
  deepEqual(byDefault, { days: 35, count: 0, maxDays: 0 });
  const forEver = { EVENTS_RETENTION_DAYS: "0" };
  deepEqual(parseConfig(forEver).eventRetention, { ...byDefault, days: 0 });
  const both = { ...forEver, EVENTS_RETENTION_MAX_DAYS: "9" };
  const counted = parseConfig({ ...both, EVENTS_RETENTION_COUNT: "5" });
  deepEqual(counted.eventRetention, { days: 0, count: 5, maxDays: 9 });
  deepEqual(refusals(both), [
    "Cannot use EVENTS_RETENTION_MAX_DAYS as all events are kept for ever: set EVENTS_RETENTION_DAYS or EVENTS_RETENTION_COUNT",
  ]);
});
