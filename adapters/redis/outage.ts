/**
 * What is wrong with a server at the moment, and who hears of it.
 *
 * @module
 */
import type { Telemetry } from "../../ports/telemetry.ts";
import type { RedisFault } from "./errors.ts";

/** An outage, which there is at the beginning: nobody has connected yet. */
export interface Outage {
  /** What is wrong; `undefined` when nothing is. */
  readonly fault: RedisFault | undefined;
  /**
   * Takes note of what is wrong; each kind of it is logged once an outage.
   *
   * Loudly where somebody has to do something, and where the server has not
   * been there at all. Of a server that is lost and comes back, who serves in
   * its place tells.
   */
  note(fault: RedisFault): void;
  /** Nothing is wrong any more. */
  end(): void;
  /** Calls `listener` after each change, until the result is called. */
  listen(listener: () => void): () => void;
  /** What is wrong, as a sentence. */
  sentence(fault: RedisFault): string;
}

/** Creates the outage in which a connection begins. */
export function createOutage(
  server: string,
  telemetry: Telemetry | undefined,
): Outage {
  const listeners = new Set<() => void>();
  const said = new Set<string>();
  let wasThere = false;
  let fault: RedisFault | undefined = {
    kind: "away",
    reason: "it has not been reached yet",
  };

  const sentence = ({ reason }: RedisFault) =>
    `Cannot use ${server} as ${reason}`;

  function levelOf({ kind }: RedisFault): "error" | "warn" | "debug" {
    if (kind === "setup") return "error";
    return wasThere || said.size > 1 ? "debug" : "warn";
  }

  function tell(): void {
    for (const listener of [...listeners]) listener();
  }

  return {
    get fault() {
      return fault;
    },
    note(now) {
      const { kind, reason } = now;
      const what = kind === "away" ? kind : reason;
      if (!said.has(what)) {
        said.add(what);
        telemetry?.log(levelOf(now), "Redis cannot be used", {
          reason: sentence(now),
        });
      }
      if (fault?.reason === reason) return;
      fault = now;
      tell();
    },
    end() {
      if (said.size > 0) {
        telemetry?.log("debug", "Redis is used again", { server });
      }
      said.clear();
      wasThere = true;
      fault = undefined;
      tell();
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    sentence,
  };
}
