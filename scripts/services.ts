/**
 * Finds or starts the servers that the tests talk to.
 *
 * Each one is looked for by itself, in this order: its address in the
 * environment; its programs on this machine, started privately in a folder of
 * their own; `apt-get`, as root on Debian; docker compose.
 *
 * @module
 */
import { join } from "node:path";
import { answersPostgres, answersRedis } from "./probes.ts";
import {
  freePort,
  guard,
  runCommand,
  startServer,
  within,
} from "./server_process.ts";

/** A server that tests talk to. */
export type ServiceName = "redis" | "postgres";

/** A server that answers. Disposing of it stops it if it was started here. */
export interface Service extends AsyncDisposable {
  readonly name: ServiceName;
  readonly url: string;
  /** Where it came from, in a few words. */
  readonly origin: string;
}

/** What one service has of its own. */
interface Recipe {
  readonly title: string;
  /** The variable that names its address, to the runner and to the tests. */
  readonly variable: string;
  /** Programs that must lie together in one folder. */
  readonly programs: readonly string[];
  /** The Debian package that brings them. */
  readonly debianPackage: string;
  /** Whether its programs refuse to run as root. */
  readonly refusesRoot: boolean;
  /** The signal that ends it at once. */
  readonly stop: Deno.Signal;
  /** The variable of `docker-compose.yml` that moves its port. */
  readonly portVariable: string;
  /** Its address, apart from the port, when docker compose runs it. */
  readonly composeUrl: string;
  /** Prepares the folder `home` and says how to serve from it. */
  prepare(bin: string, home: string, run: Run): Promise<Serve>;
  answers(url: URL): Promise<boolean>;
}

type Run = (program: string, ...args: string[]) => Promise<string>;

interface Serve {
  command(port: number): readonly string[];
  /** Its address, apart from the port. */
  readonly url: string;
}

/** Told what is being tried, and why a way failed. */
type Report = (line: string) => void;

const RECIPES: Readonly<Record<ServiceName, Recipe>> = {
  redis: {
    title: "Redis",
    variable: "TEST_REDIS_URL",
    programs: ["redis-server"],
    debianPackage: "redis-server",
    refusesRoot: false,
    stop: "SIGTERM",
    portVariable: "HOLDFAST_REDIS_PORT",
    composeUrl: "redis://127.0.0.1",
    prepare: (bin, home) =>
      Promise.resolve({
        command: (port) => [
          Deno.env.get("TEST_REDIS_SERVER") || join(bin, "redis-server"),
          ...["--bind", "127.0.0.1", "--port", `${port}`, "--dir", home],
          ...["--save", "", "--appendonly", "yes", "--appendfsync", "everysec"],
          ...["--maxmemory-policy", "noeviction"],
        ],
        url: "redis://127.0.0.1",
      }),
    answers: answersRedis,
  },
  postgres: {
    title: "Postgres",
    variable: "TEST_DATABASE_URL",
    programs: ["initdb", "postgres"],
    debianPackage: "postgresql",
    refusesRoot: true,
    stop: "SIGQUIT",
    portVariable: "HOLDFAST_POSTGRES_PORT",
    composeUrl: "postgres://holdfast:holdfast@127.0.0.1/holdfast",
    async prepare(bin, home, run) {
      const password = crypto.randomUUID();
      const passwordFile = join(home, "password");
      const data = join(home, "data");
      await Deno.writeTextFile(passwordFile, password);
      await Deno.chmod(passwordFile, 0o644);
      await run(
        join(bin, "initdb"),
        ...["--pgdata", data, "--username", "holdfast", "--no-sync"],
        ...["--auth", "scram-sha-256", "--pwfile", passwordFile],
        ...["--encoding", "UTF8", "--locale", "C"],
      );
      return {
        command: (port) => [
          join(bin, "postgres"),
          ...["-D", data, "-p", `${port}`, "-c", "fsync=on"],
          ...["-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200"],
          ...["-c", "unix_socket_directories="],
        ],
        url: `postgres://holdfast:${password}@127.0.0.1/postgres`,
      };
    },
    answers: answersPostgres,
  },
};

/** Folders outside PATH where packages put the programs of a database. */
const PACKAGE_FOLDERS = ["/usr/lib/postgresql"];

/**
 * The first way to have `name` that works, or `undefined` if none does.
 *
 * @throws When the address in the environment does not answer: somebody wanted
 * that very server. The reason of `signal` when it aborts.
 */
export async function openService(
  name: ServiceName,
  report: Report,
  signal: AbortSignal,
): Promise<Service | undefined> {
  const { title, variable } = RECIPES[name];
  const named = Deno.env.get(variable);
  if (named) return await openNamed(name, named);

  const ways = {
    [`start ${title}`]: startPrivately,
    [`install ${title}`]: installAndStart,
    [`start ${title} in docker`]: startInDocker,
  };
  for (const [what, way] of Object.entries(ways)) {
    try {
      const service = await way(name, report, signal);
      if (service) return service;
    } catch (error) {
      signal.throwIfAborted();
      const reason = error instanceof Error ? error.message : error;
      report(`Cannot ${what} as ${reason}`);
    }
  }
  return undefined;
}

/** How to have `name` on this machine, as the end of a sentence. */
export function howToEnable(name: ServiceName): string {
  const { variable, debianPackage } = RECIPES[name];
  return `set ${variable}, install ${debianPackage}, or start docker`;
}

/** The variable that tells where `name` is. */
export function serviceVariable(name: ServiceName): string {
  return RECIPES[name].variable;
}

async function openNamed(name: ServiceName, url: string): Promise<Service> {
  const { variable, answers } = RECIPES[name];
  const address = new URL(url);
  if (!await within(5_000, answers(address))) {
    const { host } = address;
    throw new Error(`Cannot use ${variable} as nothing answers at ${host}`);
  }
  return { name, url, origin: variable, async [Symbol.asyncDispose]() {} };
}

async function startPrivately(
  name: ServiceName,
  _report: Report,
  signal: AbortSignal,
): Promise<Service | undefined> {
  const recipe = RECIPES[name];
  const bin = await findPrograms(recipe.programs);
  if (bin === undefined) return undefined;

  await using stack = new AsyncDisposableStack();
  const home = await Deno.makeTempDir({ prefix: `holdfast-${name}-` });
  stack.defer(() => Deno.remove(home, { recursive: true }));
  const owner = recipe.refusesRoot && Deno.uid() === 0
    ? await unprivilegedUser(signal)
    : undefined;
  if (owner) await Deno.chown(home, owner.uid, owner.gid);
  const setting = { ...owner, cwd: home, env: { LC_ALL: "C" } };
  const run: Run = (program, ...args) =>
    runCommand(program, args, { ...setting, signal });
  const serve = await recipe.prepare(bin, home, run);

  for (let attempt = 1;; attempt++) {
    const port = freePort();
    const url = withPort(serve.url, port);
    const command = serve.command(port);
    const answers = () => recipe.answers(new URL(url));
    const { stop } = recipe;
    try {
      stack.use(
        await startServer({ command, home, setting, stop, answers }, signal),
      );
      return running(name, url, bin, stack);
    } catch (error) {
      // Somebody may have taken the port since it was free.
      if (attempt === 3 || signal.aborted) throw error;
    }
  }
}

/** Debian may start a server of its own after the install; it is not used. */
async function installAndStart(
  name: ServiceName,
  report: Report,
  signal: AbortSignal,
): Promise<Service | undefined> {
  const { programs, debianPackage } = RECIPES[name];
  if (await findPrograms(programs) !== undefined) return undefined;
  if (!await installPackages([debianPackage], report, signal)) return undefined;
  return await startPrivately(name, report, signal);
}

/**
 * Installs Debian packages, as root on Debian; elsewhere it does nothing.
 *
 * @param flags More of `apt-get install`.
 * @returns Whether they are installed.
 */
export async function installPackages(
  packages: readonly string[],
  report: Report,
  signal: AbortSignal,
  flags: readonly string[] = [],
): Promise<boolean> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return false;
  if (await findPrograms(["apt-get"]) === undefined) return false;

  report(`Installing ${packages.join(", ")} with apt-get`);
  const setting = { signal, env: { DEBIAN_FRONTEND: "noninteractive" } };
  // One bad source of many does not keep the packages from being found.
  await runCommand("apt-get", ["update"], setting).catch(() => {});
  const install = ["install", "-y", ...flags, ...packages];
  await runCommand("apt-get", install, setting);
  return true;
}

async function startInDocker(
  name: ServiceName,
  report: Report,
  signal: AbortSignal,
): Promise<Service | undefined> {
  if (await findPrograms(["docker"]) === undefined) return undefined;
  const hurried = AbortSignal.any([signal, AbortSignal.timeout(10_000)]);
  const info = runCommand("docker", ["info"], { signal: hurried });
  if (!await info.then(() => true, () => false)) return undefined;

  report(`Starting ${name} with docker compose`);
  const { portVariable, composeUrl } = RECIPES[name];
  const port = freePort();
  const project = `holdfast-test-${name}-${Deno.pid}`;
  const compose = ["compose", "--project-name", project];
  const down = [...compose, "down", "--volumes"];
  const setting = {
    cwd: join(import.meta.dirname!, ".."),
    env: { [portVariable]: `${port}` },
  };
  await using stack = new AsyncDisposableStack();
  stack.use(guard(`cd "$1" && shift && docker "$@"`, setting.cwd, ...down));
  stack.defer(async () => {
    const patient = AbortSignal.timeout(60_000);
    await runCommand("docker", down, { ...setting, signal: patient })
      .catch((error) => report(`Cannot stop ${name} as ${error.message}`));
  });
  const up = [...compose, "up", "--detach", "--wait", name];
  await runCommand("docker", up, { ...setting, signal });
  return running(name, withPort(composeUrl, port), "docker compose", stack);
}

function running(
  name: ServiceName,
  url: string,
  origin: string,
  stack: AsyncDisposableStack,
): Service {
  const held = stack.move();
  return {
    name,
    url,
    origin,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** The folder in which all `programs` lie, the newest version first. */
export async function findPrograms(
  programs: readonly string[],
): Promise<string | undefined> {
  const folders = (Deno.env.get("PATH") ?? "").split(":").filter(Boolean);
  for (const folder of PACKAGE_FOLDERS) {
    const versions = await Array.fromAsync(Deno.readDir(folder)).catch(
      () => [],
    );
    versions.sort((a, b) => Number(b.name) - Number(a.name));
    folders.push(...versions.map(({ name }) => join(folder, name, "bin")));
  }
  for (const folder of folders) {
    const found = await Promise.all(
      programs.map((program) =>
        Deno.stat(join(folder, program)).then((s) => s.isFile, () => false)
      ),
    );
    if (found.every(Boolean)) return folder;
  }
  return undefined;
}

/** Whom to be instead of root. */
async function unprivilegedUser(
  signal: AbortSignal,
): Promise<{ uid: number; gid: number }> {
  for (const user of ["postgres", "nobody"]) {
    try {
      const uid = Number(await runCommand("id", ["-u", user], { signal }));
      const gid = Number(await runCommand("id", ["-g", user], { signal }));
      return { uid, gid };
    } catch {
      signal.throwIfAborted();
    }
  }
  throw new Error("there is no user postgres or nobody to run it");
}

function withPort(url: string, port: number): string {
  return url.replace("127.0.0.1", `127.0.0.1:${port}`);
}
