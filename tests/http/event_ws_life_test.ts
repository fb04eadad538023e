/**
 * How WebSockets of events end: bad frames, slow clients, failures, shutdown.
 *
 * @module
 */
import { PortError } from "../../ports/port_error.ts";
import { MAX_BUFFERED } from "../../src/http/routes/event_socket.ts";
import { startServer } from "../../src/http/server.ts";
import { createSystemClock } from "../../adapters/system/clock.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { guardedBus } from "../support/event_buses.ts";
import { needs } from "../support/needs.ts";
import { pass } from "../support/turns.ts";
import { createEventWorld } from "./event_client.ts";
import {
  listenForSockets,
  positionsOf,
  range,
  shakeHands,
  SOCKET,
  type SocketWorld,
} from "./socket_client.ts";

const subscribe = (more: object = {}) => ({ type: "subscribe", ...more });

/** Frames that are not to be taken: first what was said before, then the frame. */
const BAD: [
  what: string,
  before: object[],
  frame: unknown,
  code: number,
  detail: RegExp,
][] = [
  ["no JSON", [], "{", 1008, /as it is not JSON/],
  ["nothing", [], "", 1008, /as it is not JSON/],
  ["a list", [], [], 1008, /frame must be an object/],
  ["no type", [], {}, 1008, /type/],
  ["an unknown type", [], { type: "publish" }, 1008, /type/],
  ["bytes", [], new Uint8Array([1]), 1003, /frame of bytes: send JSON/],
  ["too much text", [], " ".repeat(16 * 1024 + 1), 1009, /16385 characters/],
  [
    "credits before a subscription",
    [],
    { type: "credit", n: 1 },
    1008,
    /before/,
  ],
  ["two subscriptions", [subscribe()], subscribe(), 1008, /subscribe twice/],
  [
    "no credits",
    [subscribe()],
    { type: "credit", n: 0 },
    1008,
    /frame\.n must /,
  ],
  [
    "half a credit",
    [subscribe()],
    { type: "credit", n: 0.5 },
    1008,
    /frame\.n must /,
  ],
  [
    "credits as text",
    [subscribe()],
    { type: "credit", n: "1" },
    1008,
    /frame\.n must /,
  ],
  [
    "too many credits",
    [],
    subscribe({ credits: 1e6 + 1 }),
    1008,
    /frame\.credits must /,
  ],
  [
    "too many credits in sum",
    [subscribe({ credits: 1e6 })],
    { type: "credit", n: 1 },
    1008,
    /there may be 1000000/,
  ],
  ["an unknown member", [], subscribe({ chanels: [] }), 1008, /chanels/],
  [
    "a bad pattern",
    [],
    subscribe({ channels: ["a..b"] }),
    1008,
    /channel pattern "a..b"/,
  ],
  [
    "too many patterns",
    [],
    subscribe({ channels: Array(65).fill("a") }),
    1008,
    /frame\.channels must /,
  ],
  [
    "an unknown form",
    [],
    subscribe({ form: "xml" }),
    1008,
    /frame\.form must /,
  ],
  [
    "a bad start",
    [],
    subscribe({ after: "x:y:z" }),
    1008,
    /resume after "x:y:z"/,
  ],
  ["a start below 0", [], subscribe({ after: -1 }), 1008, /frame\.after must /],
  ["a start beyond the head", [], subscribe({ after: 9 }), 1008, /9/],
];

/** A client that opens a socket and never reads from it. */
async function openStuck(listener: SocketWorld): Promise<Deno.Conn> {
  const { connection, text } = await shakeHands(listener);
  match(text, /^HTTP\/1.1 101 /);
  const frame = JSON.stringify(subscribe({ after: 0, credits: 1e6 }));
  await connection.write(masked(frame));
  return connection;
}

/** A text frame as a client writes it, with a mask of zeros. */
function masked(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(text);
  ok(bytes.length < 126);
  return new Uint8Array([0x81, 0x80 | bytes.length, 0, 0, 0, 0, ...bytes]);
}

/** Watches what sockets of this process have under way after each send. */
function watchSends() {
  const { send } = WebSocket.prototype;
  let [most, socket] = [0, undefined as WebSocket | undefined];
  WebSocket.prototype.send = function (data: string) {
    send.call(this, data);
    if (this.bufferedAmount > most) {
      [most, socket] = [this.bufferedAmount, this];
    }
  };
  return {
    fullest: () => ({ most, socket }),
    [Symbol.dispose]: () => void (WebSocket.prototype.send = send),
  };
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

if (await needs(import.meta.url, ["net"])) {
  for (const [what, before, frame, code, detail] of BAD) {
    Deno.test(`a socket is closed for ${what}`, async () => {
      await using listener = listenForSockets();
      const client = await listener.connect();
      for (const said of before) {
        client.send(said);
        equal((await client.next()).type, "position");
      }
      client.send(frame);
      const error = await client.next();
      equal(error.type, "error");
      match(error.detail, /^Cannot /);
      match(error.detail, detail);
      equal((await client.closed).code, code);
      deepEqual(client.waiting, []);
      await listener.world.untilStreams(0);
    });
  }

  Deno.test("a socket that asks for nothing is closed", async () => {
    await using listener = listenForSockets();
    const client = await listener.connect();
    await pass(listener.world.clock, 3000);
    match((await client.next()).detail, /subscribe first/);
    equal((await client.closed).code, 1008);
  });

  Deno.test("a client that takes nothing holds little, delays nobody, and is let go", async () => {
    await using listener = listenForSockets();
    const { world, connect } = listener;
    for (let i = 0; i < 40; i++) await world.append(1000);
    using server = watchSends();
    const stuck = await openStuck(listener);
    await world.untilStreams(1);
    const other = await connect({ after: 39_000, credits: 2000 });
    equal((await other.next()).type, "position");
    deepEqual(positionsOf(await other.take(1000)), range(39_001, 40_000));
    // Every turn moves bytes until the buffers of the kernel are full.
    let turnsFull = 0;
    while (world.streams() === 2) {
      await turn();
      await pass(world.clock, 100);
      const { bufferedAmount = 0 } = server.fullest().socket ?? {};
      turnsFull = bufferedAmount > MAX_BUFFERED ? turnsFull + 1 : 0;
      if (turnsFull !== 50) continue;
      // It asks for more without end, and is not answered.
      const ping = masked('{"type":"ping"}');
      for (let i = 0; i < 2000; i++) await stuck.write(ping);
    }
    const { most, socket } = server.fullest();
    ok(most > MAX_BUFFERED && most < MAX_BUFFERED + 4096, String(most));
    const line = world.telemetry.lines.find(({ level }) => level === "warn")!;
    equal(line.message, "event socket ended");
    match(JSON.stringify(line.fields), /takes nothing/);
    await world.append(1);
    let frame = await other.next();
    while (frame.type === "heartbeat") frame = await other.next();
    deepEqual(positionsOf([frame]), [40_001]);
    await other.leave();
    // Its close frame is under way until the connection breaks.
    const broken = new Promise((resolve) =>
      socket!.addEventListener("error", resolve)
    );
    stuck.close();
    await broken;
    await world.untilStreams(0);
  });

  Deno.test("a log that fails closes the socket: try again later", async () => {
    const faults: PortError[] = [];
    await using listener = listenForSockets({
      wrap: (bus) =>
        guardedBus(bus, (call) => {
          if (faults.length > 0 && call === "read") throw faults[0];
        }),
    });
    const { world, connect } = listener;
    const client = await connect({ credits: 9 });
    await client.next();
    faults.push(
      new PortError("corrupt", "Cannot read the log as it is damaged"),
    );
    await world.append(1);
    equal((await client.next()).detail, "Cannot read the log as it is damaged");
    equal((await client.closed).code, 1013);
    const line = world.telemetry.lines.find(({ level }) => level === "warn")!;
    equal(line.message, "event socket ended");
    equal(line.fields["code"], "corrupt");
  });

  Deno.test("shutdown ends every socket at once, and says so", async () => {
    const listener = listenForSockets();
    const { world, connect } = listener;
    await world.append(500);
    const idle = await connect({ credits: 1 });
    const waiting = await connect({ after: 0 });
    const silent = await connect();
    await idle.next();
    await waiting.next();
    await listener.shutdown();
    for (const client of [idle, waiting, silent]) {
      match((await client.next()).detail, /as the service shuts down/);
      deepEqual(await client.closed, {
        code: 1001,
        reason: "Cannot go on as the service shuts down",
      });
    }
    await world.untilStreams(0);
  });

  Deno.test("the service's own listener is free at once, though clients hold sockets", async () => {
    const world = createEventWorld();
    const server = await startServer({
      app: world.app,
      hostname: "127.0.0.1",
      port: 0,
      telemetry: world.telemetry,
      clock: createSystemClock(),
    });
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}${SOCKET}`);
    const closed = Promise.withResolvers<number>();
    socket.addEventListener("close", ({ code }) => closed.resolve(code));
    await new Promise((resolve) => socket.addEventListener("open", resolve));
    const began = performance.now();
    await server.close();
    equal(await closed.promise, 1001);
    ok(performance.now() - began < 2000);
    const late = world.telemetry.lines.filter(({ level }) => level === "warn");
    deepEqual(late, []);
  });
}
