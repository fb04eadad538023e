/**
 * A process that publishes to a SQLite database and tells what was
 * acknowledged, so that a test can kill it or run several.
 *
 * Prints a line `position id` as soon as an event has been acknowledged. When
 * the database cannot be opened, it prints the error and ends with status 1.
 *
 * Arguments: path, number of events, number of publishers, seed of the ids.
 *
 * @module
 */
import { openSqliteEventBus } from "../../adapters/sqlite/event_bus.ts";
import { uuidV7 } from "../../domain/uuid.ts";
import { anEvent } from "./events.ts";
import { createSeededEntropy } from "./seeded_entropy.ts";
import { openDatabase } from "./sqlite_world.ts";

async function publish(
  path: string,
  count: number,
  publishers: number,
  seed: number,
): Promise<void> {
  await using db = await openDatabase(path, { seed });
  await using bus = openSqliteEventBus(db);
  const entropy = createSeededEntropy(seed);
  let left = count;
  await Promise.all(Array.from({ length: publishers }, async () => {
    while (left-- > 0) {
      const id = uuidV7(Date.now(), entropy.bytes(10));
      const [receipt] = await bus.publish([anEvent({ seed }, { id })]);
      console.log(`${receipt!.position} ${id}`);
    }
  }));
}

if (import.meta.main) {
  const [path, ...numbers] = Deno.args;
  const [count, publishers, seed] = numbers.map(Number);
  try {
    await publish(path!, count!, publishers!, seed!);
  } catch (error) {
    console.log(String(error));
    Deno.exit(1);
  }
}
