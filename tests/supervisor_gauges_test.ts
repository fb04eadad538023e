/**
 * What is measured of the supervisor: mode, adapters, pins and switches.
 *
 * @module
 */
import type { FollowerState } from "../src/follower/follower.ts";
import { createSupervisor, type SwitchedPort } from "../src/supervisor.ts";
import { deepEqual, equal } from "./support/assert.ts";
import { createRecordingTelemetry } from "./support/recording_telemetry.ts";
import { settle } from "./support/turns.ts";

const PORT = "settings_store";

Deno.test("supervisor gauges: mode, adapters and pins are as they are when somebody looks", async () => {
  const telemetry = createRecordingTelemetry();
  let adapter = "redis";
  const port: SwitchedPort = {
    name: PORT,
    active: () => adapter,
    choices: ["redis", "postgres"],
    byMode: { normal: "redis", degraded: "postgres", unverified: "redis" },
    pinned: undefined,
    swapTo: async (name) => void (adapter = name),
  };
  let mode: FollowerState["mode"] = "normal";
  let turn = () => {};
  await using supervisor = createSupervisor([port], {
    state: () => ({
      mode,
      mayAnswer: false,
      isFastLayerUp: true,
      fault: undefined,
      checkpoint: undefined,
      head: 0,
    }),
    listen(listener) {
      turn = listener;
      return () => {};
    },
  }, telemetry);
  const modes = () =>
    (["normal", "degraded", "unverified"] as const).map((mode) =>
      telemetry.gauged("holdfast_mode", { mode })
    );
  const active = (adapter: string) =>
    telemetry.gauged("holdfast_adapter_active", { port: PORT, adapter });
  const switches = (adapter: string) =>
    telemetry.counted("holdfast_adapter_switches_total", {
      port: PORT,
      adapter,
    });
  const pinned = () =>
    telemetry.gauged("holdfast_adapter_pinned", { port: PORT });
  await settle();
  deepEqual(modes(), [1, 0, 0]);
  deepEqual([active("redis"), active("postgres")], [1, 0]);
  equal(pinned(), 0);
  equal(switches("redis"), 0);
  mode = "degraded";
  turn();
  await settle();
  deepEqual(modes(), [0, 1, 0]);
  deepEqual([active("redis"), active("postgres")], [0, 1]);
  equal(switches("postgres"), 1);
  await supervisor.pin(PORT, "postgres");
  equal(pinned(), 1);
  equal(switches("postgres"), 1);
  await supervisor[Symbol.asyncDispose]();
  telemetry.gauge("holdfast_adapter_pinned", 7, { port: PORT });
  equal(pinned(), 7);
});
