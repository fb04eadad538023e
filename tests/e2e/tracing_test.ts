/**
 * Traces as a collector gets them: one change of settings, from the request to
 * the statements and calls that it causes.
 *
 * @module
 */
import { deepEqual, equal, ok } from "../support/assert.ts";
import { makeSchema } from "../support/postgres_world.ts";
import { canStartRedis, startRedis } from "../support/redis_world.ts";
import { startService } from "../support/service_process.ts";
import { requireService } from "../support/services.ts";

/** A span as OTLP has it in JSON. */
interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
}

interface Export {
  readonly resourceSpans?: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[];
  }[];
}

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "b7ad6b7169203331";

/** Takes spans over HTTP. */
function openCollector() {
  const spans: Span[] = [];
  const paths = new Set<string>();
  let sent = "";
  const listening = { port: 0, hostname: "127.0.0.1", onListen() {} };
  const server = Deno.serve(listening, async (request) => {
    const text = await request.text();
    sent += text;
    const { resourceSpans = [] } = JSON.parse(text) as Export;
    paths.add(new URL(request.url).pathname);
    for (const { scopeSpans } of resourceSpans) {
      for (const { spans: more } of scopeSpans) spans.push(...more);
    }
    return Response.json({});
  });
  const env = {
    OTEL_DENO: "true",
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${server.addr.port}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
  };
  return {
    spans,
    paths,
    sent: () => sent,
    env,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

const databaseUrl = await requireService(import.meta.url, "postgres");
if (databaseUrl && await canStartRedis(import.meta.url)) {
  Deno.test("tracing: a change of settings is one trace, from the request to Postgres and Redis", async () => {
    await using schema = await makeSchema(databaseUrl);
    await using redis = await startRedis();
    await using collector = openCollector();
    await using service = await startService({
      ...collector.env,
      DATABASE_URL: schema.url,
      REDIS_URL: redis.url,
      STORE: "postgres",
    });
    const url = `${service.url}/api/user/global-circuit-breaker`;
    const isOpen = /^holdfast_gate_open 1$/m;
    while (!isOpen.test(await (await fetch(`${service.url}/metrics`)).text()));
    const before = await (await fetch(url)).json();
    const changed = await fetch(url, {
      method: "PUT",
      headers: {
        "Content-Type": "application/json",
        traceparent: `00-${TRACE}-${PARENT}-01`,
      },
      body: JSON.stringify(before),
    });
    equal(changed.status, 200, await changed.text());
    const published = await fetch(`${service.url}/api/v1/events`, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        traceparent: `00-${TRACE}-${PARENT}-01`,
      },
      body: JSON.stringify({
        event_type: "signal.triggered",
        data: { ticker: "SYNA", setup_id: "s-1" },
      }),
    });
    equal(published.ok, true, await published.text());
    const log = `${service.url}/api/v1/events?channel=signal.triggered`;
    let told = "";
    // Redis shows it a moment later.
    while (!told.includes("setup_id")) told = await (await fetch(log)).text();
    // What has been gathered is sent at the end at the latest.
    await service.end("SIGTERM");

    const spans = collector.spans.filter(({ traceId }) => traceId === TRACE);
    const named = (name: string) => spans.find((span) => span.name === name);
    const root = named("PUT /api/user/global-circuit-breaker");
    equal(root?.parentSpanId, PARENT);
    const write = named("settings_store write");
    equal(write?.parentSpanId, root!.spanId);
    const append = named("postgres log.append");
    equal(append?.parentSpanId, write!.spanId);
    const drain = named("redis drain");
    ok(drain, JSON.stringify(spans));
    equal(drain.parentSpanId, write!.spanId);
    deepEqual(
      spans.filter(({ parentSpanId }) =>
        parentSpanId !== PARENT &&
        !spans.some(({ spanId }) => spanId === parentSpanId)
      ),
      [],
    );
    // Whoever handles the event goes on from the request that published it.
    const publishing = named("POST /api/v1/events")!.spanId;
    ok(told.includes(`00-${TRACE}-${publishing}-01`), told);
    // In the background nothing is traced: it would be most of all there is.
    const roots = collector.spans.filter(({ parentSpanId }) => !parentSpanId);
    ok(roots.every(({ name }) => /^GET /.test(name)), JSON.stringify(roots));
    // A first key is said on standard output, and nowhere else.
    ok(
      !collector.sent().includes("holdfast listening"),
      "what is said is told",
    );
    const { password } = new URL(schema.url);
    ok(!collector.sent().includes(password), "a password is told");
  });

  Deno.test("tracing: nobody is told anything where it was not asked for", async () => {
    await using collector = openCollector();
    const { OTEL_DENO: _, ...env } = collector.env;
    await using service = await startService({ ...env, STORE: "memory" });
    await (await fetch(`${service.url}/health/live`)).text();
    await service.end("SIGTERM");
    deepEqual([...collector.paths], []);
  });
}
