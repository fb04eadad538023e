/**
 * The program: serves, unless a command is named.
 *
 * @module
 */
import { parseEnv } from "node:util";
import { urlHere } from "./cli/here.ts";
import { runCommandLine } from "./cli/mod.ts";
import { createProcessTerminal } from "./cli/process.ts";

/** Whether the first argument asks for something else than to serve. */
const ASKS = /^(?:[^-]|-h$|--help$|--version$)/;

/** Does what `args` ask for; returns the exit code. */
async function run(
  args: readonly string[],
  stop: AbortSignal,
): Promise<number> {
  const [first = "", second = ""] = args;
  if (first === "help" && /^(?:serve|paper-run)$/.test(second)) {
    return await run([second, "--help"], stop);
  }
  if (first === "paper-run") {
    const { runPaperProgram } = await import("./paper_run.ts");
    return await runPaperProgram(args.slice(1), stop, {
      say: console.log,
      complain: console.error,
      show: Deno.stderr.isTerminal() ? showLine : undefined,
    });
  }
  if (first !== "serve" && ASKS.test(first)) {
    const environment = {
      // Set to nothing is not set, as for the variables of the service.
      url: Deno.env.get("HOLDFAST_URL") || urlHere(variableHere),
      apiKey: Deno.env.get("HOLDFAST_KEY") || undefined,
    };
    const terminal = createProcessTerminal(environment, stop, async () => {
      const { createMachine } = await import("./doctor/machine.ts");
      return createMachine();
    });
    return await runCommandLine(args, terminal);
  }
  // Only now: a command does without the service, and starts much faster.
  const { runService } = await import("./serve.ts");
  const flags = first === "serve" ? args.slice(1) : args;
  return await runService(flags, stop, {
    say: sayLine,
    complain: console.error,
  });
}

/**
 * A variable of the service of this folder. Nothing of a file decides which
 * machine is sent a key, so of `HOST` only the environment's counts.
 */
function variableHere(name: string): string | undefined {
  const said = Deno.env.get(name);
  if (said || name === "HOST") return said;
  try {
    return parseEnv(Deno.readTextFileSync(".env"))[name];
  } catch {
    return undefined;
  }
}

/**
 * Says `line` to whoever started the service, and to nobody else: what goes to
 * the console OpenTelemetry sends away, and a line may hold a key.
 */
function sayLine(line: string): void {
  try {
    Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
  } catch {
    // That nobody listens is no reason not to serve.
  }
}

/** Shows `line` where the one before was. */
function showLine(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${line}`));
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
  const code = await run(Deno.args, signals.stop);
  // A client that never reads its answer would keep the process alive.
  Deno.exit(code);
}
