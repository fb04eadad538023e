/**
 * What is measured of the follower: gate, lag and changes of the mode.
 *
 * @module
 */
import { createFakeClock } from "../support/fake_clock.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";
import type { FollowerState } from "../../src/follower/follower.ts";
import { measureFollower } from "../../src/follower/gauges.ts";
import { equal, ok } from "../support/assert.ts";
import { settle } from "../support/turns.ts";

function createWorld() {
  const clock = createFakeClock();
  const telemetry = createRecordingTelemetry();
  const listeners = new Set<() => void>();
  let state: FollowerState = {
    mode: "degraded",
    mayAnswer: false,
    isFastLayerUp: true,
    fault: "Cannot use Redis as it is away",
    checkpoint: undefined,
    head: 0,
  };
  const measuring = measureFollower({
    state: () => state,
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  }, { clock, telemetry });
  return {
    /** Lets time go by. */
    async pass(ms: number) {
      for (let passed = 0; passed < ms; passed += 500) {
        await clock.advance(500);
        await settle();
      }
    },
    telemetry,
    measuring,
    become(more: Partial<FollowerState>) {
      state = { ...state, ...more };
      for (const listener of listeners) listener();
    },
    gate: () => telemetry.gauged("holdfast_gate_open"),
    lag: () => telemetry.gauged("holdfast_drain_lag_positions"),
    lagS: () => telemetry.gauged("holdfast_drain_lag_seconds"),
    changes: (mode: string) =>
      telemetry.counted("holdfast_mode_changes_total", { mode }),
  };
}

Deno.test("follower gauges: nobody knows the lag of what has never followed", async () => {
  const { measuring, become, gate, lag, lagS } = createWorld();
  await using _ = measuring;
  become({ head: 7 });
  equal(gate(), 0);
  equal(lag(), NaN);
  equal(lagS(), NaN);
});

Deno.test("follower gauges: the lag counts positions, and for how long the oldest is known", async () => {
  const { pass, measuring, become, gate, lag, lagS } = createWorld();
  await using _ = measuring;
  become({ mode: "normal", checkpoint: 5, head: 5 });
  await pass(3000);
  equal(gate(), 1);
  equal(lag(), 0);
  equal(lagS(), 0);
  become({ head: 9 });
  equal(lag(), 4);
  await pass(2000);
  equal(lagS(), 2);
  // It goes on growing while the gate is closed.
  become({ mode: "degraded", checkpoint: undefined, head: 12 });
  equal(lag(), 7);
  await pass(1000);
  equal(gate(), 0);
  equal(lagS(), 3);
  // What has been followed is no lag any more, what came later is.
  become({ mode: "normal", checkpoint: 10 });
  equal(lag(), 2);
  equal(lagS(), 1);
  become({ checkpoint: 12 });
  equal(lag(), 0);
  equal(lagS(), 0);
});

Deno.test("follower gauges: a log that keeps growing is no lag where it is followed", async () => {
  const { pass, measuring, become, lag, lagS } = createWorld();
  await using _ = measuring;
  for (let head = 1; head <= 100; head++) {
    become({ mode: "normal", checkpoint: head - 1, head });
    await pass(500);
  }
  equal(lag(), 1);
  ok(lagS()! <= 0.5);
});

Deno.test("follower gauges: an outage of hours is measured with few notes", async () => {
  const { pass, measuring, become, lag, lagS } = createWorld();
  await using _ = measuring;
  become({ mode: "normal", checkpoint: 1, head: 1 });
  await pass(500);
  become({ mode: "degraded", checkpoint: undefined });
  for (let head = 2; head < 2002; head++) {
    become({ head });
    await pass(500);
  }
  equal(lag(), 2000);
  ok(lagS()! > 998 && lagS()! <= 1000);
  become({ checkpoint: 2001 });
  equal(lagS(), 0);
});

Deno.test("follower gauges: another epoch of the log counts anew", async () => {
  const { pass, measuring, become, lag, lagS } = createWorld();
  await using _ = measuring;
  become({ mode: "normal", checkpoint: 5, head: 9 });
  await pass(1000);
  become({ checkpoint: 0, head: 0 });
  equal(lag(), 0);
  equal(lagS(), 0);
});

Deno.test("follower gauges: changes of the mode are counted, and nothing else", async () => {
  const { measuring, become, changes } = createWorld();
  await using _ = measuring;
  become({ mode: "normal" });
  become({ head: 3 });
  become({ mode: "degraded" });
  become({ mode: "normal" });
  equal(changes("normal"), 2);
  equal(changes("degraded"), 1);
});

Deno.test("follower gauges: what is closed tells nothing more", async () => {
  const { telemetry, measuring, gate, become, changes } = createWorld();
  equal(gate(), 0);
  await measuring[Symbol.asyncDispose]();
  telemetry.gauge("holdfast_gate_open", 7);
  become({ mode: "normal" });
  equal(gate(), 7);
  equal(changes("normal"), 0);
});
