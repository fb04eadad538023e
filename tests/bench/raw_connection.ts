/**
 * A connection to a service, as light as it can be: what the client costs is not
 * to be measured along with what the service costs.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";

const HEAD_END = Buffer.from("\r\n\r\n");

/** A connection that asks one thing after the other. */
export interface Connection {
  /** Sends `request`; the body of the answer, which must be a 200 or 201. */
  ask(request: Buffer): Promise<Buffer>;
  /** Closes it. */
  end(): void;
}

/** The bytes of a request. */
export function requestOf(
  { port, method, path, user, body, apiKey }: {
    readonly port: number;
    readonly method: string;
    readonly path: string;
    readonly user: string;
    readonly body: string;
    readonly apiKey?: string | undefined;
  },
): Buffer {
  return Buffer.from(
    `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n` +
      `X-User-Id: ${user}\r\n` +
      (apiKey === undefined ? "" : `Authorization: Bearer ${apiKey}\r\n`) +
      `Content-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** Connects to `port` of this machine. */
export async function openConnection(port: number): Promise<Connection> {
  const socket: Socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  let held: Buffer = Buffer.alloc(0);
  let waiting: PromiseWithResolvers<Buffer> | undefined;
  socket.on("data", (bytes: Buffer) => {
    held = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
    const headEnd = held.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = held.toString("latin1", 0, headEnd);
    const length = Number(/\ncontent-length: (\d+)/i.exec(head)?.[1]);
    const bodyAt = headEnd + HEAD_END.length;
    if (held.length < bodyAt + length) return;
    const body = held.subarray(bodyAt, bodyAt + length);
    held = Buffer.alloc(0);
    if (/^HTTP\/1\.1 20[01]/.test(head)) waiting!.resolve(body);
    else waiting!.reject(new Error(`${head}\n\n${body}`));
  });
  return {
    ask(request) {
      waiting = Promise.withResolvers();
      socket.write(request);
      return waiting.promise;
    },
    end: () => socket.destroy(),
  };
}
