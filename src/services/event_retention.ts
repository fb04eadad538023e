/**
 * Event retention: the log drops what is old or too much, group by group it
 * tells who keeps it from doing so.
 *
 * Every instance does so, without a leader: a step is one transaction, and who
 * comes second finds less to do.
 *
 * @module
 */
import { type LogWatch, watchLog } from "../../domain/event/log_watch.ts";
import {
  limitsAt,
  limitsOf,
  type RetentionPolicy,
  youngFor,
} from "../../domain/event/retention.ts";
import type { Clock } from "../../ports/clock.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import type {
  HeldBack,
  LogRetention,
  LogTrim,
} from "../../ports/log_retention.ts";
import { PortError } from "../../ports/port_error.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { errorFields } from "./error_fields.ts";

/** How often events that are due are looked for. */
const EVERY_MS = 60_000;

/** Between two steps others come in: dropping is never in a hurry. */
const PAUSE_MS = 10;

/** A group that holds events back for so long is told of: others catch up. */
const TELL_AFTER_MS = 600_000;

/** Drops events. */
export interface EventRetention {
  /** Drops what is due, every minute until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** Creates the service; `policy` says what is due. */
export function createEventRetention(parts: {
  readonly bus: Pick<EventBus, "head" | "read">;
  readonly retention: LogRetention;
  readonly policy: RetentionPolicy;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}): EventRetention {
  const { retention, policy, clock, telemetry } = parts;
  const look = createWatch(parts);
  const pins = createPins(clock, telemetry);
  let isFailing = false;

  async function round(signal: AbortSignal): Promise<void> {
    let trim: LogTrim;
    do {
      const limits = limitsOf(policy, await look(signal));
      trim = await retention.trim(limits, signal);
      const { dropped, passed } = trim;
      if (dropped > 0) {
        telemetry.count("holdfast_log_dropped_total", {}, dropped);
      }
      for (const group of passed) {
        telemetry.log(
          "error",
          "events were dropped that an event group had not handled; it has lost its place",
          { group, max_days: policy.maxDays },
        );
      }
      if (trim.isMore) await clock.sleep(PAUSE_MS, signal);
    } while (trim.isMore);
    const { head, oldestAt } = trim;
    const age = oldestAt === undefined ? 0 : clock.now() - oldestAt;
    const held = head.position - head.earliest + 1;
    telemetry.gauge("holdfast_log_events", held);
    telemetry.gauge("holdfast_log_oldest_age_seconds", Math.max(0, age) / 1000);
    pins.note(trim.pins);
  }

  async function tryRound(signal: AbortSignal): Promise<void> {
    try {
      await round(signal);
      if (isFailing) telemetry.log("info", "old events are dropped again");
      isFailing = false;
    } catch (error) {
      if (signal.aborted) return;
      const code = error instanceof PortError ? error.code : "internal";
      const labels = { port: "log_retention", code };
      telemetry.count("holdfast_port_errors_total", labels);
      if (isFailing) return;
      isFailing = true;
      telemetry.log("warn", "old events were not dropped", errorFields(error));
    }
  }

  return {
    async run(signal) {
      const { beforeMs, youngMs } = limitsAt(policy, clock.now());
      if (beforeMs > youngMs) {
        telemetry.log(
          "info",
          "events are kept longer than EVENTS_RETENTION_DAYS says, as the autopilot looks further back",
          { days: policy.days, look_back_ms: policy.lookBackMs },
        );
      }
      while (!signal.aborted) {
        await tryRound(signal);
        try {
          await clock.sleep(EVERY_MS, signal);
        } catch {
          return; // told to end
        }
      }
    },
  };
}

/** Looks at the newest event, and tells when the clock that stamps them is ahead. */
function createWatch({ bus, policy, clock, telemetry }: {
  readonly bus: Pick<EventBus, "head" | "read">;
  readonly policy: RetentionPolicy;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}): (signal: AbortSignal) => Promise<LogWatch> {
  let watch: LogWatch | undefined;

  async function newestAt(
    position: number,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    if (position === 0) return undefined;
    const page = await bus.read({ after: position - 1, limit: 1 }, signal);
    return page.events[0]?.committedAt;
  }

  return async (signal) => {
    const { epoch, position } = await bus.head(signal);
    const before = watch;
    watch = watchLog(before, {
      nowMs: clock.now(),
      monotonicMs: clock.monotonic(),
      epoch,
      position,
      newestAt: await newestAt(position, signal),
    }, youngFor(policy));
    const { aheadMs } = watch;
    telemetry.gauge("holdfast_log_clock_ahead_seconds", aheadMs / 1000);
    const wasAhead = (before?.aheadMs ?? 0) > 0;
    if (aheadMs > 0 && !wasAhead) {
      telemetry.log(
        "warn",
        "the newest event is stamped later than now: a clock ran ahead, or this one is behind; until then events are dropped by their number only",
        { position, ahead_s: Math.round(aheadMs / 1000) },
      );
    } else if (wasAhead && aheadMs === 0) {
      const said = "the newest event is not stamped later than now any more";
      telemetry.log("info", said, { position });
    }
    return watch;
  };
}

/** Who holds events back, and since when that is known. */
function createPins(clock: Clock, telemetry: Telemetry) {
  const since = new Map<string, { at: number; isTold: boolean }>();

  function measure(group: string, events: number, age: number): void {
    const labels = { group };
    telemetry.gauge("holdfast_group_pinned_events", events, labels);
    telemetry.gauge("holdfast_group_pinned_seconds", age / 1000, labels);
  }

  return {
    note(pins: readonly HeldBack[]): void {
      const now = clock.monotonic();
      const over = new Map(since);
      for (const { group, position, events, committedAt } of pins) {
        over.delete(group);
        const age = Math.max(0, clock.now() - committedAt);
        measure(group, events, age);
        const known = since.get(group) ?? { at: now, isTold: false };
        since.set(group, known);
        if (known.isTold || now - known.at < TELL_AFTER_MS) continue;
        known.isTold = true;
        telemetry.log(
          "warn",
          "an event group keeps old events from being dropped: let it go on, send it elsewhere, or delete it",
          { group, position, events, age_s: Math.round(age / 1000) },
        );
      }
      for (const [group, { isTold }] of over) {
        since.delete(group);
        measure(group, 0, 0);
        if (!isTold) continue;
        const said = "an event group does not keep old events any more";
        telemetry.log("info", said, { group });
      }
    },
  };
}
