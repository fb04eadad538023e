/**
 * Event streams over real sockets: what only a network does to them.
 *
 * @module
 */
import { deepEqual, equal, ok } from "../support/assert.ts";
import { needs } from "../support/needs.ts";
import { pass } from "../support/turns.ts";
import { createEventWorld, type EventWorld } from "./event_client.ts";

const STREAM = "/api/v1/events/stream";

/** A listener in front of a world. */
interface Listener extends AsyncDisposable {
  readonly port: number;
  readonly world: EventWorld;
  /** Has streams end and waits for connections, as the service does. */
  shutdown(): Promise<void>;
}

function listen(): Listener {
  const world = createEventWorld();
  const stop = new AbortController();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => world.app.fetch(request, { shutdown: stop.signal }),
  );
  const shutdown = async () => {
    stop.abort();
    await server.shutdown();
  };
  return {
    port: server.addr.port,
    world,
    shutdown,
    [Symbol.asyncDispose]: shutdown,
  };
}

/** Asks for a stream and reads the answer as far as its first frame. */
async function connect(port: number, query = ""): Promise<Deno.Conn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const request = `GET ${STREAM}${query} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
  await connection.write(new TextEncoder().encode(request));
  let text = "";
  const buffer = new Uint8Array(1024);
  while (!text.includes("id: ")) {
    const count = await connection.read(buffer) ?? 0;
    ok(count > 0, "the connection was closed");
    text += new TextDecoder().decode(buffer.subarray(0, count));
  }
  return connection;
}

if (await needs(import.meta.url, ["net"])) {
  Deno.test("events arrive as they are published", async () => {
    await using listener = listen();
    const { port, world } = listener;
    const response = await fetch(`http://127.0.0.1:${port}${STREAM}`);
    equal(response.headers.get("content-type"), "text/event-stream");
    const reader = response.body!.pipeThrough(new TextDecoderStream())
      .getReader();
    await reader.read();
    let text = "";
    for (let i = 1; i <= 3; i++) {
      await world.append(1);
      text += (await reader.read()).value;
    }
    deepEqual(text.match(/^id: .*$/gm)!.map((id) => id.split(":").at(-1)), [
      "1",
      "2",
      "3",
    ]);
    await reader.cancel();
    await world.untilStreams(0);
  });

  Deno.test("a client that leaves is noticed, idle or not", async () => {
    await using listener = listen();
    const { port, world } = listener;
    const idle = await connect(port);
    await world.append(5000);
    const stuck = await connect(port, "?after=0");
    await world.untilStreams(2);
    idle.close();
    await world.untilStreams(1);
    stuck.close();
    await world.untilStreams(0);
  });

  Deno.test("a client that takes nothing is cut off", async () => {
    await using listener = listen();
    const { port, world } = listener;
    for (let i = 0; i < 30; i++) await world.append(1000);
    const dead = await connect(port, "?after=0");
    await world.untilStreams(1);
    // Every turn moves bytes until the buffers of the kernel are full.
    while (world.streams() === 1) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      await pass(world.clock, 100);
    }
    const line = world.telemetry.lines.find(({ level }) => level === "warn")!;
    equal(line.fields["code"], "timeout");
    dead.close();
  });

  Deno.test("shutdown ends streams, and waits for those that are read", async () => {
    const listener = listen();
    const { port, world } = listener;
    for (let i = 0; i < 30; i++) await world.append(1000);
    const idle = await connect(port);
    const stuck = await connect(port, "?after=0");
    await world.untilStreams(2);
    const down = listener.shutdown();
    await world.untilStreams(0);
    equal(await rest(idle), "0\r\n\r\n");
    // What the kernel holds for the other is its own to take or to leave.
    stuck.close();
    await down;
  });
}

/** Reads until the server closes the connection. */
function rest(connection: Deno.Conn): Promise<string> {
  return new Response(connection.readable).text();
}
