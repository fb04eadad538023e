/**
 * The socket under a link: it connects once, and ends when it is told to.
 *
 * @module
 */
import { connect, type Socket } from "node:net";
import type { Host } from "./address.ts";

/** The socket of a link. */
export interface OneSocket {
  /** Connects for postgres.js, which may not do so again by itself. */
  open(): Promise<Socket>;
  /** Ends it. */
  destroy(): void;
}

/** Creates the socket, not connected. */
export function createSocket({ host, port }: Host): OneSocket {
  let socket: Socket | undefined;
  let isOver = false;
  return {
    open() {
      return new Promise((resolve, reject) => {
        if (isOver || socket) throw new Error("a link connects once");
        const opening = socket = connect({ host, port });
        opening.setNoDelay(true);
        const ended = () => reject(new Error("it was closed"));
        opening.once("error", reject);
        opening.once("close", ended);
        opening.once("connect", () => {
          opening.off("error", reject);
          opening.off("close", ended);
          // From here postgres.js takes the name to ask for with TLS.
          resolve(Object.assign(opening, { host }));
        });
      });
    },
    destroy() {
      isOver = true;
      socket?.destroy();
    },
  };
}
