/**
 * Ports that stay ours while nobody listens on them.
 *
 * @module
 */

/** Below the ports that kernels give to whoever asks for any. */
const LOWEST = 20_000;
const COUNT = 12_000;

/**
 * A port of the loopback interface that is free, and that no outgoing
 * connection takes while a server that was on it is down.
 */
export function quietPort(): number {
  for (let tries = 0;; tries++) {
    const port = LOWEST + Math.floor(Math.random() * COUNT);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse) || tries === 100) {
        throw error;
      }
    }
  }
}
