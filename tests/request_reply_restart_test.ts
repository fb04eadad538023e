/**
 * A question outlives the process that asked it.
 *
 * @module
 */
import { parseConfig } from "../src/config.ts";
import { openHoldfast } from "../src/holdfast.ts";
import { deepEqual, equal } from "./support/assert.ts";
import { needs } from "./support/needs.ts";
import { createRecordingTelemetry } from "./support/recording_telemetry.ts";

const ID = "019b7e5d-8c0e-7cc4-9b0a-6f2d1c3e4a5b";

if (await needs(import.meta.url, ["read", "write"])) {
  Deno.test("a reply that came late is given after a restart, to everybody", async () => {
    const dir = await Deno.makeTempDir();
    const telemetry = { ...createRecordingTelemetry(), exposition: () => "" };
    const open = () =>
      openHoldfast(parseConfig({ DATA_DIR: dir }), { telemetry });
    const question = {
      event_type: "setup.received",
      id: ID,
      data: { setup_id: "s-1" },
      timeout_ms: 50,
    };
    const answer = (setup_id: string) => ({
      event_type: "setup.received",
      data: { setup_id },
      metadata: { correlation_id: ID },
    });
    async function post(
      { app }: Awaited<ReturnType<typeof open>>,
      path: string,
      body: object,
    ) {
      const response = await app.request(`/api/v1/events${path}`, {
        method: "POST",
        body: JSON.stringify(body),
      });
      return { status: response.status, json: await response.json() };
    }
    {
      await using service = await open();
      equal((await post(service, "/request", question)).status, 504);
    }
    {
      await using service = await open();
      await post(service, "", answer("first"));
      await post(service, "", answer("second"));
    }
    await using service = await open();
    const again = await Promise.all(
      [1, 2, 3].map(() => post(service, "/request", question)),
    );
    for (const { status, json } of again) {
      equal(status, 200);
      deepEqual([json.position, json.duplicate], [1, true]);
      equal(json.reply.data.setup_id, "first");
    }
    await Deno.remove(dir, { recursive: true });
  });
}
