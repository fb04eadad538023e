/**
 * A proxy between a client and a server that does what networks do.
 *
 * @module
 */
import { connect, createServer, type Server, type Socket } from "node:net";
import { quietPort } from "./quiet_port.ts";
import { openPipe, type Pipe, type Watch, type Weather } from "./tcp_pipe.ts";

/** Where a server listens. */
export interface TcpAddress {
  readonly hostname: string;
  readonly port: number;
}

/** What can be done to the bytes that go one way, on every connection. */
export interface TcpWay {
  /** Lets bytes arrive `ms` milliseconds later, in their order. */
  delay(ms: number): void;
  /**
   * Lets nothing arrive, and everything when it is mended: late commands. What
   * a client has sent arrives even if the client has gone away since.
   */
  hold(): void;
  /**
   * Lets bytes and ends of connections vanish while connections stay. A
   * connection that lost something is reset when the way is mended.
   */
  blackhole(): void;
  /** Lets bytes trickle, on each connection by itself. */
  limit(bytesPerSecond: number): void;
  /** Ends all of it on this way. */
  mend(): void;
}

/** What has passed so far, except that `open` is now. */
export interface TcpCounts {
  /** Connections taken from clients. */
  readonly accepted: number;
  /** Connections of clients that have not ended. */
  readonly open: number;
  /** Connections that `cut`, `refuse` and `mend` have reset. */
  readonly reset: number;
  /** Replies that never arrived as `loseReplies` wanted it. */
  readonly lost: number;
}

/** A proxy that forwards until it is told otherwise. */
export interface TcpProxy extends TcpAddress, AsyncDisposable {
  readonly toServer: TcpWay;
  readonly toClient: TcpWay;
  readonly counts: TcpCounts;
  /** Resets all connections; new ones are welcome. */
  cut(): void;
  /** Resets all connections and refuses new ones until it is mended. */
  refuse(): Promise<void>;
  /**
   * Loses the replies to the next `count` requests that `when` is true of: the
   * server gets the request and has dealt with it by the time at which the
   * client sees its connection reset. What arrives at once is one request.
   */
  loseReplies(count: number, when?: (request: string) => boolean): void;
  /** Sends new connections to `other`; those there are go on as they were. */
  retarget(other: Partial<TcpAddress>): void;
  /** Ends all faults. */
  mend(): Promise<void>;
}

/** The two ends of a connection. */
interface Ends {
  readonly client: Socket;
  readonly server: Socket;
}

interface Connection extends Ends {
  readonly toServer: Pipe;
  readonly toClient: Pipe;
}

/** Opens a proxy to `target` on a port of its own. */
export async function openTcpProxy(target: TcpAddress): Promise<TcpProxy> {
  const hostname = "127.0.0.1";
  const port = quietPort();
  const connections = new Set<Connection>();
  const closing = new Set<Promise<void>>();
  const counts = { accepted: 0, reset: 0, lost: 0 };
  const weather = { toServer: fair(), toClient: fair() };
  let to = target;
  let losing = { count: 0, when: (_request: string) => true };
  let listener: Server | undefined = await listen(port, hostname, accept);

  function accept(client: Socket): void {
    counts.accepted++;
    const server = connect({ port: to.port, host: to.hostname });
    server.allowHalfOpen = true;
    const loser = createReplyLoser({ client, server });
    const connection = {
      client,
      server,
      toServer: openPipe(client, server, weather.toServer, loser.request),
      toClient: openPipe(server, client, weather.toClient, loser.answer),
    };
    connections.add(connection);
    const closed = Promise.all([client, server].map(closeOf)).then(() => {
      stop(connection);
      connections.delete(connection);
      closing.delete(closed);
    });
    closing.add(closed);
  }

  /** Watches for a request whose reply is to be lost, and loses it. */
  function createReplyLoser(ends: Ends): { request: Watch; answer: Watch } {
    let state: "waiting" | "asked" | "losing" = "waiting";
    const text = new TextDecoder();
    function lose(): void {
      if (state !== "losing") return;
      counts.lost++;
      reset(ends);
    }
    ends.server.on("end", lose);
    ends.server.on("error", lose);
    return {
      request: {
        admits: () => state !== "losing",
        gives(bytes) {
          if (state === "losing") return false;
          if (state === "asked" || losing.count === 0) return true;
          if (!losing.when(text.decode(bytes))) return true;
          losing.count--;
          state = "asked";
          return true;
        },
      },
      answer: {
        admits() {
          if (state === "waiting") return true;
          // A server that has read the end has read all that was before it.
          if (state === "asked") ends.server.end();
          state = "losing";
          return false;
        },
        gives: () => true,
      },
    };
  }

  function cutOne(connection: Connection): void {
    counts.reset++;
    stop(connection);
    reset(connection);
  }

  function cut(): void {
    connections.forEach(cutOne);
  }

  async function refuse(): Promise<void> {
    const old = listener;
    listener = undefined;
    if (!old) return;
    const closed = closeOf(old);
    old.close();
    cut();
    await Promise.all([closed, ...closing]);
  }

  function createWay(name: "toServer" | "toClient"): TcpWay {
    const change = (changes: Partial<Weather>) => {
      Object.assign(weather[name], changes);
      for (const connection of connections) {
        const pipe = connection[name];
        if (pipe.torn && !weather[name].swallowing) cutOne(connection);
        else pipe.wake();
      }
    };
    return {
      delay: (delayMs) => change({ delayMs }),
      hold: () => change({ delayMs: Infinity }),
      blackhole: () => change({ swallowing: true }),
      limit: (bytesPerSecond) => change({ bytesPerSecond }),
      mend: () => change(fair()),
    };
  }

  const toServer = createWay("toServer");
  const toClient = createWay("toClient");
  return {
    hostname,
    port,
    toServer,
    toClient,
    counts: {
      get accepted() {
        return counts.accepted;
      },
      get open() {
        return connections.size;
      },
      get reset() {
        return counts.reset;
      },
      get lost() {
        return counts.lost;
      },
    },
    cut,
    refuse,
    loseReplies(count, when = () => true) {
      losing = { count, when };
    },
    retarget(other) {
      to = { ...to, ...other };
    },
    async mend() {
      losing.count = 0;
      toServer.mend();
      toClient.mend();
      listener ??= await listen(port, hostname, accept);
    },
    [Symbol.asyncDispose]: refuse,
  };
}

function fair(): Weather {
  return { delayMs: 0, bytesPerSecond: Infinity, swallowing: false };
}

function stop({ toServer, toClient }: Connection): void {
  toServer.stop();
  toClient.stop();
}

function reset({ client, server }: Ends): void {
  client.resetAndDestroy();
  server.resetAndDestroy();
}

async function listen(
  port: number,
  hostname: string,
  accept: (client: Socket) => void,
): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, accept);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(port, hostname, resolve);
  await promise;
  return server;
}

function closeOf(closing: Socket | Server): Promise<void> {
  return new Promise((resolve) => {
    (closing as Socket).once("close", () => resolve());
  });
}
