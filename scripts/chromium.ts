/**
 * Finds Debian's Chromium for the tests of the dashboard. Run as a program, it
 * installs it first where it is missing: as root, on Debian.
 *
 * @module
 */
import { runCommand } from "./server_process.ts";
import { findPrograms } from "./services.ts";

/** How long an installation may take. */
const INSTALL_TIMEOUT_MS = 10 * 60_000;

/** What Debian calls it, and a font for what it shows. */
const PACKAGES = ["chromium", "fonts-dejavu-core"];

/** What it is started with: no sandbox as root, and nothing that asks the internet. */
export const CHROMIUM_FLAGS: readonly string[] = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The program, if it is on this machine. */
export async function findChromium(): Promise<string | undefined> {
  const folder = await findPrograms(["chromium"]);
  return folder === undefined ? undefined : `${folder}/chromium`;
}

async function install(): Promise<void> {
  console.log("Installing chromium with apt-get");
  const setting = {
    signal: AbortSignal.timeout(INSTALL_TIMEOUT_MS),
    env: { DEBIAN_FRONTEND: "noninteractive" },
  };
  // One bad source of many does not keep the package from being found.
  await runCommand("apt-get", ["update"], setting).catch(() => {});
  const flags = ["install", "-y", "--no-install-recommends"];
  await runCommand("apt-get", [...flags, ...PACKAGES], setting);
}

/** Whether a package can be installed here. */
async function canInstall(): Promise<boolean> {
  return Deno.build.os === "linux" && Deno.uid() === 0 &&
    await findPrograms(["apt-get"]) !== undefined;
}

if (import.meta.main) {
  if (await findChromium() === undefined && await canInstall()) await install();
  // The tests say why they are skipped where there is none.
  console.log(`chromium: ${await findChromium() ?? "none"}`);
}
