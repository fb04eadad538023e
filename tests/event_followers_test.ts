/**
 * A whole service on a real Postgres: all who follow its log there are one
 * reader.
 *
 * @module
 */
import { parseConfig } from "../src/config.ts";
import { openHoldfast } from "../src/holdfast.ts";
import { follow } from "./http/event_client.ts";
import { ok } from "./support/assert.ts";
import { anEvent } from "./support/events.ts";
import { makeSchema } from "./support/postgres_world.ts";
import { createRecordingTelemetry } from "./support/recording_telemetry.ts";
import { requireService } from "./support/services.ts";

const EVENTS = 20;

/** Reads an event, where one each is what a single reader needs. */
const MOST_READS = 1.5;

const url = await requireService(import.meta.url, "postgres");

if (url) {
  Deno.test("a stream and those inside who follow the log read each event once, together", async () => {
    await using schema = await makeSchema(url);
    const folder = await Deno.makeTempDir();
    await using _gone = {
      [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
    };
    const telemetry = createRecordingTelemetry();
    const reads = () =>
      telemetry.observed("holdfast_postgres_statement_seconds", {
        kind: "log.read",
      }).length;
    await using service = await openHoldfast(
      parseConfig({ DATABASE_URL: schema.url, DATA_DIR: folder }),
      { telemetry: { ...telemetry, exposition: () => "" } },
    );
    const stream = await follow(service.app);
    await stream.next();
    const before = reads();
    for (let i = 0; i < EVENTS; i++) {
      // Not over HTTP: whoever publishes there knows the position already.
      const [receipt] = await service.ports.eventBus.publish([anEvent()]);
      while (!(await stream.next()).data);
      // Those inside gather events before they look.
      while (telemetry.gauged("holdfast_log_position") !== receipt!.position) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }
    const each = (reads() - before) / EVENTS;
    ok(each <= MOST_READS, `${each} reads an event`);
    await stream.leave();
  });
}
