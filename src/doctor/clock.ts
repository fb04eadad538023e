/**
 * Whether the clocks of this machine can be relied on.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";
import type { Finding } from "../../ports/finding.ts";

/** How long they are watched. */
const WATCH_MS = 250;

/** So much the clocks may part meanwhile: leases allow for a tenth. */
const MOST_MS = WATCH_MS / 10;

/** No release of this program was made before. */
const EARLIEST_MS = Date.UTC(2026, 0, 1);

/** Compares the wall clock with the monotonic one for a moment. */
export async function clockFinding(clock: Clock): Promise<Finding> {
  const check = "clock";
  const wallAt = clock.now();
  const steadyAt = clock.monotonic();
  if (wallAt < EARLIEST_MS) {
    return {
      check,
      level: "fail",
      says: `it is wrong: it shows ${new Date(wallAt).toISOString()}`,
      mend: "timedatectl set-ntp true",
    };
  }
  await clock.sleep(WATCH_MS);
  const wallMs = clock.now() - wallAt;
  const steadyMs = clock.monotonic() - steadyAt;
  const apartMs = Math.abs(wallMs - steadyMs);
  if (apartMs <= MOST_MS) {
    return {
      check,
      level: "ok",
      says: `runs evenly, ${new Date(wallAt).toISOString()}`,
    };
  }
  return {
    check,
    level: "warn",
    says: `the wall clock went ${Math.round(wallMs)} ms while ${
      Math.round(steadyMs)
    } ms passed: it is being set, or runs unevenly`,
    mend: "let it be slewed and not stepped: chronyc makestep once, then wait",
  };
}
