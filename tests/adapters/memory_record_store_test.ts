/**
 * The record store in memory obeys the contract of its port.
 *
 * @module
 */
import { deepEqual, equal, rejects } from "../support/assert.ts";
import { parseSettingsKey } from "../../domain/settings.ts";
import { testRecordStore } from "../contracts/record_store.ts";
import { anEvent } from "../support/events.ts";
import { createMemoryWorld, subject } from "../support/memory_world.ts";

const KEY = parseSettingsKey("user:1:settings:all");

testRecordStore("memory", async () => {
  const world = createMemoryWorld({ capacity: 2000 });
  const { log, clock } = world;
  const [store, settings, bus] = [
    world.record(),
    world.settings(),
    world.bus(),
  ];
  const hooks = {
    changeEpoch: async () => log.renewEpoch(),
    async dropOldest() {
      for (let i = 0; i < 3000; i++) await bus.publish([anEvent()]);
    },
    elapse: clock.advance,
  };
  return subject({ store, settings, bus, ...hooks }, store, settings, bus);
});

Deno.test("memory: a log that is put back gives its positions out again, in another epoch", async () => {
  const { log, ...world } = createMemoryWorld({ capacity: 8 });
  const [store, settings, bus] = [
    world.record(),
    world.settings(),
    world.bus(),
  ];
  const write = () => settings.write([{ key: KEY, json: "1" }], "1");
  const event = anEvent();
  await write();
  await bus.publish([anEvent()]);
  await bus.publish([event]);
  await write();
  const { epoch } = log.head();

  log.renewEpoch(2);
  const view = await store.read([]);
  deepEqual([view.head.position, view.settingsPosition], [2, 1]);
  deepEqual(view.formerEpochs, [epoch]);
  await rejects(bus.read({ after: 2, limit: 1, epoch }), {
    code: "epoch_changed",
  });
  deepEqual(await bus.publish([event]), [
    { id: event.id, position: 3, duplicate: false },
  ]);

  for (let i = 0; i < 8; i++) await bus.publish([anEvent()]);
  equal(log.head().earliest, 4);
  equal(log.settingsPosition(), 1);
  await write();
  log.renewEpoch(11);
  equal(log.settingsPosition(), 1);
});
