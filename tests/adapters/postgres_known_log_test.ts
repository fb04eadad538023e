/**
 * A database that was restored behind a process's back: its log gets another
 * epoch before anything is asked of it.
 *
 * @module
 */
import { openPostgresEventBus } from "../../adapters/postgres/event_bus.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { anEvent } from "../support/events.ts";
import { createPostgresWorld } from "../support/postgres_world.ts";
import { requireService } from "../support/services.ts";

/** A log of three events that this process knows. */
async function openWorld(url: string) {
  await using stack = new AsyncDisposableStack();
  const world = stack.use(await createPostgresWorld(url));
  const bus = stack.use(openPostgresEventBus(world.db));
  for (let i = 0; i < 3; i++) await bus.publish([anEvent()]);
  const { psql } = world;
  const { epoch } = await bus.head();
  const open = stack.move();
  return {
    bus,
    psql,
    epoch,
    /** Does something to the database while this process is not connected. */
    async behindItsBack(...statements: string[]): Promise<void> {
      for (const statement of statements) await psql.unsafe(statement);
      await psql`
        SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
        WHERE application_name = current_schema() AND pid <> pg_backend_pid()`;
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

const url = await requireService(import.meta.url, "postgres");
if (url) {
  Deno.test("postgres: a log that is shorter than it is known to be gets another epoch before it is read", async () => {
    await using world = await openWorld(url);
    await world.behindItsBack(
      "DELETE FROM event_log WHERE pos > 1",
      "UPDATE log_head SET pos = 1",
    );
    const head = await world.bus.head();
    equal(head.position, 1);
    ok(head.epoch !== world.epoch);
    const [receipt] = await world.bus.publish([anEvent()]);
    equal(receipt!.position, 2);
    equal((await world.bus.head()).epoch, head.epoch, "and only one");
  });

  Deno.test("postgres: a log that was shorter and has grown again gets another epoch before it is read", async () => {
    await using world = await openWorld(url);
    await world.behindItsBack(
      "UPDATE event_log SET id = gen_random_uuid() WHERE pos > 1",
      "UPDATE log_head SET pos = 9",
    );
    ok((await world.bus.head()).epoch !== world.epoch);
  });

  Deno.test("postgres: a lost connection alone, and events that were dropped, leave the epoch as it is", async () => {
    await using world = await openWorld(url);
    await world.behindItsBack();
    equal((await world.bus.head()).epoch, world.epoch);
    await world.behindItsBack("DELETE FROM event_log");
    const head = await world.bus.head();
    deepEqual([head.epoch, head.position], [world.epoch, 3]);
  });

  Deno.test("postgres: a log that cannot be compared is not used until it can be", async () => {
    await using world = await openWorld(url);
    await world.behindItsBack("ALTER TABLE event_log RENAME TO elsewhere");
    await rejects(world.bus.head(), { name: "PortError" });
    await world.psql.unsafe("ALTER TABLE elsewhere RENAME TO event_log");
    equal((await world.bus.head()).epoch, world.epoch);
  });
}
