/**
 * Documents that are not there: not yet, or removed by hand.
 *
 * @module
 */
import { openMemorySettingsStore } from "../../adapters/memory/settings_store.ts";
import type { FaultTarget } from "./fleet.ts";
import { EPOCH_MS } from "./instance_clock.ts";
import type { World } from "./world.ts";

/** How many of the schedules have documents that are not there. */
const SHARE = 0.25;

/** How often a document is removed there. */
const GAP_MS = 400;

/** Stores the first documents; in some schedules not all, and some are removed later. */
export async function storeFirst(target: FaultTarget): Promise<void> {
  const { world } = target;
  const { database, keys, newValue } = world;
  // A stream of its own: other schedules stay as they are.
  const chance = world.chance("absence");
  const isPartial = chance.happens(SHARE);
  const store = openMemorySettingsStore(database.log, database.documents);
  for (const key of keys) {
    if (isPartial && chance.happens(0.5)) continue;
    const changes = [{ key, json: newValue() }];
    database.onCommit(changes, await store.write(changes, "nobody"));
  }
  if (isPartial) removeNext();

  function removeNext(): void {
    world.timeline.after(chance.around(GAP_MS), undefined, () => {
      if (target.isHealed) return;
      if (database.isRunning) removeByHand(world, chance.pick(keys));
      removeNext();
    });
  }
}

/** Removes the row as somebody does in SQL, where a trigger writes to the log. */
function removeByHand(
  { database, history, trace }: World,
  key: World["keys"][number],
): void {
  const { log, documents } = database;
  if (!documents.delete(key)) return;
  const meta = { timestamp: new Date(EPOCH_MS).toISOString() };
  const entry = { id: log.newId(), channel: "settings.updated", key };
  log.append([{ ...entry, json: "{}", meta }]);
  const { position } = log.head();
  history.remove(key, position);
  trace(() => `REMOVED by hand: ${key}, as ${position}`);
}
