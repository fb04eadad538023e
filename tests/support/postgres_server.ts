/**
 * A Postgres of the test's own, to be stopped, frozen, copied and promoted.
 *
 * @module
 */
import { join } from "node:path";
import {
  type CommandSetting,
  freePort,
  runCommand,
  startServer,
} from "../../scripts/server_process.ts";
import { answersPostgres } from "../../scripts/probes.ts";
import { findPrograms } from "../../scripts/services.ts";

/** A private server; disposing of it ends it and removes its files. */
export interface PrivatePostgres extends AsyncDisposable {
  /** Where it is, also while it is down. */
  readonly url: string;
  /** Starts it, and waits until it answers. */
  start(): Promise<void>;
  /** Ends it at once, as a crash would; what was committed stays. */
  stop(): Promise<void>;
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

/** Makes a server from the programs in `bin`, not started. */
export async function createPostgres(bin: string): Promise<PrivatePostgres> {
  const home = await makeHome();
  await run(home, bin, "initdb", [
    ...["--pgdata", join(home.path, "data"), "--username", USER, "--no-sync"],
    ...["--auth", "trust", "--encoding", "UTF8", "--locale", "C"],
  ]);
  return createServer(bin, home);
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
  const port = freePort();
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

  async function signalAll(signal: Deno.Signal): Promise<void> {
    const pid = (await Deno.readTextFile(join(data, "postmaster.pid")))
      .split("\n")[0]!;
    for (const process of [Number(pid), ...await childrenOf(pid)]) {
      Deno.kill(process, signal);
    }
  }

  return {
    url,
    async start() {
      running = await startServer(plan, AbortSignal.timeout(60_000));
    },
    async stop() {
      await running?.[Symbol.asyncDispose]();
      running = undefined;
    },
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
      await running?.[Symbol.asyncDispose]();
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
