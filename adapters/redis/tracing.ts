/**
 * Calls to Redis in traces.
 *
 * @module
 */
import { type Trace, traceCalls } from "../../ports/tracing.ts";
import type { RedisConnection } from "./connection.ts";

/**
 * `connection` with a span for each call. A call that many requests share is in
 * the trace of the one that has caused it.
 */
export function traceConnection(
  connection: RedisConnection,
  trace: Trace | undefined,
): RedisConnection {
  return traceCalls(connection, trace, { "db.system.name": "redis" }, {
    send: ([name]) => `redis ${name!.toLowerCase()}`,
    run: ({ script }) => `redis ${script.name}`,
    transact: () => "redis transaction",
  });
}
