/**
 * The service as a program: reads the configuration, serves until told to stop.
 *
 * @module
 */
import { PortError } from "../ports/port_error.ts";
import { ConfigError, readConfig } from "./config.ts";
import { openHoldfast } from "./holdfast.ts";
import { startServer } from "./http/server.ts";
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
  say(`holdfast listening on ${server.url}`);
  await server.closed;
  telemetry.log("info", "stopped");
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
