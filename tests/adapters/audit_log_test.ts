/**
 * The audit log obeys its contract, on every database of record.
 *
 * @module
 */
import { openMemoryAuditLog } from "../../adapters/memory/audit_log.ts";
import { openNoopAuditLog } from "../../adapters/noop/audit_log.ts";
import { openPostgresAuditLog } from "../../adapters/postgres/audit_log.ts";
import { openSqliteAuditLog } from "../../adapters/sqlite/audit_log.ts";
import { aCall, testAuditLog } from "../contracts/audit_log.ts";
import { deepEqual, equal, rejects } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { subject } from "../support/memory_world.ts";
import { needs } from "../support/needs.ts";
import {
  createPostgresWorld,
  openDatabase,
} from "../support/postgres_world.ts";
import { requireService } from "../support/services.ts";
import {
  createSqliteWorld,
  makeFolder,
  openDatabase as openFile,
} from "../support/sqlite_world.ts";

testAuditLog("memory", async () => {
  const clock = createFakeClock();
  const audit = openMemoryAuditLog(clock);
  return subject({ audit, elapse: clock.advance }, audit);
});

const KEEPS_NOTHING = "it refuses to note anything";
testAuditLog("noop", async () => {
  const audit = openNoopAuditLog();
  return subject({ audit, elapse: createFakeClock().advance }, audit);
}, {
  "a call is held from before it is answered, and then with its answer":
    KEEPS_NOTHING,
  "ids rise, and a reader that goes on from the last misses none":
    KEEPS_NOTHING,
  "an answer to what is no longer held is passed over": KEEPS_NOTHING,
  "what came before a time is forgotten, and its ids are not given again":
    KEEPS_NOTHING,
  "one call forgets a bounded number": KEEPS_NOTHING,
});

Deno.test("noop: noting a call is refused rather than forgotten", async () => {
  await using audit = openNoopAuditLog();
  await rejects(audit.begin(aCall()), { code: "unsupported" });
});

Deno.test("memory: the oldest calls go when it is full", async () => {
  await using audit = openMemoryAuditLog(createFakeClock(), 2);
  for (const path of ["/1", "/2", "/3"]) await audit.begin(aCall(path));
  const held = await audit.list({ after: 0, limit: 9 });
  deepEqual(held.map(({ path }) => path), ["/2", "/3"]);
});

if (await needs(import.meta.url, ["read", "write"])) {
  testAuditLog("sqlite", async () => {
    const world = await createSqliteWorld();
    const audit = openSqliteAuditLog(world.db);
    return subject({ audit, elapse: world.clock.advance }, audit, world);
  });

  Deno.test("sqlite: a call is held by the file", async () => {
    await using folder = await makeFolder();
    {
      await using db = await openFile(folder.path);
      await openSqliteAuditLog(db).begin(aCall());
    }
    await using db = await openFile(folder.path);
    const audit = openSqliteAuditLog(db);
    equal((await audit.list({ after: 0, limit: 9 })).length, 1);
  });
}

const url = await requireService(import.meta.url, "postgres");
if (url) {
  testAuditLog("postgres", async () => {
    const world = await createPostgresWorld(url);
    const audit = openPostgresAuditLog(world.db);
    return subject({ audit, elapse: world.clock.advance }, audit, world);
  });

  Deno.test("postgres: an id is seen only after all below it", async () => {
    await using world = await createPostgresWorld(url);
    await using other = openDatabase(world.url);
    const [one, two] = [
      openPostgresAuditLog(world.db),
      openPostgresAuditLog(other),
    ];
    let isDone = false;
    const seen: number[] = [];
    const watching = (async () => {
      while (!isDone) {
        const after = seen.at(-1) ?? 0;
        for (const { id } of await one.list({ after, limit: 100 })) {
          seen.push(id);
        }
      }
    })();
    const begun = await Promise.all(
      Array.from({ length: 200 }, (_, i) => [one, two][i % 2]!.begin(aCall())),
    );
    isDone = true;
    await watching;
    const after = seen.at(-1) ?? 0;
    const rest = await one.list({ after, limit: 1000 });
    deepEqual(
      [...seen, ...rest.map(({ id }) => id)],
      begun.toSorted((a, b) => a - b),
    );
  });
}
