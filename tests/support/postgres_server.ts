/**
 * A Postgres of the test's own, to be stopped, frozen, copied and promoted.
 *
 * @module
 */
import { join } from "node:path";
import postgres from "postgres";
import {
  type CommandSetting,
  runCommand,
  startServer,
} from "../../scripts/server_process.ts";
import { answersPostgres } from "../../scripts/probes.ts";
import { findPrograms } from "../../scripts/services.ts";
import type { TestCertificate } from "./certificates.ts";
import { quietPort } from "./quiet_port.ts";

/** What a server held at some moment. */
export interface PostgresSnapshot {
  /** A folder, which goes away with the server that made it. */
  readonly folder: string;
}

/** A private server; disposing of it ends it and removes its files. */
export interface PrivatePostgres extends AsyncDisposable {
  /** Where it is, also while it is down. */
  readonly url: string;
  /** Starts it, and waits until it answers. */
  start(): Promise<void>;
  /** Ends it at once, as a crash would; what was committed stays. */
  stop(): Promise<void>;
  /** Ends it in order: connections are told, and what was committed stays. */
  shutdown(): Promise<void>;
  /**
   * Ends all connections of clients while it runs.
   *
   * @returns How many there were.
   */
  terminateBackends(): Promise<number>;
  /** Copies all that it holds. It must be down. */
  snapshot(): Promise<PostgresSnapshot>;
  /**
   * Puts back what `snapshot` holds, and nothing else. It must be down. It is
   * the same system on the same timeline as before, at an older position.
   */
  restore(snapshot: PostgresSnapshot): Promise<void>;
  /** Stops all its processes where they are; connections stay open. */
  freeze(): Promise<void>;
  /** Lets them go on. */
  thaw(): Promise<void>;
  /** Makes a standby that follows this server, not started. */
  copy(): Promise<PrivatePostgres>;
  /** Makes a standby a server of its own. */
  promote(): Promise<void>;
}

const USER = "holdfast";

/** The folder of Postgres's programs, or `undefined` where there is none. */
export function findPostgres(): Promise<string | undefined> {
  return findPrograms(["initdb", "postgres", "pg_basebackup", "pg_ctl"]);
}

/** How a private server is set up. */
export interface PostgresSetup {
  /** Speaks TLS with it, to those who ask. */
  readonly certificate?: TestCertificate;
}

/** Makes a server from the programs in `bin`, not started. */
export async function createPostgres(
  bin: string,
  { certificate }: PostgresSetup = {},
): Promise<PrivatePostgres> {
  const home = await makeHome();
  await run(home, bin, "initdb", [
    ...["--pgdata", join(home.path, "data"), "--username", USER, "--no-sync"],
    ...["--auth", "trust", "--encoding", "UTF8", "--locale", "C"],
  ]);
  if (certificate) await speakTls(home, certificate);
  return createServer(bin, home);
}

/** Lets the server speak TLS; it refuses a key that others may read. */
async function speakTls(
  { path, setting }: Home,
  { cert, key }: TestCertificate,
): Promise<void> {
  const file = (name: string) => join(path, "data", name);
  await Deno.writeTextFile(file("server.crt"), cert);
  await Deno.writeTextFile(file("server.key"), key, { mode: 0o600 });
  const { uid, gid } = setting;
  if (uid !== undefined) await Deno.chown(file("server.key"), uid, gid!);
  const settings = "\nssl = on\n";
  await Deno.writeTextFile(file("postgresql.conf"), settings, { append: true });
}

interface Home {
  readonly path: string;
  readonly setting: CommandSetting;
}

/** Postgres refuses to run as root. */
async function makeHome(): Promise<Home> {
  const path = await Deno.makeTempDir({ prefix: "holdfast-postgres-" });
  const setting = { cwd: path, env: { LC_ALL: "C" } };
  if (Deno.uid() !== 0) return { path, setting };
  const id = async (kind: string, user: string) => {
    const command = new Deno.Command("id", { args: [kind, user] });
    const { success, stdout } = await command.output();
    return success ? Number(new TextDecoder().decode(stdout)) : undefined;
  };
  const user = await id("-u", "postgres") === undefined ? "nobody" : "postgres";
  const [uid, gid] = [await id("-u", user), await id("-g", user)];
  await Deno.chown(path, uid!, gid!);
  return { path, setting: { ...setting, uid: uid!, gid: gid! } };
}

async function run(
  { setting }: Home,
  bin: string,
  program: string,
  args: string[],
): Promise<void> {
  const signal = AbortSignal.timeout(60_000);
  await runCommand(join(bin, program), args, { ...setting, signal });
}

function createServer(bin: string, home: Home): PrivatePostgres {
  const port = quietPort();
  const data = join(home.path, "data");
  const url = `postgres://${USER}@127.0.0.1:${port}/postgres`;
  const plan = {
    command: [
      ...[join(bin, "postgres"), "-D", data, "-p", `${port}`],
      ...["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="],
      // The processes are killed, the machine is not.
      ...["-c", "fsync=off", "-c", "max_wal_senders=2"],
    ],
    home: home.path,
    setting: home.setting,
    stop: "SIGQUIT" as const,
    answers: () => answersPostgres(new URL(url)),
  };
  let running: AsyncDisposable | undefined;
  let snapshots = 0;

  async function stop(): Promise<void> {
    await running?.[Symbol.asyncDispose]();
    running = undefined;
  }

  async function copyFolder(from: string, to: string): Promise<void> {
    if (running) throw new Error("Cannot copy data as the server is up");
    const signal = AbortSignal.timeout(60_000);
    await Deno.remove(to, { recursive: true }).catch(() => {});
    await runCommand("cp", ["-a", from, to], { ...home.setting, signal });
  }

  async function signalAll(signal: Deno.Signal): Promise<void> {
    const pid = (await Deno.readTextFile(join(data, "postmaster.pid")))
      .split("\n")[0]!;
    for (const process of [Number(pid), ...await childrenOf(pid)]) {
      try {
        Deno.kill(process, signal);
      } catch (error) {
        // One that served somebody may have ended meanwhile.
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
  }

  return {
    url,
    async start() {
      running = await startServer(plan, AbortSignal.timeout(60_000));
    },
    stop,
    async shutdown() {
      await run(home, bin, "pg_ctl", ["stop", "-w", "-m", "fast", "-D", data]);
      await stop();
    },
    async terminateBackends() {
      const sql = postgres(url, { max: 1, onnotice: () => {} });
      try {
        const ended = await sql`
          SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
          WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`;
        return ended.length;
      } finally {
        await sql.end();
      }
    },
    async snapshot() {
      const folder = join(home.path, `snapshot-${++snapshots}`);
      await copyFolder(data, folder);
      return { folder };
    },
    restore: ({ folder }) => copyFolder(folder, data),
    freeze: () => signalAll("SIGSTOP"),
    thaw: () => signalAll("SIGCONT"),
    async copy() {
      const copied = await makeHome();
      await run(copied, bin, "pg_basebackup", [
        ...["--pgdata", join(copied.path, "data"), "--dbname", url],
        ...["--checkpoint", "fast", "--write-recovery-conf", "--no-sync"],
      ]);
      return createServer(bin, copied);
    },
    promote: () => run(home, bin, "pg_ctl", ["promote", "-w", "-D", data]),
    async [Symbol.asyncDispose]() {
      await stop();
      await Deno.remove(home.path, { recursive: true });
    },
  };
}

async function childrenOf(parent: string): Promise<number[]> {
  const search = `grep -lE "^PPid:[[:space:]]+${parent}$" /proc/[0-9]*/status`;
  const command = new Deno.Command("sh", {
    args: ["-c", search],
    stderr: "null",
  });
  const said = new TextDecoder().decode((await command.output()).stdout);
  return [...said.matchAll(/\d+/g)].map(([pid]) => Number(pid));
}
