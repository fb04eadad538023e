/**
 * Asks servers whether they answer, in the first bytes of their protocols.
 *
 * @module
 */

/** How long a server may take to answer. */
const ANSWER_TIMEOUT_MS = 2_000;

/** Whether a Redis that has loaded its data answers at `url`. */
export async function answersRedis(url: URL): Promise<boolean> {
  const ping = new TextEncoder().encode("PING\r\n");
  const answer = await exchange(url, 6379, ping);
  // A server that wants a password first says so, and is there.
  return answer !== undefined && /^(?:\+PONG|-NOAUTH|-WRONGPASS)/.test(answer);
}

/** Whether a Postgres that accepts connections answers at `url`. */
export async function answersPostgres(url: URL): Promise<boolean> {
  const user = decodeURIComponent(url.username || "postgres");
  const answer = await exchange(url, 5432, startupMessage(user));
  // An error is an answer too, save that it is still starting.
  return answer !== undefined && /^[RE]/.test(answer) &&
    !answer.includes("57P03");
}

/** The message that opens a connection, protocol version 3.0. */
export function startupMessage(user: string): Uint8Array<ArrayBuffer> {
  const body = new TextEncoder().encode(`user\0${user}\0\0`);
  const message = new Uint8Array(8 + body.length);
  const view = new DataView(message.buffer);
  view.setUint32(0, message.length);
  view.setUint32(4, 3 << 16);
  message.set(body, 8);
  return message;
}

/** The first bytes that the server at `url` answers with, if it does. */
export async function exchange(
  url: URL,
  defaultPort: number,
  request: Uint8Array,
): Promise<string | undefined> {
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  const port = Number(url.port || defaultPort);
  const connect = url.protocol === "rediss:"
    ? Deno.connectTls({ hostname, port })
    : Deno.connect({ hostname, port });
  let connection: Deno.Conn | undefined;
  const timer = setTimeout(() => connection?.close(), ANSWER_TIMEOUT_MS);
  try {
    connection = await connect;
    await connection.write(request);
    const answer = new Uint8Array(1024);
    const count = await connection.read(answer);
    return new TextDecoder().decode(answer.subarray(0, count ?? 0));
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
    try {
      connection?.close();
    } catch {
      // The timer has closed it.
    }
  }
}
