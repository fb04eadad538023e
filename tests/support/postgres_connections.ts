/**
 * A Postgres that runs out of connections.
 *
 * @module
 */
import type { PrivatePostgres } from "./postgres_server.ts";
import { connectPsql, type Psql } from "./postgres_world.ts";

/**
 * Restarts `server` so that it has `count` connections to give, and none apart
 * for superusers, until it is started again.
 */
export async function allowConnections(
  server: PrivatePostgres,
  count: number,
): Promise<void> {
  await tell(server, [
    `ALTER SYSTEM SET max_connections = ${count}`,
    "ALTER SYSTEM SET superuser_reserved_connections = 0",
  ]);
  await server.shutdown();
  await server.start();
  await tell(server, ["ALTER SYSTEM RESET ALL"]);
}

async function tell(
  { url }: PrivatePostgres,
  commands: readonly string[],
): Promise<void> {
  await using psql = connectPsql(url);
  for (const command of commands) await psql.unsafe(command);
}

/**
 * Takes every connection of the server at `url`, also those that Holdfast has,
 * until the result is disposed of.
 */
export async function takeAllConnections(
  url: string,
): Promise<AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const held: Psql[] = [];
  for (;;) {
    const psql = connectPsql(url);
    try {
      await endHoldfast(psql);
      held.push(stack.use(psql));
    } catch (error) {
      await psql[Symbol.asyncDispose]();
      if ((error as { code?: string }).code !== "53300") throw error;
      // It may have been faster than we.
      if (await endHoldfast(held[0]!) === 0) break;
    }
  }
  const taken = stack.move();
  return { [Symbol.asyncDispose]: () => taken.disposeAsync() };
}

/** Ends the connections that Holdfast has; how many there were. */
export async function endHoldfast(psql: Psql): Promise<number> {
  const ended = await psql`
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE application_name = 'holdfast'`;
  return ended.length;
}
