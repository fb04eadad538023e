/**
 * The sequence ledger in SQLite obeys the contract of its port.
 *
 * @module
 */
import { openSqliteEventBus } from "../../adapters/sqlite/event_bus.ts";
import { openSqliteSequenceLedger } from "../../adapters/sqlite/sequence_ledger.ts";
import { openSqliteSequencePort } from "../../adapters/sqlite/sequence_port.ts";
import { parseSequenceDay } from "../../domain/sequence.ts";
import { parseUserId } from "../../domain/user_id.ts";
import { testSequenceLedger } from "../contracts/sequence_ledger.ts";
import { deepEqual, equal } from "../support/assert.ts";
import { subject } from "../support/memory_world.ts";
import { needs } from "../support/needs.ts";
import { createSqliteWorld } from "../support/sqlite_world.ts";

if (await needs(import.meta.url, ["read", "write"])) {
  testSequenceLedger("sqlite", async () => {
    const world = await createSqliteWorld();
    const ledger = openSqliteSequenceLedger(world.db);
    const bus = openSqliteEventBus(world.db);
    const changeEpoch = () =>
      world.db.write((sql) => {
        sql.run("UPDATE log_head SET epoch = 'another', epoch_since = 1");
      });
    return subject({ ledger, bus, changeEpoch }, ledger, bus, world);
  });

  Deno.test("sqlite ledger: beside the plain port no number is given twice", async () => {
    await using world = await createSqliteWorld();
    await using ledger = openSqliteSequenceLedger(world.db);
    await using port = openSqliteSequencePort(world.db);
    const user = parseUserId("ann");
    const day = parseSequenceDay("20260105");
    const place = { history: "h", floor: 0 };
    deepEqual(await port.next(user, day, 3), { first: 1, last: 3 });
    equal(await ledger.issue({ user, day }, 1), "unadopted");
    equal((await ledger.lease({ user, day }, 8, place)).first, 4);
    deepEqual(await port.next(user, day, 2), { first: 12, last: 13 });
    equal((await ledger.lease({ user, day }, 8, place)).first, 14);
  });
}
