/**
 * Traces by Deno's own OpenTelemetry, which OTEL_DENO=true turns on.
 *
 * @module
 */
import {
  ProxyTracerProvider,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from "@opentelemetry/api";
import type { Trace } from "../../ports/tracing.ts";

/** Traces if Deno does; `undefined` otherwise. */
export function openTrace(): Trace | undefined {
  // Deno puts its own provider in this one's place when it starts.
  const isOff = trace.getTracerProvider() instanceof ProxyTracerProvider;
  return isOff ? undefined : createTrace(trace.getTracer("holdfast"));
}

/** Traces by `tracer`. */
export function createTrace(tracer: Tracer): Trace {
  return {
    async span(name, attributes, work) {
      if (!trace.getActiveSpan()) return await work();
      const options = { kind: SpanKind.CLIENT, attributes };
      return await tracer.startActiveSpan(name, options, async (span) => {
        try {
          return await work();
        } catch (error) {
          // What went wrong is in the log, without secrets.
          span.setStatus({ code: SpanStatusCode.ERROR });
          throw error;
        } finally {
          span.end();
        }
      });
    },

    describe(name, attributes) {
      trace.getActiveSpan()?.updateName(name).setAttributes(attributes);
    },

    context() {
      const context = trace.getActiveSpan()?.spanContext();
      if (!context) return undefined;
      const { traceId, spanId, traceFlags } = context;
      const flags = traceFlags.toString(16).padStart(2, "0");
      return `00-${traceId}-${spanId}-${flags}`;
    },
  };
}
