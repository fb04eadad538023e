/**
 * A Redis of the test's own, to be killed, frozen, rewound and promoted.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { answersRedis } from "../../scripts/probes.ts";
import {
  runCommand,
  type ServerProcess,
  sleep,
  startServer,
} from "../../scripts/server_process.ts";
import { findPrograms } from "../../scripts/services.ts";
import { quietPort } from "./quiet_port.ts";
import { type LostTail, truncateAppendOnlyFile } from "./redis_data.ts";
import { type RedisReply, sendRedis } from "./resp.ts";
import type { TcpAddress } from "./tcp_proxy.ts";

/** How a private server is set up. */
export interface RedisOptions {
  /** When what was written is flushed to the disk; `always` unless given. */
  readonly appendfsync?: "always" | "everysec";
  /** What it is started with, in place of keeping all on the disk and letting itself be debugged. */
  readonly config?: readonly string[];
  /** Where it listens; some free port unless given. */
  readonly port?: number;
}

/** What a server held at some moment. */
export interface RedisSnapshot {
  /** A folder, which goes away with the server that made it. */
  readonly folder: string;
}

/** A private server; disposing of it ends it and removes its files. */
export interface PrivateRedis extends TcpAddress, AsyncDisposable {
  /** Where it is, also while it is down. */
  readonly url: string;
  /** Starts it, and waits until it has loaded its data and answers. */
  start(): Promise<void>;
  /**
   * Kills it with SIGKILL, which by itself loses nothing acknowledged; except
   * that with `everysec` what waits for a flush under way is still in memory.
   */
  stop(): Promise<void>;
  /** Lets it end by itself, with all of its data on the disk. */
  shutdown(): Promise<void>;
  /** Sends the process a signal. */
  signal(signal: Deno.Signal): void;
  /** Stops it where it is; connections stay open. */
  freeze(): void;
  /** Lets it go on. */
  thaw(): void;
  /** Loses the end of what it wrote last. It must be down. */
  truncateAppendOnlyFile(lost: LostTail): Promise<void>;
  /** Copies what its files hold; it may be up or down. */
  snapshot(): Promise<RedisSnapshot>;
  /** Puts back what `snapshot` holds, and nothing else. It must be down. */
  restore(snapshot: RedisSnapshot): Promise<void>;
  /**
   * Follows `master`, which may be a proxy before it, and waits until all that
   * it holds has arrived. It no longer follows once it has been started again.
   */
  replicaOf(master: TcpAddress): Promise<void>;
  /** Waits until this replica holds what `master` holds now. */
  caughtUp(master: PrivateRedis): Promise<void>;
  /** Makes a replica a server of its own, with a history of its own. */
  promote(): Promise<void>;
  /** Lets saving to the disk fail, so that writes get `MISCONF`. */
  breakSaving(): Promise<void>;
  /** Ends that. */
  mendSaving(): Promise<void>;
  /** Sends one command; see `sendRedis`. */
  command(...args: (string | number)[]): Promise<RedisReply>;
  /** The line `name` of what `INFO` says. */
  info(name: string): Promise<string | undefined>;
  /** Waits until `holds` is true of the line `name`. */
  untilInfo(
    name: string,
    holds: (value: string | undefined) => boolean,
  ): Promise<void>;
}

/** How often a state is looked at that nobody tells of. */
const LOOK_MS = 5;
const LOOK_LIMIT_MS = 20_000;

/**
 * The program of Redis, or of Valkey, that tests start: the one that
 * `TEST_REDIS_SERVER` names, else the one on this machine, if there is one.
 */
export async function findRedis(): Promise<string | undefined> {
  const named = Deno.env.get("TEST_REDIS_SERVER");
  if (!named) {
    const folder = await findPrograms(["redis-server"]);
    return folder && join(folder, "redis-server");
  }
  const isThere = await Deno.stat(named).then((s) => s.isFile, () => false);
  if (isThere) return resolve(named);
  throw new Error(
    `Cannot start Redis as TEST_REDIS_SERVER names no program: current value is ${named}`,
  );
}

/** What the server has to be told since Redis 7, which an older one does not know. */
const LETTING = [
  ...["--enable-debug-command", "local"],
  ...["--enable-protected-configs", "local"],
];

/** What keeps all on the disk, and allows what is done below to the server. */
const keeping = (
  appendfsync: string,
  isOld: boolean,
): readonly string[] => [
  ...["--protected-mode", "no", ...(isOld ? [] : LETTING)],
  ...["--appendonly", "yes", "--appendfsync", appendfsync],
  ...["--aof-load-truncated", "yes", "--auto-aof-rewrite-percentage", "0"],
  ...["--maxmemory-policy", "noeviction"],
  ...["--repl-diskless-sync-delay", "0"],
];

/** Whether `program` is from before Redis 7. */
async function isOlderThan7(program: string): Promise<boolean> {
  const signal = AbortSignal.timeout(10_000);
  const said = await runCommand(program, ["--version"], { signal });
  return Number(/ v=(\d+)\./.exec(said)?.[1] ?? 7) < 7;
}

/** Makes a server from `program`, as `findRedis` finds it, not started. */
export async function createRedis(
  program: string,
  { appendfsync = "always", config, port = quietPort() }: RedisOptions = {},
): Promise<PrivateRedis> {
  const hostname = "127.0.0.1";
  const url = `redis://${hostname}:${port}`;
  const home = await Deno.makeTempDir({ prefix: "holdfast-redis-" });
  const data = join(home, "data");
  await Deno.mkdir(data);
  const settings = config ?? keeping(appendfsync, await isOlderThan7(program));
  const plan = {
    command: [
      ...[program, "--bind", hostname, "--port", `${port}`],
      ...["--dir", data, "--save", "", ...settings],
    ],
    home,
    setting: { cwd: home, env: { LC_ALL: "C" } },
    stop: "SIGKILL" as const,
    answers: () => answersRedis(new URL(url)),
  };
  let running: ServerProcess | undefined;
  let snapshots = 0;

  const command = (...args: (string | number)[]) =>
    sendRedis({ hostname, port }, args);

  async function info(name: string): Promise<string | undefined> {
    const lines = await command("INFO", "everything") as string;
    return new RegExp(`^${name}:(.*)\r$`, "m").exec(lines)?.[1];
  }

  async function untilInfo(
    name: string,
    holds: (value: string | undefined) => boolean,
  ): Promise<void> {
    const deadline = performance.now() + LOOK_LIMIT_MS;
    for (let value; !holds(value = await info(name));) {
      if (performance.now() > deadline) {
        throw new Error(`Cannot wait longer as ${name} is still ${value}`);
      }
      await sleep(LOOK_MS);
    }
  }

  async function stop(): Promise<void> {
    await running?.[Symbol.asyncDispose]();
    running = undefined;
  }

  const signal = (signal: Deno.Signal) => Deno.kill(running!.pid, signal);

  function requireDown(): void {
    if (running) throw new Error("Cannot change data as the server is up");
  }

  async function copy(from: string, to: string): Promise<void> {
    const signal = AbortSignal.timeout(60_000);
    await runCommand("cp", ["-a", from, to], { signal });
  }

  return {
    hostname,
    port,
    url,
    command,
    info,
    untilInfo,
    stop,
    async start() {
      running = await startServer(plan, AbortSignal.timeout(60_000));
    },
    async shutdown() {
      const ended = command("SHUTDOWN", "NOSAVE");
      await ended.catch((error) => {
        if (!(error instanceof Deno.errors.UnexpectedEof)) throw error;
      });
      await stop();
    },
    signal,
    freeze: () => signal("SIGSTOP"),
    thaw: () => signal("SIGCONT"),
    async truncateAppendOnlyFile(lost) {
      requireDown();
      await truncateAppendOnlyFile(data, lost);
    },
    async snapshot() {
      // Nothing rewrites the file, so that it may be copied while it grows.
      const folder = join(home, `snapshot-${++snapshots}`);
      await copy(data, folder);
      return { folder };
    },
    async restore({ folder }) {
      requireDown();
      await Deno.remove(data, { recursive: true });
      await copy(folder, data);
    },
    async replicaOf(master) {
      await command("REPLICAOF", master.hostname, master.port);
      await untilInfo("master_link_status", (is) => is === "up");
      // Its own file begins anew from what it got.
      await untilInfo("aof_rewrite_scheduled", (is) => is === "0");
      await untilInfo("aof_rewrite_in_progress", (is) => is === "0");
    },
    async caughtUp(master) {
      const offset = Number(await master.info("master_repl_offset"));
      await untilInfo("slave_repl_offset", (is) => Number(is) >= offset);
    },
    async promote() {
      await command("REPLICAOF", "NO", "ONE");
    },
    async breakSaving() {
      // A folder of that name keeps the finished file from its place.
      // One may be there from a replication before.
      const snapshot = join(data, "dump.rdb");
      await Deno.remove(snapshot).catch(() => {});
      await Deno.mkdir(snapshot);
      await command("CONFIG", "SET", "save", "3600 1000000");
      await command("BGSAVE");
      await untilInfo("rdb_last_bgsave_status", (is) => is === "err");
    },
    async mendSaving() {
      await Deno.remove(join(data, "dump.rdb"));
      await command("CONFIG", "SET", "save", "");
      await command("BGSAVE");
      await untilInfo("rdb_last_bgsave_status", (is) => is === "ok");
    },
    async [Symbol.asyncDispose]() {
      await stop();
      await Deno.remove(home, { recursive: true });
    },
  };
}
