/**
 * What the paper broker says of its troubles: a line when one begins, another
 * when it becomes something else, and one when it is over.
 *
 * @module
 */
import { PortError } from "../../ports/port_error.ts";
import type { Telemetry } from "../../ports/telemetry.ts";

/** Troubles remembered; the oldest are forgotten, and told of again. */
const MAX_KNOWN = 1000;

/** Tells of troubles. */
export interface Troubles {
  /** The broker could not do `what`: counted always, told where it is news. */
  note(what: string, error: unknown): void;
  /** The broker could do `what`. */
  over(what: string): void;
}

/** Creates it; nothing is told without `telemetry`. */
export function createTroubles(telemetry: Telemetry | undefined): Troubles {
  const known = new Map<string, string>();
  return {
    note(what, error) {
      const code = error instanceof PortError ? error.code : "unknown";
      const message = error instanceof Error ? error.message : String(error);
      telemetry?.count("holdfast_port_errors_total", { port: "broker", code });
      const text = `${code} ${message}`;
      if (known.get(what) === text) return;
      known.delete(what);
      known.set(what, text);
      if (known.size > MAX_KNOWN) known.delete(known.keys().next().value!);
      telemetry?.log("warn", `the paper broker could not ${what}`, {
        code,
        error: message,
      });
    },
    over(what) {
      if (!known.delete(what)) return;
      telemetry?.log("info", `the paper broker can ${what} again`);
    },
  };
}
