/**
 * Whether a service could listen where it is to.
 *
 * @module
 */
import type { Finding } from "../../ports/finding.ts";

/** How long whoever listens there may take to say who he is. */
const ASK_MS = 700;

/**
 * Tries `port`; `variable` is its name.
 *
 * @param isTls Whether a service would speak TLS there: whoever does cannot be
 * asked who he is.
 */
export async function listenerFinding(
  variable: string,
  hostname: string,
  port: number,
  isTls: boolean,
): Promise<Finding> {
  const check = variable.toLowerCase().replaceAll("_", " ");
  const at = `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
  try {
    Deno.listen({ hostname, port }).close();
    return {
      check,
      level: "ok",
      says: port === 0 ? "any free one is taken" : `${at} is free`,
    };
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse && isTls) {
      return {
        check,
        level: "warn",
        says: `somebody listens at ${at}; it may be a running Holdfast`,
        mend: "see who it is: ss -ltnp",
      };
    }
    if (error instanceof Deno.errors.AddrInUse) {
      return await isHoldfast(hostname, port)
        ? { check, level: "ok", says: `a running Holdfast listens at ${at}` }
        : {
          check,
          level: "fail",
          says: `another program listens at ${at}`,
          mend: `set ${variable} to another, or see who it is: ss -ltnp`,
        };
    }
    return {
      check,
      level: "fail",
      says: `nothing can listen at ${at}: ${(error as Error).message}`,
      mend: error instanceof Deno.errors.PermissionDenied
        ? `set ${variable} to 1024 or above`
        : "set HOST to an address of this machine",
    };
  }
}

/** Whether it is Holdfast that listens there. */
async function isHoldfast(hostname: string, port: number): Promise<boolean> {
  const host = /^(0\.0\.0\.0|::|\[::\])$/.test(hostname)
    ? "127.0.0.1"
    : hostname.includes(":")
    ? `[${hostname.replace(/^\[|\]$/g, "")}]`
    : hostname;
  try {
    const answer = await fetch(`http://${host}:${port}/health/live`, {
      signal: AbortSignal.timeout(ASK_MS),
      redirect: "error",
    });
    return await answer.text() === '{"status":"alive"}';
  } catch {
    return false;
  }
}
