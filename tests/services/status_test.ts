/**
 * What the service knows of itself for whoever watches.
 *
 * @module
 */
import { createStatusService } from "../../src/services/status.ts";
import type { RecordLook } from "../../src/services/status.ts";
import type { ServiceMode } from "../../src/services/system_state.ts";
import { deepEqual, equal, rejects } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { createFakeState } from "../support/fake_state.ts";

const HEAD = { epoch: "e", position: 7, earliest: 1 };

function createWorld(
  look: (signal?: AbortSignal) => Promise<RecordLook> = () =>
    Promise.resolve({ head: HEAD, instances: [] }),
) {
  const clock = createFakeClock();
  const fake = createFakeState();
  const listeners = new Set<() => void>();
  const world = {
    clock,
    mode: "normal" as ServiceMode,
    active: "redis",
    checkpoint: 7 as number | undefined,
    looks: 0,
    listeners,
    tell: () => listeners.forEach((listener) => listener()),
    status: undefined as unknown as ReturnType<typeof createStatusService>,
  };
  world.status = createStatusService({
    clock,
    record: "postgres",
    instance: "one",
    checkpoint: () => world.checkpoint,
    look(signal) {
      world.looks++;
      return look(signal);
    },
    state: {
      ...fake,
      mode: () => world.mode,
      adapters: () =>
        fake.adapters().map((one) => ({ ...one, active: world.active })),
      listen(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
  });
  return world;
}

Deno.test("status: a look serves everybody for almost a second", async () => {
  const world = createWorld();
  await Promise.all([world.status.look(), world.status.look()]);
  await world.status.look();
  equal(world.looks, 1);
  await world.clock.advance(1000);
  const { log } = await world.status.look();
  equal(world.looks, 2);
  deepEqual(log, HEAD);
});

Deno.test("status: a database that hangs costs half a second, and its last word stands", async () => {
  let hangs = false;
  const world = createWorld((signal) =>
    hangs
      ? new Promise((_, reject) =>
        signal!.addEventListener("abort", () => reject(signal!.reason))
      )
      : Promise.resolve({ head: HEAD, instances: [] })
  );
  await world.status.look();
  hangs = true;
  await world.clock.advance(1000);
  const looking = world.status.look();
  await world.clock.advance(500);
  const { isDatabaseUp, log } = await looking;
  equal(isDatabaseUp, false);
  deepEqual(log, HEAD);
});

Deno.test("status: a change of mode and the ports that turn after it are one change", async () => {
  const world = createWorld();
  await world.clock.advance(10_000);
  world.mode = "degraded";
  world.tell();
  world.active = "postgres";
  world.tell();
  world.tell();
  const { changes, mode } = await world.status.look();
  equal(mode, "degraded");
  deepEqual(
    changes.map(({ mode, adapters }) => [mode, adapters["settings_store"]]),
    [["normal", "redis"], ["degraded", "postgres"]],
  );
});

Deno.test("status: who waits hears of a change, or of the end", async () => {
  const world = createWorld();
  const stop = new AbortController();
  const changed = world.status.changed(stop.signal);
  world.tell();
  await changed;
  const waiting = world.status.changed(stop.signal);
  stop.abort(new Error("left"));
  await rejects(waiting, { message: "left" });
  world.status[Symbol.dispose]();
  equal(world.listeners.size, 0);
});

Deno.test("status: changes are bounded", async () => {
  const world = createWorld();
  for (let i = 0; i < 150; i++) {
    await world.clock.advance(1000);
    world.mode = i % 2 ? "normal" : "degraded";
    world.tell();
  }
  equal((await world.status.look()).changes.length, 100);
});
