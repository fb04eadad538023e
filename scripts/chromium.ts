/**
 * Finds Debian's Chromium for the tests of the dashboard. Run as a program, it
 * installs it first where it is missing: as root, on Debian.
 *
 * @module
 */
import { findPrograms, installPackages } from "./services.ts";

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

if (import.meta.main) {
  if (await findChromium() === undefined) {
    const signal = AbortSignal.timeout(INSTALL_TIMEOUT_MS);
    const flags = ["--no-install-recommends"];
    await installPackages(PACKAGES, console.log, signal, flags);
  }
  // The tests say why they are skipped where there is none.
  console.log(`chromium: ${await findChromium() ?? "none"}`);
}
