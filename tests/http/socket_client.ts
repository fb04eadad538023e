/**
 * A listener in front of an event world, and a client of its WebSockets.
 *
 * @module
 */
import { equal, fail } from "../support/assert.ts";
import { createEventWorld, type EventWorld } from "./event_client.ts";

/** Where sockets are opened. */
export const SOCKET = "/api/v1/events/ws";

/** What the server says. */
export interface ServerFrame {
  readonly type: string;
  readonly id?: string;
  // deno-lint-ignore no-explicit-any
  readonly [member: string]: any;
}

/** How a socket was closed. */
export interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** A client that reads as it is told. */
export interface SocketClient {
  /** Sends a frame; what is no text or bytes is sent as JSON. */
  send(frame: unknown): void;
  /** The next frame; fails when the socket is closed. */
  next(): Promise<ServerFrame>;
  /** The next `count` frames. */
  take(count: number): Promise<ServerFrame[]>;
  /** Frames that have come and were not taken. */
  readonly waiting: readonly ServerFrame[];
  /** Resolves when the socket is closed. */
  readonly closed: Promise<Closed>;
  /** Leaves. */
  leave(): Promise<void>;
}

/** A listener in front of a world. */
export interface SocketWorld extends AsyncDisposable {
  readonly world: EventWorld;
  readonly port: number;
  /** Opens a socket; subscribes when told what to. */
  connect(subscribe?: object): Promise<SocketClient>;
  /** Ends every socket and waits for them, as the service does. */
  shutdown(): Promise<void>;
}

/** Listens. */
export function listenForSockets(
  options: Parameters<typeof createEventWorld>[0] = {},
): SocketWorld {
  const world = createEventWorld(options);
  const stop = new AbortController();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => world.app.fetch(request, { shutdown: stop.signal }),
  );
  const { port } = server.addr;
  const open = new Set<SocketClient>();
  const shutdown = async () => {
    stop.abort();
    await Promise.all(Array.from(open, ({ closed }) => closed));
    await server.shutdown();
  };
  return {
    world,
    port,
    async connect(subscribe) {
      const client = await openSocket(`ws://127.0.0.1:${port}${SOCKET}`);
      open.add(client);
      client.closed.then(() => open.delete(client));
      if (subscribe) client.send({ type: "subscribe", ...subscribe });
      return client;
    },
    shutdown,
    [Symbol.asyncDispose]: shutdown,
  };
}

async function openSocket(url: string): Promise<SocketClient> {
  const socket = new WebSocket(url);
  const waiting: ServerFrame[] = [];
  const closed = Promise.withResolvers<Closed>();
  let onChange = () => {};
  let isClosed = false;
  socket.addEventListener("message", ({ data }) => {
    waiting.push(JSON.parse(data));
    onChange();
  });
  socket.addEventListener("close", ({ code, reason }) => {
    isClosed = true;
    closed.resolve({ code, reason });
    onChange();
  });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve(), { once: true });
    socket.addEventListener("error", () => reject(new Error("not opened")), {
      once: true,
    });
  });
  async function next(): Promise<ServerFrame> {
    while (waiting.length === 0) {
      if (isClosed) fail("the socket is closed");
      await new Promise<void>((resolve) => onChange = resolve);
    }
    return waiting.shift()!;
  }
  return {
    waiting,
    closed: closed.promise,
    send(frame) {
      const isRaw = typeof frame === "string" || frame instanceof Uint8Array;
      socket.send(isRaw ? frame as string : JSON.stringify(frame));
    },
    next,
    async take(count) {
      const frames: ServerFrame[] = [];
      while (frames.length < count) frames.push(await next());
      return frames;
    },
    async leave() {
      socket.close();
      await closed.promise;
    },
  };
}

/** The position in the id of a frame. */
export function positionOf({ id }: ServerFrame): number {
  return Number(id?.split(":")[1]);
}

/** The positions of frames that are all events. */
export function positionsOf(frames: readonly ServerFrame[]): number[] {
  return frames.map((frame) => {
    equal(frame.type, "event");
    return positionOf(frame);
  });
}

/** The whole numbers from `first` to `last`. */
export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** Has the server hear what was sent, and answer. */
export async function heard(client: SocketClient): Promise<ServerFrame[]> {
  client.send({ type: "ping" });
  const frames: ServerFrame[] = [];
  for (;;) {
    const frame = await client.next();
    if (frame.type === "heartbeat") return frames;
    frames.push(frame);
  }
}

/** Asks for a socket with `headers`, byte by byte; the answer is read, and no more. */
export async function shakeHands(
  { port }: Pick<SocketWorld, "port">,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ connection: Deno.Conn; text: string }> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const more = Object.entries(headers).map(([name, value]) =>
    `${name}: ${value}\r\n`
  ).join("");
  const head = `GET ${SOCKET} HTTP/1.1\r\nHost: localhost\r\n` +
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
    `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${more}\r\n`;
  await connection.write(new TextEncoder().encode(head));
  let text = "";
  const buffer = new Uint8Array(512);
  while (!text.includes("\r\n\r\n")) {
    const count = await connection.read(buffer) ?? 0;
    if (count === 0) fail("the connection was closed");
    text += new TextDecoder().decode(buffer.subarray(0, count));
  }
  return { connection, text };
}
