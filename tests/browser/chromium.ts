/**
 * Finds Debian's Chromium, or installs it as root on Debian.
 *
 * @module
 */
import { runCommand } from "../../scripts/server_process.ts";
import { findPrograms } from "../../scripts/services.ts";

/** How long an installation may take. */
const INSTALL_TIMEOUT_MS = 5 * 60_000;

/** What it is started with: no sandbox as root, and nothing that asks the internet. */
export const CHROMIUM_FLAGS: readonly string[] = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The program; `undefined` where there is none and none can be installed. */
export async function findChromium(): Promise<string | undefined> {
  return await look() ?? await install();
}

async function look(): Promise<string | undefined> {
  const folder = await findPrograms(["chromium"]);
  return folder === undefined ? undefined : `${folder}/chromium`;
}

async function install(): Promise<string | undefined> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return undefined;
  if (await findPrograms(["apt-get"]) === undefined) return undefined;
  console.log("Installing chromium with apt-get");
  const setting = {
    signal: AbortSignal.timeout(INSTALL_TIMEOUT_MS),
    env: { DEBIAN_FRONTEND: "noninteractive" },
  };
  await runCommand("apt-get", ["update"], setting).catch(() => {});
  const packages = ["--no-install-recommends", "chromium", "fonts-dejavu-core"];
  await runCommand("apt-get", ["install", "-y", ...packages], setting);
  return await look();
}
