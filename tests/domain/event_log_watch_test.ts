/**
 * What is held to be the time, and to be old, when clocks are wrong.
 *
 * @module
 */
import fc from "fast-check";
import {
  type LogSight,
  type LogWatch,
  oldTo,
  watchLog,
} from "../../domain/event/log_watch.ts";
import { limitsAt, limitsOf } from "../../domain/event/retention.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";

const NOW = Date.UTC(2026, 0, 2);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const SIGHT: LogSight = {
  nowMs: NOW,
  monotonicMs: 0,
  epoch: "e",
  position: 9,
  newestAt: NOW,
};

const look = (sight: Partial<LogSight>, before?: LogWatch) =>
  watchLog(before, { ...SIGHT, ...sight }, HOUR_MS);

Deno.test("a clock is believed a day beyond the newest event, then a day more each hour", () => {
  equal(look({ newestAt: NOW - 5 * HOUR_MS }).nowMs, NOW);
  const nowMs = NOW + 9 * DAY_MS;
  let watch = look({ nowMs });
  equal(watch.nowMs, NOW + DAY_MS);
  watch = look({ nowMs: nowMs + HOUR_MS, monotonicMs: HOUR_MS }, watch);
  equal(watch.nowMs, NOW + 2 * DAY_MS);
  watch = look({ nowMs, monotonicMs: 9 * HOUR_MS }, watch);
  equal(watch.nowMs, nowMs, "it has caught up");
});

Deno.test("a leap of a day is believed at once, a larger one is not, and a step back always is", () => {
  let watch = look({});
  watch = look({ nowMs: NOW + DAY_MS }, watch);
  equal(watch.nowMs, NOW + DAY_MS);
  watch = look({ nowMs: NOW + 900 * DAY_MS }, watch);
  equal(watch.nowMs, NOW + DAY_MS);
  watch = look({ nowMs: NOW }, watch);
  equal(watch.nowMs, NOW);
  const empty = { newestAt: undefined, position: 0 };
  equal(look(empty).nowMs, NOW);
});

Deno.test("the clock of the log is ahead by more than a minute, or not at all", () => {
  const ahead = (ms: number) => look({ newestAt: NOW + ms }).aheadMs;
  const seen = [-DAY_MS, 0, MINUTE_MS, MINUTE_MS + 1].map(ahead);
  deepEqual(seen, [0, 0, 0, MINUTE_MS + 1]);
});

Deno.test("old is what this process has seen for a whole window, in one life of the log", () => {
  const steps = fc.array(
    fc.record({
      ms: fc.oneof(fc.nat(20 * MINUTE_MS), fc.nat(MINUTE_MS), fc.constant(0)),
      published: fc.nat(5),
      isOther: fc.nat(30).map((n) => n === 0),
    }),
    { maxLength: 200, size: "max" },
  );
  fc.assert(fc.property(steps, (steps) => {
    let watch: LogWatch | undefined;
    let [monotonicMs, position, life] = [0, 0, 0];
    let seen: LogSight[] = [];
    for (const { ms, published, isOther } of steps) {
      monotonicMs += ms;
      position += published;
      if (isOther) [life, seen] = [life + 1, []];
      const sight = { ...SIGHT, epoch: `${life}`, position, monotonicMs };
      seen.push(sight);
      watch = look(sight, watch);
      const old = oldTo(watch, HOUR_MS);
      const atLeast = (minutes: number) =>
        seen.findLast((one) =>
          one.monotonicMs <= monotonicMs - minutes * MINUTE_MS
        )?.position;
      const most = atLeast(61);
      ok(old === undefined || old <= most!, "it is not old");
      const least = atLeast(62);
      ok(least === undefined || old! >= least, "it has been old for long");
    }
  }));
});

Deno.test("a look a second costs no more memory than a look a minute", () => {
  let watch = look({});
  for (let monotonicMs = 0; monotonicMs < 3 * HOUR_MS; monotonicMs += 1000) {
    watch = look({ monotonicMs }, watch);
    ok(watch.marks.length < 140, `${watch.marks.length} marks`);
  }
});

Deno.test("what is known to be old goes by its number where the clock of the log is ahead, and nothing else that is young", () => {
  const policy = { days: 2, count: 5, maxDays: 3, lookBackMs: 0 };
  const newestAt = NOW + DAY_MS;
  const first = look({ newestAt, position: 100 });
  deepEqual(limitsOf(policy, first), limitsAt(policy, NOW), "nothing is known");
  const later = { nowMs: NOW, monotonicMs: 2 * HOUR_MS, position: 130 };
  const ahead = look({ ...later, newestAt }, first);
  deepEqual(limitsOf(policy, ahead), {
    beforeMs: NOW - 2 * DAY_MS,
    keep: 30,
    youngMs: Number.MAX_SAFE_INTEGER,
    forceMs: NOW - 3 * DAY_MS,
  });
  const looser = { ...policy, count: 40 };
  equal(limitsOf(looser, ahead).keep, 40);
  const further = { ...policy, lookBackMs: HOUR_MS * 3 };
  deepEqual(limitsOf(further, ahead), limitsAt(further, NOW));
  const right = look({ ...later, newestAt: NOW }, first);
  deepEqual(limitsOf(policy, right), limitsAt(policy, NOW));
});
