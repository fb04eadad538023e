/**
 * Bytes on a WebSocket that are no frames: they end their own connection, and
 * nothing else.
 *
 * @module
 */
import { deepEqual, equal } from "../support/assert.ts";
import { needs } from "../support/needs.ts";
import { listenForSockets, positionOf, shakeHands } from "./socket_client.ts";

const MASK = [0, 0, 0, 0];

/** The head of a frame that says it is as long as can be. */
const ENDLESS = [0x81, 0xff, 0x7f, ...Array(7).fill(0xff), ...MASK];

const BROKEN: readonly (readonly [what: string, bytes: readonly number[]])[] = [
  ["an opcode that there is not", [0x83, 0x80, ...MASK]],
  ["bits that mean nothing", [0xf1, 0x80, ...MASK]],
  ["a continuation of nothing", [0x80, 0x80, ...MASK]],
  ["a ping in parts", [0x09, 0x80, ...MASK]],
  ["a ping that is too long", [0x89, 0xfe, 0, 126, ...MASK, ...Array(126)]],
  ["a text that is no UTF-8", [0x81, 0x82, ...MASK, 0xc3, 0x28]],
  ["a frame that is too long", ENDLESS],
  ["a close of one byte", [0x88, 0x81, ...MASK, 1]],
  ["a close with a code that there is not", [0x88, 0x82, ...MASK, 3, 0xec]],
];

if (await needs(import.meta.url, ["net"])) {
  for (const [what, bytes] of BROKEN) {
    Deno.test(`${what} ends its own socket, and no other`, async () => {
      await using listener = listenForSockets();
      const { world } = listener;
      const other = await listener.connect({ credits: 9 });
      equal((await other.next()).type, "position");
      const { connection } = await shakeHands(listener);
      await connection.write(new Uint8Array(bytes));
      // It is cut off without being asked to leave.
      await new Response(connection.readable).arrayBuffer();
      await world.untilStreams(1);
      await world.append(1);
      equal(positionOf(await other.next()), 1);
      await other.leave();
      await world.untilStreams(0);
      const { lines } = world.telemetry;
      const loud = lines.filter(({ level }) => level !== "info");
      deepEqual(loud, [], "a client's fault alarms nobody");
    });
  }
}
