/**
 * `deno task pack:client`: packs the client as an npm package below `dist/`.
 *
 * @module
 */
import { dirname, join } from "node:path";
import manifest from "../deno.json" with { type: "json" };
import { runCommand } from "./server_process.ts";

const ROOT = dirname(import.meta.dirname!);

/** How long packing may take. */
const PACK_TIMEOUT_MS = 60_000;

/** What the package is called. */
export const PACKAGE = "@holdfast/client";

/**
 * Packs the client into a tarball in `folder`, which is made where it is not
 * there; returns the path of the tarball.
 */
export async function packClient(folder: string): Promise<string> {
  const { version, license } = manifest;
  const tarball = join(folder, `holdfast-client-${version}.tgz`);
  const staged = await Deno.makeTempDir({ prefix: "holdfast-client-" });
  try {
    await Deno.mkdir(folder, { recursive: true });
    await copyFolder(join(ROOT, "src", "client"), staged);
    await Deno.copyFile(join(ROOT, "LICENSE"), join(staged, "LICENSE"));
    const described = { name: PACKAGE, version, license, exports: "./mod.ts" };
    const compilerOptions = {
      ...manifest.compilerOptions,
      lib: ["esnext", "dom", "dom.iterable", "dom.asynciterable"],
    };
    await Deno.writeTextFile(
      join(staged, "deno.json"),
      JSON.stringify({ ...described, compilerOptions }),
    );
    const signal = AbortSignal.timeout(PACK_TIMEOUT_MS);
    const args = ["pack", "--allow-dirty", "--no-source-maps"];
    args.push("--output", tarball);
    await runCommand(Deno.execPath(), args, { cwd: staged, signal });
    return tarball;
  } finally {
    await Deno.remove(staged, { recursive: true });
  }
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    const [source, target] = [join(from, name), join(to, name)];
    if (isDirectory) await copyFolder(source, target);
    else await Deno.copyFile(source, target);
  }
}

if (import.meta.main) {
  console.log(`Packed ${await packClient(join(ROOT, "dist"))}`);
}
