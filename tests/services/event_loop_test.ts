/**
 * How late timers are.
 *
 * @module
 */
import { measureEventLoop } from "../../src/services/event_loop.ts";
import { deepEqual, rejects } from "../support/assert.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";

Deno.test("event loop: what is measured is by how much a timer was late", async () => {
  const telemetry = createRecordingTelemetry();
  const stop = new AbortController();
  const lateMs = [0, 30, 0];
  let now = 1000;
  const clock = {
    now: () => 0,
    monotonic: () => now,
    async sleep(ms: number, signal?: AbortSignal) {
      const late = lateMs.shift();
      if (late === undefined) stop.abort(new Error("it is over"));
      signal?.throwIfAborted();
      now += ms + late!;
    },
  };
  await rejects(measureEventLoop({ clock, telemetry }, stop.signal), /over/);
  const seconds = telemetry.observed("holdfast_event_loop_delay_seconds");
  deepEqual(seconds, [0, 0.03, 0]);
});
