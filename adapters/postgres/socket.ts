/**
 * The socket under a link: it connects once, by TLS where the address says so,
 * and ends when it is told to.
 *
 * @module
 */
import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import { PortError } from "../../ports/port_error.ts";
import type { Host, Tls } from "./address.ts";

/** The socket of a link. */
export interface OneSocket {
  /**
   * Connects for postgres.js, which may not do so again by itself.
   *
   * @throws {PortError} `unavailable` when the server has no TLS, or is not
   * believed to be itself.
   */
  open(): Promise<Socket>;
  /** Ends it. */
  destroy(): void;
}

/** Asks the server whether it speaks TLS (message SSLRequest of the protocol). */
const ASK_FOR_TLS = new Uint8Array([0, 0, 0, 8, 4, 210, 22, 47]);

const YES = "S".charCodeAt(0);

/** Creates the socket, not connected. */
export function createSocket(at: Host, tls: Tls): OneSocket {
  let socket: Socket | undefined;
  let isOver = false;

  async function open(): Promise<Socket> {
    if (isOver || socket) throw new Error("a link connects once");
    const plain = socket = connect({ host: at.host, port: at.port });
    plain.setNoDelay(true);
    await happens(plain, "connect");
    if (tls.mode === "disable") return plain;
    const isOffered = await asksTls(plain);
    if (!isOffered && tls.mode === "prefer") return plain;
    if (!isOffered) {
      throw refusal(at, "it does not speak TLS: set ssl = on there");
    }
    const safe = socket = connectTls({ ...optionsOf(at, tls), socket: plain });
    try {
      await happens(safe, "secureConnect");
    } catch (error) {
      throw explain(error, at);
    }
    return safe;
  }

  return {
    open,
    destroy() {
      isOver = true;
      socket?.destroy();
    },
  };
}

/** How far the server must prove itself. */
function optionsOf({ host }: Host, { mode, ca }: Tls): ConnectionOptions {
  // Without the host, its certificate would be held to the name localhost.
  const name = isIP(host) === 0 ? { host, servername: host } : { host };
  const known = ca === undefined ? {} : { ca };
  if (mode === "verify-full") return { ...name, ...known };
  if (mode === "verify-ca") {
    return { ...name, ...known, checkServerIdentity: () => undefined };
  }
  return { ...name, rejectUnauthorized: false };
}

async function asksTls(socket: Socket): Promise<boolean> {
  const answered = happens(socket, "data");
  socket.write(ASK_FOR_TLS);
  const answer = await answered as Uint8Array;
  // Whatever else stands there was not sent by TLS, and might be believed.
  if (answer.length !== 1) throw new Error("it answers more than was asked");
  return answer[0] === YES;
}

/** Waits for `event`; fails when the socket does. */
function happens(socket: Socket, event: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error("it was closed"));
    socket.once("error", reject);
    socket.once("close", ended);
    socket.once(event, (value: unknown) => {
      socket.off("error", reject);
      socket.off("close", ended);
      resolve(value);
    });
  });
}

/** Says of a certificate what is wrong with it; other errors stay as they are. */
function explain(error: unknown, at: Host): unknown {
  const { code = "", message } = error as Error & { readonly code?: string };
  if (!/CERT|ALTNAME|UNABLE_TO/.test(code)) return error;
  return refusal(
    at,
    `its certificate is not believed (${message}): name its authority in DATABASE_CA_PATH, or mend the certificate`,
    error,
  );
}

function refusal(
  { host, port }: Host,
  reason: string,
  cause?: unknown,
): PortError {
  return new PortError(
    "unavailable",
    `Cannot use the database server at ${host}:${port} as ${reason}`,
    { cause },
  );
}
