/**
 * What the log drops, as a function of the log and of those who read it.
 *
 * @module
 */
import fc from "fast-check";
import {
  DUPLICATE_WINDOW_MS,
  limitsAt,
  neededBy,
  planTrim,
} from "../../domain/event/retention.ts";
import { deepEqual, equal } from "../support/assert.ts";

const NOW = Date.UTC(2026, 0, 2);
const DAY_MS = 86_400_000;

Deno.test("a policy without limits makes nothing due, nor forces anything", () => {
  const none = { days: 0, count: 0, maxDays: 0, lookBackMs: 0 };
  deepEqual(limitsAt(none, NOW), {
    beforeMs: 0,
    keep: Number.MAX_SAFE_INTEGER,
    youngMs: NOW - DUPLICATE_WINDOW_MS,
    forceMs: 0,
  });
});

Deno.test("a policy counts in days, and keeps what is looked back at", () => {
  const lookBackMs = 3 * DAY_MS;
  const policy = { days: 2, count: 5, maxDays: 4, lookBackMs };
  deepEqual(limitsAt(policy, NOW + 0.5), {
    beforeMs: NOW - 2 * DAY_MS,
    keep: 5,
    youngMs: NOW - 3 * DAY_MS,
    forceMs: NOW - 4 * DAY_MS,
  });
});

Deno.test("a group needs the oldest that is held of what it has not settled", () => {
  equal(neededBy(7, [], 1), 8);
  equal(neededBy(7, [3, 5], 1), 3);
  equal(neededBy(7, [3, 5], 4), 5);
  equal(neededBy(7, [3, 5], 6), 8);
  equal(neededBy(7, [3, 5], 9), undefined);
});

Deno.test("a plan drops exactly what an event by event look allows, from the oldest on", () => {
  const times = fc.array(fc.nat(3), { minLength: 1, maxLength: 30 });
  const limit = fc.nat(40);
  fc.assert(fc.property(
    times,
    fc.nat(50),
    fc.record({ beforeMs: limit, keep: limit, youngMs: limit, forceMs: limit }),
    fc.array(fc.nat(40), { maxLength: 4 }),
    fc.integer({ min: 1, max: 10 }),
    (steps, dropped, limits, needed, most) => {
      let at = 0;
      const events = steps.map((step, i) => ({
        position: dropped + 1 + i,
        at: at += step,
      }));
      const earliest = dropped + 1;
      const position = dropped + events.length;
      const needs = needed.map((n, i) => ({
        group: `g${i}`,
        position: earliest + n,
      }));
      const positionAt = (timeMs: number) =>
        dropped + events.filter((event) => event.at < timeMs).length;
      const log = { earliest, position, positionAt };
      const plan = planTrim(log, limits, needs, most);

      const isDue = (event: typeof events[number]) =>
        event.position < position && event.at < limits.youngMs &&
        (event.at < limits.beforeMs ||
          event.position <= position - limits.keep);
      const mayGo = events.filter((event) =>
        isDue(event) && (event.at < limits.forceMs ||
          needs.every((need) => need.position > event.position))
      );
      const gone = mayGo.slice(0, most);
      equal(Math.max(0, plan.upTo - dropped), gone.length);
      equal(plan.isMore, mayGo.length > most);
      const due = events.filter(isDue);
      for (const { group, position: need } of needs) {
        const isPassed = gone.some((event) => event.position === need);
        equal(plan.passed.includes(group), isPassed);
        const kept = due.filter((event) => event.position >= need).length;
        const pin = plan.pins.find((one) => one.group === group);
        equal(pin?.events, isPassed || kept === 0 ? undefined : kept);
      }
    },
  ));
});
