/**
 * The model service: which model is active, and who is told of a change.
 *
 * @module
 */
import { createMemoryModelRegistry } from "../../adapters/memory/model_registry.ts";
import { openNoopEventBus } from "../../adapters/noop/event_bus.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import { PortError } from "../../ports/port_error.ts";
import { createSystemTelemetry } from "../../adapters/system/telemetry.ts";
import { createModelService } from "../../src/services/models.ts";
import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { aPortError, guardPort } from "../support/guarded_port.ts";
import { createMemoryWorld } from "../support/memory_world.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { pass, settle } from "../support/turns.ts";

/** A service over a source of models, on a log that a test may look at. */
function createWorld(first?: string, other?: EventBus) {
  const memory = createMemoryWorld();
  const { clock } = memory;
  const bus = guardPort(other ?? memory.bus());
  const telemetry = createRecordingTelemetry();
  let version = first;
  const registry = createMemoryModelRegistry({
    strategy: "alpha_baseline",
    clock,
    source: () =>
      version === undefined ? undefined : {
        version,
        objective: "regression",
        treeCount: 1,
        featureCount: 1,
        score: () => 0,
      },
  });
  const reload = guardPort({ reload: registry.reload });
  const models = createModelService({
    registry: { ...registry, reload: reload.port.reload },
    bus: bus.port,
    clock,
    entropy: createSeededEntropy(),
    telemetry,
  });
  const events = async () =>
    (await memory.bus().read({ after: 0, limit: 1000 })).events;
  return {
    clock,
    bus,
    telemetry,
    models,
    reload,
    active: () => registry.active()?.info.version,
    put: (next: string | undefined) => void (version = next),
    events,
    /** `version after previous` of every event. */
    told: async () =>
      (await events()).map(({ json }) => {
        const { version, previous_version } = JSON.parse(json);
        return `${version} after ${previous_version}`;
      }),
    errors: () => telemetry.logged("error").map((line) => line.message),
    reloads: (result: string) =>
      telemetry.counted("holdfast_model_reloads_total", { result }),
  };
}

Deno.test("failed reloads are counted from 0 on, so that the first one is an increase", () => {
  const { clock, bus } = createMemoryWorld();
  const telemetry = createSystemTelemetry({
    clock,
    level: "error",
    format: "json",
    write() {},
  });
  createModelService({
    registry: createMemoryModelRegistry({
      strategy: "alpha_baseline",
      clock,
      source: () => undefined,
    }),
    bus: bus(),
    clock,
    entropy: createSeededEntropy(),
    telemetry,
  });
  const line = 'holdfast_model_reloads_total{result="failed"} 0\n';
  ok(telemetry.exposition().includes(line));
});

Deno.test("the first model is loaded, of which nobody is told", async () => {
  const { models, active, told, telemetry, reloads } = createWorld("v1");
  await models.load();
  equal(active(), "v1");
  await models.reload();
  deepEqual(await told(), []);
  deepEqual(
    telemetry.logged().map(({ message, fields }) => [message, fields]),
    [
      ["model activated", { version: "v1", previous: undefined }],
    ],
  );
  deepEqual([reloads("changed"), reloads("unchanged")], [1, 1]);
});

Deno.test("without a model the service starts all the same, and says so", async () => {
  const { models, active, errors, put, told, reloads } = createWorld();
  await models.load();
  equal(active(), undefined);
  deepEqual(errors(), [
    "cannot load a model; there are no signals until one is loaded",
  ]);
  equal(reloads("failed"), 1);
  put("v1");
  await models.reload();
  equal(active(), "v1");
  deepEqual(await told(), ["v1 after undefined"]);
});

Deno.test("another model is activated and told of, once", async () => {
  const { models, put, active, events, clock } = createWorld("v1");
  await models.load();
  put("v2");
  const { changed, model, previous } = await models.reload();
  deepEqual(
    [changed, model.info.version, previous?.info.version],
    [true, "v2", "v1"],
  );
  equal(active(), "v2");
  equal((await models.reload()).changed, false);

  const [event, ...others] = await events();
  deepEqual(others, []);
  deepEqual(
    { channel: event!.channel, key: event!.key, json: event!.json },
    {
      channel: "models.reloaded",
      key: "alpha_baseline",
      json:
        '{"strategy":"alpha_baseline","version":"v2","previous_version":"v1"}',
    },
  );
  deepEqual(event!.meta, {
    timestamp: new Date(clock.now()).toISOString(),
    source: "signal-service",
  });
});

Deno.test("a model that cannot be used leaves the one before", async () => {
  const { models, active, told, errors, reload, reloads } = createWorld("v1");
  await models.load();
  for (const code of ["corrupt", "invalid", "not_found"] as const) {
    reload.fail("reload", code);
    await rejects(models.reload(), { code });
    equal(active(), "v1");
  }
  deepEqual(await told(), []);
  equal(errors()[0], "cannot load the model; the one before stays");
  equal(reloads("failed"), 3);
});

Deno.test("a lasting failure is logged once, another one and a new one again", async () => {
  const { models, errors, reload } = createWorld("v1");
  await models.load();
  const attempts = async (times: number) => {
    for (let i = 0; i < times; i++) await models.reload().catch(() => {});
    return errors().length;
  };
  reload.fail("reload", "corrupt");
  equal(await attempts(3), 1);
  reload.fail("reload", "not_found");
  equal(await attempts(3), 2);
  reload.mend();
  equal(await attempts(1), 2);
  reload.fail("reload", "not_found");
  equal(await attempts(3), 3);
});

for (const code of ["unavailable", "timeout", "full"] as const) {
  Deno.test(`a log that is ${code} is told at the next reload, of the same event`, async () => {
    const { models, put, active, told, events, bus, errors, clock } =
      createWorld("v1");
    await models.load();
    put("v2");
    bus.fail("publish", code);
    const changedAt = new Date(clock.now()).toISOString();
    equal((await models.reload()).changed, true);
    equal(active(), "v2");
    await clock.advance(60_000);
    await models.reload();
    deepEqual(errors(), Array(2).fill("cannot publish models.reloaded yet"));
    bus.mend();
    equal((await models.reload()).changed, false);
    await models.reload();
    deepEqual(await told(), ["v2 after v1"]);
    equal((await events())[0]!.meta.timestamp, changedAt);
  });
}

Deno.test("an event whose fate was unknown is not told twice", async () => {
  const memory = createMemoryWorld();
  const inner = memory.bus();
  let isLost = true;
  const { models, put } = createWorld("v1", {
    ...inner,
    async publish(events) {
      const receipts = await inner.publish(events);
      if (!isLost) return receipts;
      isLost = false;
      throw new PortError("timeout", "Cannot tell whether it was published");
    },
  });
  await models.load();
  put("v2");
  await models.reload();
  await models.reload();
  equal((await inner.head()).position, 1);
});

Deno.test("changes that the log was not told of are all told, in order", async () => {
  const { models, put, told, bus } = createWorld("v1");
  await models.load();
  bus.fail("publish", "unavailable");
  for (const version of ["v2", "v3"]) {
    put(version);
    await models.reload();
  }
  bus.mend();
  put("v4");
  await models.reload();
  deepEqual(await told(), ["v2 after v1", "v3 after v2", "v4 after v3"]);
});

Deno.test("reloads at the same time tell of a change once", async () => {
  const { models, put, told, bus } = createWorld("v1");
  await models.load();
  const gate = Promise.withResolvers<void>();
  bus.before("publish", () => gate.promise);
  put("v2");
  const reloads = [models.reload(), models.reload(), models.reload()];
  await settle();
  gate.resolve();
  deepEqual((await Promise.all(reloads)).map(({ changed }) => changed), [
    true,
    false,
    false,
  ]);
  deepEqual(await told(), ["v2 after v1"]);
  equal(bus.calls("publish"), 1);
});

Deno.test("a change during a failing publication is not lost", async () => {
  const { models, put, told, bus } = createWorld("v1");
  await models.load();
  const gate = Promise.withResolvers<void>();
  bus.before("publish", async () => {
    await gate.promise;
    throw aPortError("unavailable");
  });
  put("v2");
  const first = models.reload();
  await settle();
  put("v3");
  const second = models.reload();
  await settle();
  gate.resolve();
  await Promise.all([first, second]);
  bus.mend();
  await models.reload();
  deepEqual(await told(), ["v2 after v1", "v3 after v2"]);
});

Deno.test("with events switched off a change is told to nobody, without complaint", async () => {
  const { models, put, active, errors, bus } = createWorld(
    "v1",
    openNoopEventBus(),
  );
  await models.load();
  put("v2");
  await models.reload();
  await models.reload();
  equal(active(), "v2");
  deepEqual(errors(), []);
  equal(bus.calls("publish"), 1);
});

Deno.test("a mistake in the log is not covered up", async () => {
  const { models, put, bus } = createWorld("v1");
  await models.load();
  put("v2");
  bus.fail("publish", new TypeError("a mistake"));
  await rejects(models.reload(), { message: "a mistake" });
});

Deno.test("while it runs, a model is looked for at every interval, whatever fails", async () => {
  const { models, put, clock, reload, active, told } = createWorld("v1");
  await models.load();
  const stop = new AbortController();
  const ended = models.run(300, stop.signal);
  await pass(clock, 299_990);
  equal(reload.calls("reload"), 1);
  put("v2");
  await pass(clock, 10);
  equal(active(), "v2");
  reload.fail("reload", "corrupt");
  await pass(clock, 300_000);
  reload.mend();
  put("v3");
  await pass(clock, 300_000);
  deepEqual(await told(), ["v2 after v1", "v3 after v2"]);
  stop.abort();
  await ended;
  equal(reload.calls("reload"), 4);
});

Deno.test("running ends at once when it is told to, and says nothing", async () => {
  const { models, clock, reload, errors } = createWorld("v1");
  await models.load();
  const asleep = new AbortController();
  const ended = models.run(300, asleep.signal);
  await settle();
  asleep.abort(new Error("enough"));
  await ended;

  const atWork = new AbortController();
  reload.before("reload", () => {
    atWork.abort(new Error("enough"));
    throw atWork.signal.reason;
  });
  const over = models.run(1, atWork.signal);
  await pass(clock, 1000);
  await over;
  await models.run(1, AbortSignal.abort());
  deepEqual(errors(), []);
});

Deno.test("the active model is measured, and only that one", async () => {
  const { models, put, telemetry } = createWorld();
  const shown = (version: string) =>
    telemetry.gauged("holdfast_model_info", {
      strategy: "alpha_baseline",
      model_version: version,
    });
  await models.load();
  equal(shown("1"), undefined);
  put("1");
  await models.reload();
  equal(shown("1"), 1);
  put("2");
  await models.reload();
  equal(shown("1"), undefined);
  equal(shown("2"), 1);
});
