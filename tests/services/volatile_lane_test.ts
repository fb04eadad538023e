/**
 * The volatile lane: the newest of each key, bounded, to whoever listens.
 *
 * @module
 */
import { parseChannelPatterns } from "../../domain/event/channel_pattern.ts";
import type { NewEvent } from "../../domain/event/event.ts";
import {
  createVolatileLane,
  type VolatileLane,
} from "../../src/services/volatile_lane.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { anEvent } from "../support/events.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";
import { settle } from "../support/turns.ts";

const price = (key: string, n: number, channel = "market.price_update") =>
  anEvent({ n }, { channel, key });

const shown = (events: readonly NewEvent[]) =>
  events.map(({ key, json }) => `${key}=${JSON.parse(json).n}`);

/** Listens in the background; `got` grows while `ready` says so. */
function listen(lane: VolatileLane, patterns: string[] = []) {
  const stop = new AbortController();
  const got: string[][] = [];
  let proceed = () => {};
  let hold: Promise<void> | undefined;
  const ended = (async () => {
    const channels = parseChannelPatterns(patterns);
    for await (const events of lane.listen(channels, stop.signal)) {
      got.push(shown(events));
      await hold;
    }
  })();
  return {
    got,
    pause: () => hold = new Promise((resolve) => proceed = resolve),
    proceed: () => proceed(),
    async stop() {
      stop.abort();
      await ended;
    },
  };
}

Deno.test("nobody listens: nothing is kept, and the publisher knows", async () => {
  const lane = createVolatileLane(createRecordingTelemetry());
  equal(lane.emit(price("SPY", 1)), 0);
  const late = listen(lane);
  await settle();
  equal(lane.emit(price("SPY", 2)), 1);
  await settle();
  deepEqual(late.got, [["SPY=2"]]);
  await late.stop();
  equal(lane.emit(price("SPY", 3)), 0);
});

Deno.test("everybody hears, each only what he asks for", async () => {
  const lane = createVolatileLane(createRecordingTelemetry());
  const all = listen(lane);
  const some = listen(lane, ["market.*"]);
  const none = listen(lane, ["signals.*"]);
  equal(lane.emit(price("SPY", 1)), 2);
  equal(lane.emit(price("SPY", 2, "other")), 1);
  await settle();
  deepEqual(all.got, [["SPY=1", "SPY=2"]]);
  deepEqual(some.got, [["SPY=1"]]);
  deepEqual(none.got, []);
  for (const one of [all, some, none]) await one.stop();
});

Deno.test("a slow listener gets the newest of each key, and holds up nobody", async () => {
  const lane = createVolatileLane(createRecordingTelemetry());
  const slow = listen(lane);
  const fast = listen(lane);
  slow.pause();
  for (let n = 1; n <= 100; n++) {
    lane.emit(price("SPY", n));
    if (n % 10 === 0) lane.emit(price("QQQ", n));
    await settle(10);
  }
  equal(fast.got.flat().length, 110);
  slow.proceed();
  await settle();
  deepEqual(slow.got, [["SPY=1"], ["SPY=100", "QQQ=100"]]);
  equal(lane.dropped, 0);
  await slow.stop();
  await fast.stop();
});

Deno.test("what one user says hides nothing of another's, nor of everybody's", async () => {
  const lane = createVolatileLane(createRecordingTelemetry());
  const slow = listen(lane);
  slow.pause();
  lane.emit(price("first", 0));
  await settle();
  const { meta, ...said } = price("SPY", 1);
  lane.emit({ ...said, meta });
  lane.emit({ ...price("SPY", 2), meta: { ...meta, user: "ann" } });
  lane.emit({ ...price("SPY", 3), meta: { ...meta, user: "bob" } });
  lane.emit({ ...price("SPY", 4), meta: { ...meta, user: "bob" } });
  slow.proceed();
  await settle();
  deepEqual(slow.got[1], ["SPY=1", "SPY=2", "SPY=4"]);
  await slow.stop();
});

Deno.test("what waits is bounded, and what is dropped is counted", async () => {
  const lane = createVolatileLane(createRecordingTelemetry());
  const slow = listen(lane);
  slow.pause();
  lane.emit(price("first", 0));
  await settle();
  for (let n = 0; n < 1030; n++) lane.emit(price(`K${n}`, n));
  lane.emit(price("K6", -1));
  lane.emit(price("late", 1));
  equal(lane.dropped, 7);
  slow.proceed();
  await settle();
  const waited = slow.got[1]!;
  equal(waited.length, 1024);
  // The one that was longest without news has gone.
  equal(waited[0], "K8=8");
  deepEqual(waited.slice(-2), ["K6=-1", "late=1"]);
  await slow.stop();
});

Deno.test("it ends while it waits, and before it begins", async () => {
  const lane = createVolatileLane(createRecordingTelemetry());
  const waiting = listen(lane);
  await settle();
  await waiting.stop();
  for await (const _ of lane.listen(undefined, AbortSignal.abort())) {
    throw new Error("there was nothing to hear");
  }
});
