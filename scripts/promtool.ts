/**
 * Finds promtool, which checks what Prometheus is given.
 *
 * @module
 */
import { join } from "node:path";
import { runCommand } from "./server_process.ts";
import { findPrograms } from "./services.ts";

/** The program; disposing of it removes what was made for it. */
export interface Promtool extends AsyncDisposable {
  /** Where it lies. */
  readonly path: string;
}

/** How to have promtool on this machine, as the end of a sentence. */
export const HOW_TO_HAVE_PROMTOOL = "install prometheus";

/**
 * The promtool in PATH, else that of Debian's package, where this is root on
 * Debian: it is taken out of the package, whose server would be started by an
 * install. `undefined` where there is none.
 */
export async function openPromtool(
  signal: AbortSignal,
): Promise<Promtool | undefined> {
  const folder = await findPrograms(["promtool"]);
  if (folder !== undefined) {
    const path = join(folder, "promtool");
    return { path, async [Symbol.asyncDispose]() {} };
  }
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return undefined;
  if (!await findPrograms(["apt-get", "dpkg-deb"])) return undefined;
  return await unpack(signal);
}

async function unpack(signal: AbortSignal): Promise<Promtool | undefined> {
  await using stack = new AsyncDisposableStack();
  const home = await Deno.makeTempDir({ prefix: "holdfast-promtool-" });
  stack.defer(() => Deno.remove(home, { recursive: true }));
  const setting = { cwd: home, signal };
  const download = () =>
    runCommand("apt-get", ["download", "prometheus"], setting);
  try {
    await download().catch(async () => {
      // The lists may be old, or not be there; one bad source is no reason.
      await runCommand("apt-get", ["update"], setting).catch(() => {});
      await download();
    });
    const files = await Array.fromAsync(Deno.readDir(home));
    const name = files.find((file) => file.name.endsWith(".deb"))!.name;
    await runCommand("dpkg-deb", ["--extract", name, home], setting);
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
  const held = stack.move();
  return {
    path: join(home, "usr/bin/promtool"),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
