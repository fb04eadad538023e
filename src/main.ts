/**
 * The program: reads the configuration, serves until told to stop.
 *
 * @module
 */
import { PortError } from "../ports/port_error.ts";
import { ConfigError, readConfig } from "./config.ts";
import { openHoldfast } from "./holdfast.ts";
import { startServer } from "./http/server.ts";

/** Serves until `stop` aborts. */
async function serve(
  args: readonly string[],
  stop: AbortSignal,
): Promise<void> {
  const config = readConfig(args);
  await using holdfast = await openHoldfast(config);
  const { clock, telemetry } = holdfast.ports;
  const server = await startServer({
    app: holdfast.app,
    hostname: config.host,
    port: config.port,
    signal: stop,
    clock,
    telemetry,
  });
  console.log(`holdfast listening on ${server.url}`);
  await server.closed;
  telemetry.log("info", "stopped");
}

/** Aborts on the first SIGINT or SIGTERM; the second one ends the process. */
function listenForSignals(): { stop: AbortSignal } & Disposable {
  const stop = new AbortController();
  function onSignal(): void {
    if (stop.signal.aborted) Deno.exit(130);
    stop.abort();
  }
  Deno.addSignalListener("SIGINT", onSignal);
  Deno.addSignalListener("SIGTERM", onSignal);
  return {
    stop: stop.signal,
    [Symbol.dispose]() {
      Deno.removeSignalListener("SIGINT", onSignal);
      Deno.removeSignalListener("SIGTERM", onSignal);
    },
  };
}

if (import.meta.main) {
  using signals = listenForSignals();
  try {
    await serve(Deno.args, signals.stop);
    // A client that never reads its answer would keep the process alive.
    Deno.exit(0);
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof PortError)) {
      throw error;
    }
    // A sentence for whoever started it; a stack would only hide it.
    console.error(error.message);
    Deno.exitCode = error instanceof ConfigError ? 2 : 1;
  }
}
