/**
 * The client as its users have it: packed, and installed for Node.
 *
 * @module
 */
import { basename, join } from "node:path";
import { packClient } from "../../scripts/pack_client.ts";
import { equal } from "../support/assert.ts";
import { skip } from "../support/needs.ts";

/** The oldest Node that the client promises to run on. */
const OLDEST = 20;

/** Whether Node and npm can be run; if not, registers the reason as a skipped test. */
export async function needsNode(file: string): Promise<boolean> {
  const version = await outputOf("node", "--version");
  const npm = await outputOf("npm", "--version");
  const major = Number(/^v(\d+)/.exec(version ?? "")?.[1]);
  if (npm !== undefined && major >= OLDEST) return true;
  skip(file, `there is no Node ${OLDEST} with npm: install it from nodejs.org`);
  return false;
}

async function outputOf(program: string, argument: string) {
  try {
    const command = new Deno.Command(program, { args: [argument] });
    const { success, stdout } = await command.output();
    return success ? new TextDecoder().decode(stdout) : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** A folder of somebody who has installed the packed client, and nothing else. */
export async function installClient() {
  const path = await Deno.makeTempDir({ prefix: "holdfast-client-" });
  const tarball = await packClient(join(path, "packed"));
  await Deno.writeTextFile(
    join(path, "package.json"),
    JSON.stringify({ private: true, type: "module" }),
  );
  await Deno.writeTextFile(
    join(path, "deno.json"),
    JSON.stringify({
      nodeModulesDir: "manual",
      compilerOptions: { lib: ["esnext", "dom", "dom.asynciterable"] },
    }),
  );
  const { code, stderr } = await new Deno.Command("npm", {
    args: ["install", "--offline", "--no-audit", "--no-fund", tarball],
    cwd: path,
  }).output();
  equal(code, 0, new TextDecoder().decode(stderr));
  return {
    path,
    /** Copies a program to where the client is installed. */
    add: (file: URL) =>
      Deno.copyFile(file, join(path, basename(file.pathname))),
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}
