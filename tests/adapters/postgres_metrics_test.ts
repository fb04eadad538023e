/**
 * What the adapters of Postgres measure: statements and connections.
 *
 * @module
 */
import { openPostgresEventBus } from "../../adapters/postgres/event_bus.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { anEvent } from "../support/events.ts";
import {
  connectPsql,
  makeSchema,
  openDatabase,
} from "../support/postgres_world.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";
import { requireService } from "../support/services.ts";

const STATEMENTS = "holdfast_postgres_statement_seconds";
const ERRORS = "holdfast_postgres_errors_total";

const url = await requireService(import.meta.url, "postgres");

if (url) {
  Deno.test("postgres metrics: a statement that was answered took its time, by kind", async () => {
    await using schema = await makeSchema(url);
    const telemetry = createRecordingTelemetry();
    await using db = openDatabase(schema.url, { telemetry });
    await using bus = openPostgresEventBus(db);
    await bus.publish([anEvent()]);
    await bus.head();
    const [seconds] = telemetry.observed(STATEMENTS, { kind: "log.append" });
    ok(seconds! > 0 && seconds! < 5, `${seconds}`);
    equal(telemetry.observed(STATEMENTS, { kind: "log.head" }).length, 1);
    equal(telemetry.observed(STATEMENTS, { kind: "other" }).length, 0);
  });

  Deno.test("postgres metrics: a statement that failed is counted, by kind and code", async () => {
    await using schema = await makeSchema(url);
    const telemetry = createRecordingTelemetry();
    await using db = openDatabase(schema.url, {
      telemetry,
      deadlines: { readMs: 300 },
    });
    await db.ready;
    const count = (kind: string, code: string) =>
      telemetry.counted(ERRORS, { kind, code });
    await rejects(db.read("/* test.wrong */ SELECT 1 / 0"));
    equal(count("test.wrong", "22012"), 1);
    await rejects(db.read("/* test.late */ SELECT pg_sleep(2)::text"));
    equal(count("test.late", "57014") + count("test.late", "timeout"), 1);
    const cut = rejects(db.change("/* test.cut */ SELECT pg_sleep(2)::text"));
    await using psql = connectPsql(schema.url);
    while (await end(psql) === 0) await pause();
    await cut;
    const lost = count("test.cut", "lost") + count("test.cut", "57P01");
    equal(lost, 1);
    equal(telemetry.observed(STATEMENTS, { kind: "test.wrong" }).length, 0);
  });

  Deno.test("postgres metrics: lanes tell how many connections they have and may have", async () => {
    await using schema = await makeSchema(url);
    const telemetry = createRecordingTelemetry();
    const db = openDatabase(schema.url, { telemetry });
    const used = (lane: string) => [
      telemetry.gauged("holdfast_postgres_links", { lane }),
      telemetry.gauged("holdfast_postgres_links_max", { lane }),
      telemetry.gauged("holdfast_postgres_statements_under_way", { lane }),
    ];
    deepEqual(used("readers"), [0, 4, 0]);
    await db.ready;
    await db.read("/* test */ SELECT 1");
    deepEqual(used("readers"), [1, 4, 0]);
    const slow = db.read("/* test */ SELECT pg_sleep(0.2)::text");
    while (used("readers")[2] !== 1) await pause();
    await slow;
    deepEqual(used("writers"), [0, 2, 0]);
    deepEqual(used("appender"), [0, 1, 0]);
    await db[Symbol.asyncDispose]();
    telemetry.gauge("holdfast_postgres_links", 9, { lane: "readers" });
    equal(used("readers")[0], 9);
  });
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 2));

/** Ends the connections whose statement is the test's, and tells how many. */
async function end(psql: ReturnType<typeof connectPsql>): Promise<number> {
  const rows = await psql`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE query LIKE '/* test.cut */%' AND state = 'active'`;
  return rows.length;
}
