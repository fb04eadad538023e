/**
 * The service as a program: reads the configuration, serves until told to stop.
 *
 * @module
 */
import { PortError } from "../ports/port_error.ts";
import { type Config, ConfigError, readConfig } from "./config.ts";
import { tryAddress } from "./http/address.ts";
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
import { describeVariables } from "./variable_words.ts";

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
  const main = { hostname: config.host, port: config.port, certificate };
  tryAddress(main);
  const beside = config.adminPort === undefined ? undefined : {
    hostname: config.host,
    port: config.adminPort,
    portVariable: "ADMIN_PORT" as const,
    certificate,
  };
  if (beside) tryAddress(beside);
  // A first key is told once: nobody is to see it who cannot serve.
  const opening = openHoldfast(config, {}, (key) => {
    say(`holdfast first API key, shown this once, scope admin: ${key}`);
  });
  await using holdfast = await opening.catch((error) => {
    throw withVariable(error, config);
  });
  const { clock, telemetry } = holdfast.ports;
  const common = { clock, telemetry };
  await using server = await open({ ...common, ...main, app: holdfast.app });
  // The last one to go: probes are to see how the other one ends.
  await using admin = beside &&
    await open({ ...common, ...beside, app: holdfast.adminApp });
  if (asksNobody(config)) giveUpNetwork();
  say(`holdfast listening on ${server.url}`);
  if (admin) say(`holdfast admin listening on ${admin.url}`);
  await Promise.race([aborted(stop), server.closed]);
  holdfast.leave();
  await server.close();
  await server.closed;
  telemetry.log("info", "stopped");
}

/** `error`, with the variable that names the file which it tells of. */
function withVariable(
  error: unknown,
  { quarantinePath, defaultSettingsPath }: Config,
): unknown {
  if (!(error instanceof PortError)) return error;
  const paths = {
    QUARANTINE_PATH: quarantinePath,
    DEFAULT_SETTINGS_PATH: defaultSettingsPath,
  };
  for (const [variable, path] of Object.entries(paths)) {
    if (path === undefined || !error.message.includes(path)) continue;
    const message = error.message.replace(path, `$& (${variable})`);
    return new PortError(error.code, message, { cause: error });
  }
  return error;
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
  const flags = describeVariables().flatMap((one) => [
    `  ${one.flag} ${one.name}`,
    `      ${one.means}`,
    `      May be ${one.mayBe}${
      one.fallback === undefined ? "" : `; ${one.fallback} when not given`
    }`,
  ]);
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
