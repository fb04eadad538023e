/**
 * Ports that stay ours while nobody listens on them.
 *
 * @module
 */

/** Below the ports that kernels give to whoever asks for any, as is `BUS` above. */
const LOWEST = 10_000;
const COUNT = 12_000;

/** How far above its port a Redis with `cluster-enabled` listens too. */
const BUS = 10_000;

/**
 * A port of the loopback interface that is free, and that no outgoing
 * connection takes while a server that was on it is down.
 */
export function quietPort(): number {
  for (let tries = 0;; tries++) {
    const port = LOWEST + Math.floor(Math.random() * COUNT);
    try {
      for (const taken of [port, port + BUS]) {
        Deno.listen({ hostname: "127.0.0.1", port: taken }).close();
      }
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse) || tries === 100) {
        throw error;
      }
    }
  }
}
