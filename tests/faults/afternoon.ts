/**
 * Starts services written in an afternoon as the real one is started.
 *
 * @module
 */
import { join } from "node:path";
import type { ServiceProcess } from "../support/service_process.ts";
import { textLines } from "../support/text_lines.ts";

/** Starts the service of `afternoon_service.ts` and waits until it listens. */
export function startAfternoonService(
  env: Record<string, string>,
): Promise<ServiceProcess> {
  return startAfternoon(
    join(import.meta.dirname!, "afternoon_service.ts"),
    env,
  );
}

/** Starts the service whose source is `program` and waits until it listens. */
export async function startAfternoon(
  program: string,
  env: Record<string, string>,
): Promise<ServiceProcess> {
  const began = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-net", "--allow-env", program],
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const lines = child.stdout.pipeThrough(textLines()).getReader();
  const { value = "" } = await lines.read();
  const url = /^holdfast listening on (http:\S+)$/.exec(value)?.[1];
  if (url === undefined) throw new Error("Cannot start the afternoon service");

  let ended: Promise<Deno.CommandStatus> | undefined;
  function end(signal: Deno.Signal): Promise<Deno.CommandStatus> {
    return ended ??= (async () => {
      child.kill(signal);
      const status = await child.status;
      await lines.cancel();
      return status;
    })();
  }
  return {
    url,
    adminUrl: undefined,
    said: [value],
    pid: child.pid,
    startMs: performance.now() - began,
    log: [],
    end,
    async [Symbol.asyncDispose]() {
      await end("SIGTERM");
    },
  };
}
