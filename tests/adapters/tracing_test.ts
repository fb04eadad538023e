/**
 * Spans around calls, and nothing around them where nobody traces.
 *
 * @module
 */
import {
  type Context,
  context,
  ROOT_CONTEXT,
  type Span,
  trace,
  type TracerProvider,
} from "@opentelemetry/api";
import type { RedisConnection } from "../../adapters/redis/connection.ts";
import { traceConnection } from "../../adapters/redis/tracing.ts";
import { createScript } from "../../adapters/redis/script.ts";
import { createTrace, openTrace } from "../../adapters/system/tracing.ts";
import { type Trace, traceCalls } from "../../ports/tracing.ts";
import { tracePorts } from "../../src/services/trace_ports.ts";
import { openMemoryState } from "../../adapters/memory/state.ts";
import { deepEqual, equal, rejects } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { createRecordingTelemetry } from "../support/recording_telemetry.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";

/** A trace that remembers names. */
function createNames(): { names: string[]; trace: Trace } {
  const names: string[] = [];
  return {
    names,
    trace: {
      span(name, _attributes, work) {
        names.push(name);
        return work();
      },
      describe() {},
      context: () => undefined,
    },
  };
}

Deno.test("tracing: where nobody traces a port is what it was", () => {
  const port = { read: async () => 1 };
  equal(traceCalls(port, undefined, {}, { read: () => "read" }), port);
  const ports = { ...createPorts() };
  equal(tracePorts(ports, undefined), ports);
});

Deno.test("tracing: calls have spans, and the rest of a port is as it was", async () => {
  const { names, trace } = createNames();
  let load = 1;
  const port = {
    get load() {
      return load;
    },
    read: async (key: string) => `${key} read`,
    close: async () => "closed",
  };
  const traced = traceCalls(port, trace, {}, { read: (key) => `read ${key}` });
  equal(await traced.read("a"), "a read");
  equal(await traced.close(), "closed");
  deepEqual(names, ["read a"]);
  load = 2;
  equal(traced.load, 2);
});

Deno.test("tracing: a call to Redis is named after its command or script", async () => {
  const { names, trace } = createNames();
  const connection = {
    send: async () => "sent",
    run: async () => "run",
    transact: async () => ["done"],
  } as unknown as RedisConnection;
  const traced = traceConnection(connection, trace);
  equal(await traced.send(["GET", "user:1:secret"]), "sent");
  const script = createScript("drain", "return 1");
  equal(await traced.run({ script, keys: [], args: [] }), "run");
  deepEqual(await traced.transact([["GET", "a"]]), ["done"]);
  deepEqual(names, ["redis get", "redis drain", "redis transaction"]);
});

Deno.test("tracing: the ports that hold state have spans", async () => {
  const { names, trace } = createNames();
  const { eventBus, featureStore, settingsStore } = tracePorts(
    createPorts(),
    trace,
  );
  await eventBus.publish([]).catch(() => {});
  await eventBus.head();
  await settingsStore.read([]);
  const { token } = await featureStore.read([]);
  await featureStore.fill(token, [], []);
  await featureStore.invalidate({});
  deepEqual(names, [
    "event_bus publish",
    "settings_store read",
    "feature_store read",
    "feature_store fill",
    "feature_store invalidate",
  ]);
});

function createPorts() {
  const telemetry = createRecordingTelemetry();
  const foundations = {
    clock: createFakeClock(),
    entropy: createSeededEntropy(),
    telemetry,
  };
  return openMemoryState(foundations, new AsyncDisposableStack());
}

Deno.test("tracing: OpenTelemetry gets spans below the one that is under way, and no others", async () => {
  equal(openTrace(), undefined);
  const said: string[] = [];
  const span = (name: string) =>
    ({
      updateName(text: string) {
        said.push(`${name} is ${text}`);
        return this;
      },
      setAttributes(some: Record<string, string>) {
        said.push(`${name} has ${JSON.stringify(some)}`);
        return this;
      },
      setStatus: ({ code }: { code: number }) =>
        said.push(`${name} status ${code}`),
      end: () => said.push(`${name} ends`),
      spanContext: () => ({ traceId: "t", spanId: "s", traceFlags: 1 }),
    }) as unknown as Span;
  let active: Context = ROOT_CONTEXT;
  context.setGlobalContextManager({
    active: () => active,
    with: (_context, work, self, ...args) => work.apply(self!, args),
    bind: (_context, target) => target,
    enable() {
      return this;
    },
    disable() {
      return this;
    },
  });
  trace.setGlobalTracerProvider({
    getTracer: () => ({
      startActiveSpan: (
        name: string,
        { attributes }: { attributes: unknown },
        work: (span: Span) => unknown,
      ) => {
        said.push(`${name} begins with ${JSON.stringify(attributes)}`);
        return work(span(name));
      },
    }),
  } as unknown as TracerProvider);
  try {
    // A provider of ours is wrapped by the library; Deno's own is not.
    const traces = createTrace(trace.getTracer("test"));
    equal(traces.context(), undefined);
    equal(await traces.span("a", {}, async () => 1), 1);
    deepEqual(said, []);
    active = trace.setSpan(ROOT_CONTEXT, span("root"));
    equal(traces.context(), "00-t-s-01");
    traces.describe("GET /x", { "http.route": "/x" });
    equal(await traces.span("a", { b: "c" }, async () => 2), 2);
    const fails = async () => {
      throw new Error("s3cret");
    };
    await rejects(traces.span("b", {}, fails), /s3cret/);
  } finally {
    trace.disable();
    context.disable();
  }
  deepEqual(said, [
    "root is GET /x",
    'root has {"http.route":"/x"}',
    'a begins with {"b":"c"}',
    "a ends",
    "b begins with {}",
    "b status 2",
    "b ends",
  ]);
});
