/**
 * Redis filled anew with the settings of known users.
 *
 * @module
 */
import { type SettingsKey, settingsKey } from "../../domain/settings.ts";
import { parseUserId } from "../../domain/user_id.ts";
import { PortError } from "../../ports/port_error.ts";
import { keepWarm } from "../../src/services/settings/warm_up.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { createMemoryWorld } from "../support/memory_world.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";

const turns = () => new Promise((resolve) => setTimeout(resolve, 0));

/** Keys of `count` users' modes, in order. */
const keysOf = (count: number) =>
  Array.from({ length: count }, (_, i) => {
    const user = parseUserId(`u${String(i).padStart(6, "0")}`);
    return settingsKey(user, "mode:scalp");
  });

/** A warm-up of `count` documents, which can be told that Redis begins anew. */
function openWarmUp(count: number) {
  const keys = keysOf(count);
  const clock = createFakeClock();
  const telemetry = createRecordingTelemetry();
  const stop = new AbortController();
  const listeners = new Set<() => void>();
  const read: (readonly SettingsKey[])[] = [];
  const world = createMemoryWorld();
  const faults: Error[] = [];
  const done = keepWarm({
    clock,
    telemetry,
    store: {
      ...world.settings(),
      async read(keys, signal) {
        signal?.throwIfAborted();
        const fault = faults.shift();
        if (fault) throw fault;
        read.push(keys);
        return { documents: [], source: "database", verified: true };
      },
    },
    archive: {
      ...world.archive(),
      async keys({ after = "", limit }) {
        return keys.filter((key) => key > after).slice(0, limit);
      },
    },
    onAnew(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  }, stop.signal);
  return {
    keys,
    read,
    faults,
    listeners,
    stop,
    done,
    beginAnew: () => listeners.forEach((listener) => listener()),
    /** Lets `batches` pauses pass. */
    async pass(batches: number) {
      for (let i = 0; i < batches; i++) {
        await turns();
        await clock.advance(5);
      }
      await turns();
    },
    lines: () =>
      telemetry.logged().map(({ level, message, fields }) =>
        `${level} ${message} ${fields["documents"] ?? ""}`.trim()
      ),
  };
}

Deno.test("nothing is warmed up before Redis begins anew", async () => {
  const warm = openWarmUp(10);
  await warm.pass(5);
  deepEqual(warm.read, []);
  warm.stop.abort();
  await warm.done;
});

Deno.test("every document is read once, in batches, with a pause after each", async () => {
  const warm = openWarmUp(150);
  warm.beginAnew();
  await turns();
  equal(warm.read.length, 1);
  await warm.pass(5);
  deepEqual(warm.read.map((keys) => keys.length), [64, 64, 22]);
  deepEqual(warm.read.flat(), warm.keys);
  deepEqual(warm.lines(), ["debug settings warmed up 150"]);
  await warm.pass(5);
  equal(warm.read.length, 3);
  warm.beginAnew();
  await warm.pass(5);
  equal(warm.read.length, 6);
  warm.stop.abort();
  await warm.done;
});

Deno.test("a warm-up that is overtaken begins again from the start", async () => {
  const warm = openWarmUp(200);
  warm.beginAnew();
  await warm.pass(1);
  equal(warm.read.length, 2);
  warm.beginAnew();
  warm.beginAnew();
  await warm.pass(6);
  const [first, second, ...rest] = warm.read;
  deepEqual([first!.length, second!.length], [64, 64]);
  deepEqual(rest.flat(), warm.keys);
  warm.stop.abort();
  await warm.done;
});

Deno.test("a warm-up has an end, however many documents there are", async () => {
  const warm = openWarmUp(20_500);
  warm.beginAnew();
  await warm.pass(325);
  const count = warm.read.flat().length;
  ok(count >= 20_000 && count < 20_000 + 64, String(count));
  deepEqual(warm.lines(), [`debug settings warmed up ${count}`]);
  warm.stop.abort();
  await warm.done;
});

Deno.test("a warm-up that fails is told, and the next one begins", async () => {
  const warm = openWarmUp(10);
  warm.faults.push(new PortError("unavailable", "Cannot reach it"));
  warm.beginAnew();
  await warm.pass(2);
  deepEqual(warm.lines(), ["warn settings were not warmed up"]);
  deepEqual(warm.read, []);
  warm.beginAnew();
  await warm.pass(2);
  deepEqual(warm.read.flat(), warm.keys);
  warm.stop.abort();
  await warm.done;
});

Deno.test("it ends with the signal, idle or at work, without a word, and lets go", async () => {
  for (const isAtWork of [false, true]) {
    const warm = openWarmUp(200);
    if (isAtWork) warm.beginAnew();
    await turns();
    equal(warm.listeners.size, 1);
    warm.stop.abort();
    await warm.done;
    equal(warm.listeners.size, 0);
    deepEqual(warm.lines().filter((line) => line.startsWith("warn")), []);
    ok(warm.read.length <= 1);
  }
});
