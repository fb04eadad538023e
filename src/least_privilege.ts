/**
 * Gives up permissions as soon as they are not needed any more: what has been
 * given up cannot be had back, whatever runs in this process later.
 *
 * Deno cannot narrow what was granted whole, only take it away. A process that
 * may do everything, as `deno run -A` grants it, is left alone: Deno would ask
 * on the terminal from then on.
 *
 * @module
 */
import type { Config } from "./config.ts";

/**
 * Gives up reading the environment, where secrets are, and what the service
 * never does: starting programs, loading native code, asking about the machine.
 */
export function giveUpEnvironment(): void {
  giveUp("run", "ffi", "sys", "env");
}

/**
 * Gives up reaching anybody; listeners that are open go on, and take new
 * connections.
 */
export function giveUpNetwork(): void {
  giveUp("net");
}

/** Whether a service with `config` asks nobody but the files of its machine. */
export function asksNobody(
  config: Pick<
    Config,
    "databaseUrl" | "redis" | "signalServiceUrl" | "executionGatewayUrl"
  >,
): boolean {
  const { databaseUrl, redis, signalServiceUrl, executionGatewayUrl } = config;
  return (databaseUrl ?? redis ?? signalServiceUrl ?? executionGatewayUrl) ===
    undefined;
}

function giveUp(...names: readonly Deno.PermissionName[]): void {
  const { state } = Deno.permissions.querySync({ name: "env" });
  if (state === "granted") return;
  for (const name of names) Deno.permissions.revokeSync({ name });
}
