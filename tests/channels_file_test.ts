/**
 * `CHANNELS_PATH`: read at the start, used by the event service.
 *
 * @module
 */
import { CHANNELS } from "../domain/event/registry.ts";
import { readChannels } from "../src/channels_file.ts";
import { ConfigError, parseConfig } from "../src/config.ts";
import { openHoldfast } from "../src/holdfast.ts";
import { deepEqual, equal, rejects } from "./support/assert.ts";
import { needs } from "./support/needs.ts";
import { createRecordingTelemetry } from "./support/recording_telemetry.ts";

const FILLS = {
  name: "fills.booked",
  summary: "A venue has booked a fill.",
  key: "fill_id",
  schema: {
    type: "object",
    required: ["fill_id"],
    properties: { fill_id: { type: "string" } },
  },
  example: { fill_id: "f-1" },
};

Deno.test("without a file the channels are those that are built in", async () => {
  equal(await readChannels(undefined), CHANNELS);
});

if (await needs(import.meta.url, ["read", "write"])) {
  Deno.test("the file among the examples can be used", async () => {
    const path = new URL("../examples/channels.json", import.meta.url).pathname;
    const { all, find } = await readChannels(path);
    equal(all.length, CHANNELS.all.length + 1);
    equal(find("fills.booked")?.key, "fill_id");
  });

  Deno.test("a bad file is refused at the start, with every reason", async () => {
    const path = await Deno.makeTempFile();
    const refused = (expected: RegExp) =>
      rejects(readChannels(path), (error: unknown) => {
        equal(error instanceof ConfigError, true);
        return expected.test((error as Error).message);
      });
    await refused(/^Cannot use CHANNELS_PATH .*: Unexpected end of JSON/);
    const bad = [{ ...FILLS, name: "signals.generated", lane: "x" }];
    await Deno.writeTextFile(path, JSON.stringify(bad));
    await refused(/\[0\]\.name must not be .*; \[0\]\.lane must be durable or/);
    const config = parseConfig({ STORE: "memory", CHANNELS_PATH: path });
    await rejects(openHoldfast(config), { name: "ConfigError" });
    await Deno.remove(path);
    await refused(/^Cannot use CHANNELS_PATH .*No such file/);
  });

  Deno.test("the service takes events of a channel of the file", async () => {
    const path = await Deno.makeTempFile();
    await Deno.writeTextFile(path, JSON.stringify([FILLS]));
    const telemetry = { ...createRecordingTelemetry(), exposition: () => "" };
    const config = parseConfig({ STORE: "memory", CHANNELS_PATH: path });
    await using service = await openHoldfast(config, { telemetry });
    const publish = async (data: object) => {
      const response = await service.app.request("/api/v1/events", {
        method: "POST",
        body: JSON.stringify({ event_type: "fills.booked", data }),
      });
      return [response.status, await response.json()];
    };
    const [status] = await publish({ fill_id: "f-9" });
    equal(status, 201);
    const [refused, problem] = await publish({ fill_id: 9 });
    equal(refused, 400);
    deepEqual(problem.errors, [{
      path: "body.data.fill_id",
      message: "must be a text: current value is 9",
    }]);
    await Deno.remove(path);
  });
}
