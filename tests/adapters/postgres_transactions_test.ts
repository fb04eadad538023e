/**
 * Positions while two transactions are open at the same time: what commits
 * later stands later, and what is rolled back has never been there.
 *
 * @module
 */
import { openPostgresEventBus } from "../../adapters/postgres/event_bus.ts";
import { openPostgresSettingsStore } from "../../adapters/postgres/settings_store.ts";
import { parseSettingsKey } from "../../domain/settings.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { anEvent } from "../support/events.ts";
import {
  connectPsql,
  createPostgresWorld,
  type Psql,
} from "../support/postgres_world.ts";
import { requireService } from "../support/services.ts";

const KEYS = ["user:1:settings:all", "user:2:settings:all"]
  .map(parseSettingsKey);

/** A log with two documents, and two people who change them by hand. */
async function openWorld(url: string) {
  await using stack = new AsyncDisposableStack();
  const world = stack.use(await createPostgresWorld(url));
  const settings = stack.use(openPostgresSettingsStore(world.db));
  const bus = stack.use(openPostgresEventBus(world.db));
  const people = [connectPsql(world.url), connectPsql(world.url)] as const;
  for (const psql of people) stack.use(psql);
  const changes = KEYS.map((key) => ({ key, json: '"first"' }));
  await settings.write(changes, "1");
  const open = stack.move();
  return { bus, people, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

const change = (psql: Psql, i: number) =>
  psql`UPDATE settings SET value = ${`"by ${i}"`} WHERE key = ${KEYS[i]!}`;

/** A reader that never looks back, and what it has got. */
function createReader(bus: EventBus, after: number) {
  const seen: (readonly [position: number, key: string | undefined])[] = [];
  return {
    seen,
    async read() {
      const page = await bus.read({ after, limit: 100 });
      seen.push(
        ...page.events.map(({ position, key }) => [position, key] as const),
      );
      after = page.scannedTo;
    },
  };
}

const url = await requireService(import.meta.url, "postgres");
if (url) {
  Deno.test("postgres: of two open transactions the one that commits first stands first, and no reader passes over the other", async () => {
    await using world = await openWorld(url);
    const { bus, people: [ann, bob] } = world;
    const reader = createReader(bus, 2);
    await ann.unsafe("BEGIN");
    await bob.unsafe("BEGIN");
    await change(ann, 0);
    // It began later, and would have the next number of a sequence.
    const changed = change(bob, 1).execute();
    await reader.read();
    equal(reader.seen.length, 0, "nothing is committed");
    await ann.unsafe("COMMIT");
    await reader.read();
    await changed;
    const [receipt] = await Promise.all([
      bus.publish([anEvent({}, { key: "event" })]),
      reader.read(),
      bob.unsafe("COMMIT"),
    ]);
    await reader.read();
    const all = await bus.read({ after: 2, limit: 100 });
    deepEqual(reader.seen.map(([position]) => position), [3, 4, 5]);
    deepEqual(
      reader.seen,
      all.events.map(({ position, key }) => [position, key]),
    );
    deepEqual(reader.seen[0], [3, KEYS[0]]);
    equal(all.events[receipt[0]!.position - 3]!.key, "event");
  });

  Deno.test("postgres: of two open transactions the one that is rolled back leaves neither event nor hole", async () => {
    await using world = await openWorld(url);
    const { bus, people: [ann, bob] } = world;
    const reader = createReader(bus, 2);
    for (let round = 0; round < 3; round++) {
      await ann.unsafe("BEGIN");
      await bob.unsafe("BEGIN");
      await change(ann, 0);
      const changed = change(bob, 1).execute();
      const published = bus.publish([anEvent({}, { key: "event" })]);
      await reader.read();
      await ann.unsafe("ROLLBACK");
      await changed;
      await bob.unsafe("COMMIT");
      await published;
      await reader.read();
    }
    const { seen } = reader;
    deepEqual(seen.map(([position]) => position), [3, 4, 5, 6, 7, 8]);
    equal(seen.some(([, key]) => key === KEYS[0]), false);
    equal(seen.filter(([, key]) => key === KEYS[1]).length, 3);
  });
}
