/**
 * Calls of an adapter for as long as its server is believed.
 *
 * @module
 */
import { admit } from "../../ports/arguments.ts";
import { PortError } from "../../ports/port_error.ts";
import type { RedisConnection } from "./connection.ts";
import { CHECKPOINT } from "./keys.ts";
import type { CallOptions } from "./patience.ts";
import type { RedisReply, Script } from "./script.ts";

/** Who believes which server. */
export interface Belief {
  /** The history of the server that is believed now; `undefined` when none is. */
  readonly history: () => string | undefined;
  /** Called when the server turns out to be another one. */
  readonly onFenced?: () => void;
}

/** Calls of one adapter. */
export interface BelievedCalls {
  /**
   * Begins a call of the adapter.
   *
   * @returns The history of the server, which fences scripts.
   * @throws {PortError} `closed`; `unavailable` when no server is believed.
   * @throws The reason of a `signal` that has aborted.
   */
  enter(signal?: AbortSignal): string;

  /**
   * Runs a fenced script; `keys` are those after the checkpoint.
   *
   * @throws {PortError} As `RedisConnection.run`; `unavailable` when it is
   * another server.
   */
  run(
    script: Script,
    keys: readonly string[],
    args: readonly string[],
    options?: CallOptions,
  ): Promise<RedisReply>;

  /** Refuses calls from now on. */
  close(): void;
}

/** Creates the calls of the adapter `name` over `connection`. */
export function createBelievedCalls(
  name: string,
  connection: RedisConnection,
  { history: believed, onFenced }: Belief,
): BelievedCalls {
  let closed = false;

  const disbelieved = (reason: string) =>
    new PortError("unavailable", `Cannot use the ${name} as ${reason}`);

  return {
    enter(signal) {
      admit(name, closed, signal);
      const history = believed();
      if (history) return history;
      throw disbelieved("Redis is not believed now");
    },

    async run(script, keys, args, options) {
      const call = { script, keys: [CHECKPOINT, ...keys], args };
      const reply = await connection.run(call, options);
      if (reply !== "fenced") return reply;
      onFenced?.();
      throw disbelieved("Redis is not the server that it was");
    },

    close() {
      closed = true;
    },
  };
}
