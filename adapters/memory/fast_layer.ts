/**
 * A fast layer in this process's memory: the reference model of the port.
 *
 * The server is apart from the layers over it, so that tests can have several
 * of each, look at what a server holds, and lose any part of it.
 *
 * @module
 */
import { admit } from "../../ports/arguments.ts";
import type { FastLayer } from "../../ports/fast_layer.ts";
import type { FastServerCalls, MemoryFastServer } from "./fast_server.ts";

export {
  createMemoryFastServer,
  type MemoryFastServer,
} from "./fast_server.ts";

/** Opens a layer over `server`; closing it leaves the server as it is. */
export function openMemoryFastLayer(server: MemoryFastServer): FastLayer {
  let closed = false;

  function call<Call extends keyof FastServerCalls>(
    name: Call,
  ): FastServerCalls[Call] {
    admit("fast layer", closed, undefined);
    return server.call[name];
  }

  return {
    get isUp() {
      return !closed && server.role === "master";
    },
    get fault() {
      if (closed) return "The fast layer is closed";
      if (server.role === "master") return undefined;
      return server.role === "loading"
        ? "The server is loading"
        : "The server is a replica";
    },
    listen: server.onRole,
    inspect: async () => call("inspect")(),
    read: async (query) => call("read")(query),
    takeTokens: async (...args) => call("takeTokens")(...args),
    fill: async (...args) => call("fill")(...args),
    drain: async (step) => call("drain")(step),
    reset: async (...args) => call("reset")(...args),
    events: async (...args) => call("events")(...args),
    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}
