/**
 * Statements in traces.
 *
 * @module
 */
import { type Trace, traceCalls } from "../../ports/tracing.ts";
import type { Link } from "./link.ts";
import { kindOf } from "./statement_meter.ts";

/** `link` with a span for each statement. */
export function traceLink(link: Link, trace: Trace | undefined): Link {
  return traceCalls(link, trace, { "db.system.name": "postgresql" }, {
    query: (text) => `postgres ${kindOf(text)}`,
  });
}
