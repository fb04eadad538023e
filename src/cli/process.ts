/**
 * The command line's surroundings, when it is a process.
 *
 * @module
 */
import { createSystemClock } from "../../adapters/system/clock.ts";
import { createSystemEntropy } from "../../adapters/system/entropy.ts";
import { CommandFailed } from "./failures.ts";
import type { Machine } from "./machine.ts";
import { OutputClosed, type Terminal } from "./terminal.ts";

/**
 * Creates the terminal that this process was started from.
 *
 * @param stop Aborts on Ctrl-C.
 * @param openMachine Loads what works on this machine.
 */
export function createProcessTerminal(
  environment: Terminal["environment"],
  stop: AbortSignal,
  openMachine: () => Promise<Machine>,
): Terminal {
  const isTold = Deno.stderr.isTerminal();
  const encoder = new TextEncoder();
  return {
    clock: createSystemClock(),
    entropy: createSystemEntropy(),
    fetch,
    stop,
    environment,
    isInputTyped: Deno.stdin.isTerminal(),
    isOutputRead: Deno.stdout.isTerminal(),
    hasColours: Deno.stdout.isTerminal() && !Deno.noColor,
    openMachine,
    openSettingsTree: async () =>
      (await import("./settings_tree.ts")).settingsTree,
    input: Deno.stdin.readable,

    async open(path) {
      try {
        return (await Deno.open(path)).readable;
      } catch (error) {
        throw new CommandFailed(
          `Cannot read ${path} as ${(error as Error).message}`,
          { cause: error },
        );
      }
    },

    async write(text) {
      const bytes = encoder.encode(text);
      try {
        for (let at = 0; at < bytes.length;) {
          at += await Deno.stdout.write(bytes.subarray(at));
        }
      } catch (error) {
        if (error instanceof Deno.errors.BrokenPipe) {
          throw new OutputClosed("Nobody reads the output", { cause: error });
        }
        throw new CommandFailed(
          `Cannot write the output as ${(error as Error).message}`,
          { cause: error },
        );
      }
    },

    tell(line) {
      const bytes = encoder.encode(`${line}\n`);
      for (let at = 0; at < bytes.length;) {
        at += Deno.stderr.writeSync(bytes.subarray(at));
      }
    },

    show(line) {
      if (isTold) Deno.stderr.writeSync(encoder.encode(`\r\x1b[K${line}`));
    },

    async confirm(question) {
      Deno.stderr.writeSync(encoder.encode(`${question} [y/N] `));
      const answer = new Uint8Array(256);
      const { promise: stopped, resolve } = Promise.withResolvers<null>();
      const onStop = () => resolve(null);
      stop.addEventListener("abort", onStop);
      try {
        const count = await Promise.race([Deno.stdin.read(answer), stopped]);
        const said = new TextDecoder().decode(answer.subarray(0, count ?? 0));
        return /^y(es)?$/i.test(said.trim());
      } finally {
        stop.removeEventListener("abort", onStop);
      }
    },
  };
}
