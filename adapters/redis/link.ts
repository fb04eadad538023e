/**
 * One connection to Redis, which never connects again once it is lost.
 *
 * @module
 */
import { isIP } from "node:net";
import { createClient } from "@redis/client";
import type { RedisAddress } from "./address.ts";
import type { Deadlines } from "./deadlines.ts";
import { isLate, Unfit } from "./errors.ts";
import type { Command, RedisReply } from "./script.ts";

/** A connection that is logged in. */
export interface Link {
  /** Aborts when the connection can no longer be used, with the reason. */
  readonly lost: AbortSignal;

  /**
   * Sends one command.
   *
   * @param dueAt When to give up, on the monotonic clock.
   * @throws What the client throws: `ErrorReply`, or that the connection is
   * lost; `DeadlineExceeded`, after which the command may still run.
   */
  send(command: Command, dueAt: number): Promise<RedisReply>;

  /**
   * Runs commands as one transaction.
   *
   * @returns Their answers, error replies included.
   * @throws As `send` does; the reason if nothing was run.
   */
  transact(
    commands: readonly Command[],
    dueAt: number,
  ): Promise<readonly RedisReply[]>;

  /**
   * Calls `listener` with every message on `channel` from now on; nothing else
   * can be sent after that.
   *
   * @throws As `send` does.
   */
  subscribe(
    channel: string,
    listener: (message: string) => void,
    dueAt: number,
  ): Promise<void>;

  /** Ends the connection; calls under way fail. Safe to call twice. */
  close(): void;
}

/** How often a connection that is idle is tried. */
const PING_MS = 500;

/** How long nothing may come from the server while it is pinged. */
const SILENCE_MS = 1500;

/** A server without TLS waits for more of what it takes for a command. */
const SILENT =
  "it does not answer by TLS; where it has none, mend REDIS_URL to redis://";

/** What makes the client speak TLS and hold the server to its name. */
function tlsOf({ tls, host, ca }: RedisAddress) {
  if (!tls) return {};
  return {
    tls: true as const,
    // Of a number, the host itself is the name.
    ...isIP(host) === 0 && { servername: host },
    ...ca !== undefined && { ca },
  };
}

/**
 * Connects and logs in.
 *
 * @param connectMs How long that may take.
 * @throws What the client throws.
 */
export async function openLink(
  address: RedisAddress,
  deadlines: Deadlines,
  { connectMs, dueAt }: { readonly connectMs: number; readonly dueAt: number },
): Promise<Link> {
  const { host, port, user, password, db } = address;
  const lost = new AbortController();
  const socket = {
    host,
    port,
    connectTimeout: connectMs,
    socketTimeout: SILENCE_MS,
    reconnectStrategy: false as const,
    // A socket that is still connecting is out of the client's reach.
    signal: lost.signal,
  };
  const client = createClient({
    RESP: 2,
    commandOptions: { timeout: 0 },
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: "disabled",
    pingInterval: PING_MS,
    database: db,
    ...user !== undefined && { username: user },
    ...password !== undefined && { password },
    socket: { ...socket, ...tlsOf(address) },
  });
  client.on("error", giveUp);

  function giveUp(reason: unknown): void {
    if (lost.signal.aborted) return;
    client.destroy();
    lost.abort(reason);
  }
  const send = (command: Command) => client.sendCommand<RedisReply>(command);
  const close = () => giveUp(new Error("it was closed"));

  try {
    await deadlines.watch(client.connect(), dueAt);
  } catch (error) {
    close();
    throw address.tls && isLate(error) ? new Unfit("away", SILENT) : error;
  }

  return {
    lost: lost.signal,
    send: (command, dueAt) => deadlines.watch(send(command), dueAt),
    async transact(commands, dueAt) {
      const sent = [["MULTI"], ...commands, ["EXEC"]].map(send);
      const replies = await deadlines.watch(Promise.all(sent), dueAt);
      return replies.at(-1) as RedisReply[];
    },
    subscribe: (channel, listener, dueAt) =>
      deadlines.watch(
        client.subscribe(channel, (message) => listener(message)),
        dueAt,
      ),
    close,
  };
}
