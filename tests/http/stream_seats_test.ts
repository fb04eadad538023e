/**
 * How many streams and WebSockets there may be: of one key, and of all callers.
 *
 * @module
 */
import { parseUserId } from "../../domain/user_id.ts";
import {
  createStreamSeats,
  MAX_KEY_STREAMS,
  MAX_STREAMS,
} from "../../src/http/routes/stream_seats.ts";
import { deepEqual, equal, match, throws } from "../support/assert.ts";
import { needs } from "../support/needs.ts";
import { pass, settle } from "../support/turns.ts";
import { createEventWorld } from "./event_client.ts";
import type { Harness } from "./harness.ts";
import { listenForSockets, shakeHands } from "./socket_client.ts";

const EVENTS = "/api/v1/events/stream";
const PATHS = [EVENTS, "/api/user/settings/watch", "/api/v1/status/stream"];

const ended = new AbortController().signal;
const ANN = { actor: "key-of-ann", ended };

function openSeats() {
  let sockets = 0;
  const gauge = (_: string, value: number) => void (sockets = value);
  return { ...createStreamSeats({ gauge }), sockets: () => sockets };
}

Deno.test("streams and WebSockets of a key are counted together, each once", () => {
  const { take, sockets } = openSeats();
  const leaves = Array.from(
    { length: MAX_KEY_STREAMS },
    (_, i) => take(ANN, i < 3 ? "WebSocket" : "stream"),
  );
  equal(sockets(), 3);
  throws(() => take(ANN, "WebSocket"), {
    code: "rate_limited",
    message:
      "Cannot open a WebSocket as 256 streams and WebSockets of this key are open: close some first",
  });
  for (const leave of leaves.slice(2, 4)) {
    leave();
    leave();
  }
  equal(sockets(), 2);
  take(ANN, "stream");
  take(ANN, "stream");
  throws(() => take(ANN, "stream"), { code: "rate_limited" });
  take({ actor: "key-of-bob", ended }, "stream");
});

Deno.test("all callers together have a limit too, those without keys no other", () => {
  const { take } = openSeats();
  const nobody = { actor: "default" };
  const [leave] = Array.from(
    { length: MAX_STREAMS },
    () => take(nobody, "stream"),
  );
  for (const caller of [nobody, ANN]) {
    throws(() => take(caller, "stream"), {
      code: "unavailable",
      message: /^Cannot open a stream as 4096 .* are open: try again when/,
    });
  }
  leave!();
  take(ANN, "stream");
});

/** A key for `user`, or one that administers. */
async function keyOf({ apiKeys }: Harness, user?: string) {
  const scopes = user ? ["read", "write"] as const : ["admin"] as const;
  const owner = user === undefined ? undefined : parseUserId(user);
  const wanted = { name: "x", scopes, user: owner };
  const { key, text } = await apiKeys.create(wanted, "test");
  return { id: key.id, headers: { authorization: `Bearer ${text}` } };
}

type Key = Awaited<ReturnType<typeof keyOf>>;

/** Opens one stream, whose client leaves when told to. */
async function open(
  { app }: Harness,
  { headers }: Pick<Key, "headers">,
  path = EVENTS,
) {
  const response = await app.request(path, { headers });
  const { status, body } = response;
  return { status, leave: () => body!.cancel(), response };
}

/** Opens as many streams as a key may have. */
async function fill(world: Harness, key: Pick<Key, "headers">) {
  const streams = [];
  for (let i = 0; i < MAX_KEY_STREAMS; i++) {
    const stream = await open(world, key, PATHS[i % PATHS.length]);
    equal(stream.status, 200);
    streams.push(stream);
  }
  return streams;
}

Deno.test("one more stream of a key is 429, whichever it is, and other keys go on", async () => {
  const world = createEventWorld({ asksForKeys: true });
  const [ann, bob] = [await keyOf(world, "ann"), await keyOf(world, "bob")];
  const streams = await fill(world, ann);
  for (const path of PATHS) {
    const { status, response } = await open(world, ann, path);
    const { type, detail } = await response.json();
    deepEqual([status, type], [429, "urn:holdfast:problem:rate-limited"], path);
    match(detail, /256 streams and WebSockets of this key are open/);
  }
  streams.push(await open(world, bob));
  equal(streams.at(-1)!.status, 200);

  await streams[5]!.leave();
  await settle();
  streams[5] = await open(world, ann);
  equal(streams[5].status, 200, "who leaves makes room");
  equal((await open(world, ann)).status, 429, "for one");
  for (const stream of streams) await stream.leave();
  await settle();
  for (const stream of await fill(world, ann)) await stream.leave();
});

Deno.test("a key that acts for others has its own limit, and no more", async () => {
  const world = createEventWorld({ asksForKeys: true });
  const { headers } = await keyOf(world);
  const actFor = (user: string) => ({
    headers: { ...headers, "x-user-id": user },
  });
  const streams = await fill(world, actFor("ann"));
  equal((await open(world, actFor("bob"))).status, 429);
  for (const stream of streams) await stream.leave();
});

Deno.test("HEAD, and a request that is refused, leave no seat taken", async () => {
  const world = createEventWorld({ asksForKeys: true });
  const { headers } = await keyOf(world, "ann");
  for (let i = 0; i < MAX_KEY_STREAMS + 10; i++) {
    const path = PATHS[i % PATHS.length]!;
    const { status } = await world.app.request(path, {
      method: "HEAD",
      headers,
    });
    equal(status, 200);
    await settle();
    const bad = await world.app.request(`${EVENTS}?after=x`, { headers });
    equal(bad.status, 400);
    await bad.body?.cancel();
  }
  for (const stream of await fill(world, { headers })) await stream.leave();
});

Deno.test("streams that end because their key is revoked or the service stops make room", async () => {
  const world = createEventWorld({ asksForKeys: true });
  const { apiKeys, app, streams: openStreams } = world;
  for (let round = 0; round < 1 + MAX_STREAMS / MAX_KEY_STREAMS; round++) {
    const key = await keyOf(world, "ann");
    await fill(world, key);
    await apiKeys.revoke(key.id, "test");
    await settle();
  }
  equal(openStreams(), 0);
  const stop = new AbortController();
  const { headers } = await keyOf(world, "ann");
  for (let i = 0; i < MAX_KEY_STREAMS; i++) {
    await app.request(EVENTS, { headers }, { shutdown: stop.signal });
  }
  stop.abort();
  await settle();
  for (const stream of await fill(world, { headers })) await stream.leave();
});

if (await needs(import.meta.url, ["net"])) {
  const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

  Deno.test("a WebSocket is counted until its connection ends, whoever closes it", async () => {
    await using listener = listenForSockets({ asksForKeys: true });
    const { world } = listener;
    const { headers } = await keyOf(world, "ann");
    const streams = [];
    for (let i = 3; i < MAX_KEY_STREAMS; i++) {
      streams.push(await open(world, { headers }));
    }
    const sockets = [];
    for (let i = 0; i < 3; i++) {
      const { connection, text } = await shakeHands(listener, headers);
      match(text, /^HTTP\/1.1 101 /);
      sockets.push(connection);
    }
    async function refused(): Promise<void> {
      const { connection, text } = await shakeHands(listener, headers);
      match(text, /^HTTP\/1.1 429 /);
      connection.close();
    }
    await refused();
    equal((await open(world, { headers })).status, 429);

    await streams.pop()!.leave();
    await settle();
    const { connection, text } = await shakeHands(listener, headers);
    match(text, /^HTTP\/1.1 101 /);
    sockets.push(connection);
    await refused();

    // Nobody has subscribed: they are closed, and do not answer.
    await pass(world.clock, 3000);
    await refused();
    await pass(world.clock, 12_000);
    await refused();
    for (const socket of sockets) socket.close();
    for (let i = 0; i < sockets.length;) {
      const { connection, text } = await shakeHands(listener, headers);
      if (/^HTTP\/1.1 101 /.test(text)) i++;
      connection.close();
      await turn();
    }
    for (const stream of streams) await stream.leave();
  });
}
