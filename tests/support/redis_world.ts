/**
 * Redis servers of a test's own, and what it may do to them.
 *
 * @module
 */
import { createClient } from "@redis/client";
import {
  openRedisConnection,
  type RedisConnection,
  type RedisOptions,
} from "../../adapters/redis/connection.ts";
import { openRedisFastLayer } from "../../adapters/redis/fast_layer.ts";
import { createSystemClock } from "../../adapters/system/clock.ts";
import type { FeatureKey } from "../../domain/feature.ts";
import type {
  FastLayerSubject,
  FastServerHooks,
  Heard,
} from "../contracts/fast_layer.ts";
import { needs, skip } from "./needs.ts";
import { createRedis, findRedis } from "./redis_server.ts";
import { createSeededEntropy } from "./seeded_entropy.ts";

/** A connection behind the adapters' back, as a person with redis-cli has one. */
export interface RedisCli extends AsyncDisposable {
  // deno-lint-ignore no-explicit-any
  (...command: string[]): Promise<any>;
}

/** A server process. */
export interface RedisServer extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  readonly cli: RedisCli;
  /** One more. */
  connect(): Promise<RedisCli>;
  /** Sends the process a signal. */
  signal(signal: Deno.Signal): void;
}

/** Whether servers can be started here; if not, registers why as a skipped test. */
export async function canStartRedis(file: string): Promise<boolean> {
  if (!await needs(file, ["env", "net", "read", "run", "write"])) return false;
  if (await findRedis()) return true;
  skip(file, "there is no redis-server; to run it, install redis-server");
  return false;
}

/** Connects to `url`. */
export async function connectCli(url: string): Promise<RedisCli> {
  const client = createClient({
    url,
    RESP: 2,
    disableClientInfo: true,
    // A timer of its own would outlive the test that has killed the server.
    socket: { reconnectStrategy: false },
  });
  client.on("error", () => {});
  await client.connect();
  const send = (...command: string[]) => client.sendCommand(command);
  return Object.assign(send, {
    async [Symbol.asyncDispose]() {
      client.destroy();
    },
  });
}

/** Starts a server that keeps nothing on disk unless `config` says otherwise. */
export async function startRedis(
  config: readonly string[] = [],
  port?: number,
): Promise<RedisServer> {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(
    await createRedis((await findRedis())!, {
      config: ["--appendonly", "no", ...config],
      ...(port !== undefined && { port }),
    }),
  );
  await server.start();
  const { url, signal } = server;
  const cli = stack.use(await connectCli(url));
  const running = stack.move();
  return {
    port: server.port,
    url,
    cli,
    connect: () => connectCli(url),
    signal,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Uses the server at `url`, which is emptied; it is left a master with room. */
export async function useRedis(
  url: string,
): Promise<Omit<RedisServer, "signal">> {
  const cli = await connectCli(url);
  return {
    port: Number(new URL(url).port || 6379),
    url,
    cli,
    connect: () => connectCli(url),
    async [Symbol.asyncDispose]() {
      await cli("REPLICAOF", "NO", "ONE");
      await cli("CONFIG", "SET", "maxmemory", "0");
      await cli("FLUSHALL");
      await cli[Symbol.asyncDispose]();
    },
  };
}

/** Opens a connection on real time; patient, as machines that test are busy. */
export function openConnection(
  options: Partial<RedisOptions> = {},
): RedisConnection {
  return openRedisConnection({
    clock: createSystemClock(),
    entropy: createSeededEntropy(),
    deadlines: { callMs: 2000 },
    ...options,
  });
}

/** How long a change of a connection may take until a test gives up. */
const PATIENCE_MS = 10_000;

/** Resolves as soon as `holds` does, looking whenever the connection changes. */
export function until(
  connection: Pick<RedisConnection, "listen" | "fault">,
  holds: () => boolean,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (holds()) return resolve();
    const stop = connection.listen(() => {
      if (holds()) end(resolve);
    });
    const timer = setTimeout(
      () => end(() => reject(new Error(`in vain: ${connection.fault}`))),
      PATIENCE_MS,
    );
    function end(settle: () => void) {
      stop();
      clearTimeout(timer);
      settle();
    }
  });
}

/** Opens a layer over an empty database of `server`. */
export async function openLayerSubject(
  server: Pick<RedisServer, "url" | "cli">,
): Promise<FastLayerSubject> {
  await using stack = new AsyncDisposableStack();
  await server.cli("REPLICAOF", "NO", "ONE");
  await server.cli("CONFIG", "SET", "maxmemory", "0");
  await server.cli("FLUSHALL");
  await server.cli("SCRIPT", "FLUSH");
  const connection = stack.use(openConnection({ url: server.url }));
  await until(connection, () => connection.isUp);
  const layer = stack.use(openRedisFastLayer(connection));
  const hooks = await hear(server, stack);
  const opened = stack.move();
  return {
    layer,
    server: {
      ...createHooks(server.cli),
      heard: hooks,
      newHistory: async () => {
        await server.cli("REPLICAOF", "127.0.0.1", "1");
        await server.cli("REPLICAOF", "NO", "ONE");
        await until(connection, () => connection.isUp);
      },
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** Listens to everything; what it gives tells what has been heard. */
async function hear(
  { url }: Pick<RedisServer, "url">,
  stack: AsyncDisposableStack,
): Promise<() => Promise<Heard[]>> {
  const client = createClient({
    url,
    RESP: 2,
    disableClientInfo: true,
    // A timer of its own would outlive the test that has killed the server.
    socket: { reconnectStrategy: false },
  });
  client.on("error", () => {});
  await client.connect();
  stack.defer(() => client.destroy());
  const heard: Heard[] = [];
  await client.pSubscribe("*", (text, channel) => {
    heard.push({ channel, text });
  });
  return async () => {
    // Answers to this connection come after what it was told before.
    await client.ping();
    return heard;
  };
}

const KEYS = {
  checkpoint: "hf:checkpoint",
  changes: "hf:changes",
  stream: "hf:log",
};

function createHooks(
  cli: RedisCli,
): Omit<FastServerHooks, "heard" | "newHistory"> {
  const generations = ({ symbol, date }: FeatureKey) =>
    cli("HMGET", "hf:feature:gen", "*", symbol, `@${date}`);
  const name = ({ symbol, date }: FeatureKey) => `${symbol}:${date}`;
  const block = (series: { user: string; day: string }) =>
    `hf:block:${series.user}:${series.day}`;
  return {
    async plant({ key, version, json }, generation) {
      await cli(
        "SET",
        key,
        `{"version":${version},"gen":"${generation}","value":${json}}`,
      );
    },
    async damage(key, how) {
      const text: string = await cli("GET", key);
      await cli("DEL", key);
      if (how === "cut short") await cli("SET", key, text.slice(0, -1));
      if (how === "garbage") await cli("SET", key, "garbage");
      if (how === "another type") await cli("HSET", key, "a", "1");
    },
    mark: (text) => cli("SET", KEYS.checkpoint, text),
    evict(what) {
      if (typeof what === "string") return cli("DEL", KEYS[what]);
      if ("token" in what) return cli("DEL", `hf:fill:${what.token}`);
      return cli("DEL", what.document);
    },
    demote: () => cli("REPLICAOF", "127.0.0.1", "1"),
    promote: () => cli("REPLICAOF", "NO", "ONE"),
    starve: (isFull) => cli("CONFIG", "SET", "maxmemory", isFull ? "1" : "0"),
    async elapse(ms) {
      for (const key of await cli("KEYS", "*")) {
        const left = await cli("PTTL", key);
        if (left >= 0) await cli("PEXPIRE", key, String(left - ms));
      }
    },
    async plantVector(key) {
      await cli("HSETNX", "hf:feature:gen", "*", "drawn");
      const stamp = JSON.stringify(await generations(key));
      await cli("SET", `features:${name(key)}`, "{}");
      await cli("SET", `hf:feature:${name(key)}`, stamp);
    },
    async holdsVector(key) {
      const now = await generations(key);
      const held = await cli("EXISTS", `features:${name(key)}`);
      const stamp = await cli("GET", `hf:feature:${name(key)}`);
      return now[0] !== null && held === 1 && stamp === JSON.stringify(now);
    },
    plantBlock: (series) => cli("HSET", block(series), "limit", "1"),
    holdsBlock: async (series) => await cli("EXISTS", block(series)) === 1,
  };
}
