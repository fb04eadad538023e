/**
 * A Redis server of a test's own, and a connection to it whose telemetry is kept.
 *
 * @module
 */
import type { RedisConnection } from "../../adapters/redis/connection.ts";
import {
  createRecordingTelemetry,
  type RecordingTelemetry,
} from "./recording_telemetry.ts";
import {
  openConnection,
  type RedisServer,
  startRedis,
  until,
} from "./redis_world.ts";

/** A server and a connection to it that is up. */
export interface WatchedRedis extends AsyncDisposable {
  readonly server: RedisServer;
  readonly connection: RedisConnection;
  readonly telemetry: RecordingTelemetry;
}

/** Starts a server with `config` and connects; a call may take `callMs`. */
export async function openWatchedRedis(
  { config = [], callMs = 50 }: {
    readonly config?: readonly string[];
    readonly callMs?: number;
  } = {},
): Promise<WatchedRedis> {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await startRedis(config));
  const telemetry = createRecordingTelemetry();
  const connection = stack.use(
    openConnection({ url: server.url, telemetry, deadlines: { callMs } }),
  );
  await until(connection, () => connection.isUp);
  const opened = stack.move();
  return {
    server,
    connection,
    telemetry,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
