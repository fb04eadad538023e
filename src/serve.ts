/**
 * The service as a program: reads the configuration, serves until told to stop.
 *
 * @module
 */
import { PortError } from "../ports/port_error.ts";
import { ConfigError, readConfig } from "./config.ts";
import { openHoldfast } from "./holdfast.ts";
import {
  type RunningServer,
  type ServerOptions,
  startServer,
} from "./http/server.ts";
import {
  asksNobody,
  giveUpEnvironment,
  giveUpNetwork,
} from "./least_privilege.ts";
import { readCertificate } from "./tls_files.ts";
import { VARIABLES } from "./variables.ts";

/** Where a program says what people are to know. */
export interface Speaker {
  /** Says a line to whoever started it. */
  say(line: string): void;
  /** Says a line about what went wrong. */
  complain(line: string): void;
}

/**
 * Serves until `stop` aborts.
 *
 * @returns The exit code; why it is not 0 has been said.
 */
export async function runService(
  args: readonly string[],
  stop: AbortSignal,
  speaker: Speaker,
): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    speaker.say(helpOfService());
    return 0;
  }
  try {
    await serve(args, stop, speaker);
    return 0;
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof PortError)) {
      throw error;
    }
    // A sentence for whoever started it; a stack would only hide it.
    speaker.complain(error.message);
    return error instanceof ConfigError ? 2 : 1;
  }
}

async function serve(
  args: readonly string[],
  stop: AbortSignal,
  { say }: Speaker,
): Promise<void> {
  const config = readConfig(args);
  giveUpEnvironment();
  const certificate = await readCertificate(config.tls);
  await using holdfast = await openHoldfast(config, {}, (key) => {
    say(`holdfast first API key, shown this once, scope admin: ${key}`);
  });
  const { clock, telemetry } = holdfast.ports;
  const common = { hostname: config.host, certificate, clock, telemetry };
  await using server = await open({
    ...common,
    app: holdfast.app,
    port: config.port,
  });
  // The last one to go: probes are to see how the other one ends.
  await using admin = config.adminPort === undefined ? undefined : await open({
    ...common,
    app: holdfast.adminApp,
    port: config.adminPort,
    portVariable: "ADMIN_PORT",
  });
  if (asksNobody(config)) giveUpNetwork();
  say(`holdfast listening on ${server.url}`);
  if (admin) say(`holdfast admin listening on ${admin.url}`);
  await Promise.race([aborted(stop), server.closed]);
  holdfast.leave();
  await server.close();
  await server.closed;
  telemetry.log("info", "stopped");
}

/** Starts a listener; disposing of it closes it. */
async function open(
  options: ServerOptions,
): Promise<RunningServer & AsyncDisposable> {
  const server = await startServer(options);
  return { ...server, [Symbol.asyncDispose]: server.close };
}

/** Resolves once `signal` has aborted. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function helpOfService(): string {
  const flags = Object.entries(VARIABLES).map(([name, { description }]) =>
    `  --${
      name.toLowerCase().replaceAll("_", "-")
    } ${name}\n      ${description}`
  );
  return [
    "Usage: holdfast [serve] [FLAG…]",
    "",
    "Serve until told to stop. A flag goes before the environment variable of its",
    "name, and that before the file .env of this folder.",
    "",
    "Flags:",
    ...flags,
  ].join("\n");
}
