/**
 * The sequence ledger in Postgres obeys the contract of its port.
 *
 * @module
 */
import { openPostgresEventBus } from "../../adapters/postgres/event_bus.ts";
import { openPostgresSequenceLedger } from "../../adapters/postgres/sequence_ledger.ts";
import { openPostgresSequencePort } from "../../adapters/postgres/sequence_port.ts";
import { parseSequenceDay } from "../../domain/sequence.ts";
import { parseUserId } from "../../domain/user_id.ts";
import { testSequenceLedger } from "../contracts/sequence_ledger.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { anEvent } from "../support/events.ts";
import { subject } from "../support/memory_world.ts";
import {
  createPostgresWorld,
  openDatabase,
} from "../support/postgres_world.ts";
import { requireService } from "../support/services.ts";

const url = await requireService(import.meta.url, "postgres");
if (url) {
  testSequenceLedger("postgres", async () => {
    const world = await createPostgresWorld(url);
    const ledger = openPostgresSequenceLedger(world.db);
    const bus = openPostgresEventBus(world.db);
    const changeEpoch = async () => {
      await world.psql`UPDATE log_head SET timeline = 'as it was elsewhere'`;
    };
    return subject({ ledger, bus, changeEpoch }, ledger, bus, world);
  });

  Deno.test("postgres ledger: beside the plain port no number is given twice", async () => {
    await using world = await createPostgresWorld(url);
    await using ledger = openPostgresSequenceLedger(world.db);
    await using port = openPostgresSequencePort(world.db);
    const user = parseUserId("ann");
    const day = parseSequenceDay("20260105");
    const place = { history: "h", floor: 0 };
    deepEqual(await port.next(user, day, 3), { first: 1, last: 3 });
    equal(await ledger.issue({ user, day }, 1), "unadopted");
    equal((await ledger.lease({ user, day }, 8, place)).first, 4);
    deepEqual(await port.next(user, day, 2), { first: 12, last: 13 });
    equal((await ledger.lease({ user, day }, 8, place)).first, 14);
  });

  Deno.test("postgres ledger: instances that lease, issue and append at once neither deadlock nor repeat", async () => {
    await using world = await createPostgresWorld(url);
    await using other = openDatabase(world.url, { seed: 2 });
    const dbs = [world.db, other];
    await using bus = openPostgresEventBus(other);
    const ledgers = dbs.map(openPostgresSequenceLedger);
    const days = ["20260105", "20260106", "20260107"].map(parseSequenceDay);
    const users = ["ann", "bob"].map(parseUserId);
    const given = new Map<string, Set<number>>();
    let numbers = 0;
    await Promise.all(
      Array.from({ length: 240 }, async (_, i) => {
        const series = { user: users[i % 2]!, day: days[(i * 7 + 3) % 3]! };
        const ledger = ledgers[(i >> 1) % 2]!;
        if (i % 5 === 0) await bus.publish([anEvent()]);
        const place = { history: `h${i % 2}`, floor: 0 };
        const range = i % 3 === 0
          ? await ledger.issue(series, 1 + i % 4, 0)
          : await ledger.lease(series, 1 + i % 4, place);
        const { first, last } = range as { first: number; last: number };
        const name = `${series.user} ${series.day}`;
        const set = given.get(name) ?? new Set();
        given.set(name, set);
        for (let n = first; n <= last; n++, numbers++) set.add(n);
      }),
    );
    const distinct = [...given.values()].reduce(
      (sum, { size }) => sum + size,
      0,
    );
    equal(distinct, numbers);
    const { position } = await bus.head();
    const page = await bus.read({ after: 0, limit: 1000 });
    deepEqual(
      page.events.map((event) => event.position),
      Array.from({ length: position }, (_, i) => i + 1),
    );
  });
}
