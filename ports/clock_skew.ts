/**
 * How far the clock of a server is from this machine's.
 *
 * @module
 */
import type { Finding } from "./finding.ts";

/** From here on stamps of instances are visibly out of order. */
const WARN_MS = 1000;

/** From here on days of order numbers and retention go wrong. */
const FAIL_MS = 60_000;

/**
 * Compares clocks; all times are milliseconds since the Unix epoch.
 *
 * @param askedAt By this machine, before the question.
 * @param serverAt By the server's clock.
 * @param answeredAt By this machine, after the answer.
 */
export function skewFinding(
  server: string,
  askedAt: number,
  serverAt: number,
  answeredAt: number,
): Finding {
  // Whatever the answer took may be on either side of it.
  const skewMs = serverAt < askedAt
    ? serverAt - askedAt
    : Math.max(0, serverAt - answeredAt);
  const sizeMs = Math.abs(skewMs);
  const check = `${server} clock`;
  if (sizeMs < WARN_MS) {
    return { check, level: "ok", says: "agrees with this machine's" };
  }
  const seconds = (sizeMs / 1000).toFixed(1);
  return {
    check,
    level: sizeMs < FAIL_MS ? "warn" : "fail",
    says: `is ${seconds} s ${
      skewMs > 0 ? "ahead of" : "behind"
    } this machine's`,
    mend: "let both machines follow a time server: timedatectl set-ntp true",
  };
}
