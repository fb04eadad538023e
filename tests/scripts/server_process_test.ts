import { equal, ok, rejects } from "../support/assert.ts";
import { startServer } from "../../scripts/server_process.ts";
import { needs } from "../support/needs.ts";

const { signal } = new AbortController();

/** A server that answers as soon as it has written its number into `home`. */
function plan(home: string, script = 'echo $$ >"$0"; exec sleep 60') {
  const file = `${home}/pid`;
  return {
    command: ["sh", "-c", script, file],
    home,
    setting: {},
    stop: "SIGTERM" as const,
    answers: async () => await readPid(home) !== undefined,
  };
}

async function readPid(home: string): Promise<number | undefined> {
  const text = await Deno.readTextFile(`${home}/pid`).catch(() => "");
  return text.endsWith("\n") ? Number(text) : undefined;
}

/** Whether it runs: what has ended may stay as a zombie for a while. */
async function isAlive(pid: number): Promise<boolean> {
  const script = 'kill -0 "$0" && ! grep -qs "^State:.Z" "/proc/$0/status"';
  const command = new Deno.Command("sh", {
    args: ["-c", script, `${pid}`],
    stderr: "null",
  });
  return (await command.output()).success;
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

if (await needs(import.meta.url, ["read", "write", "run"])) {
  Deno.test("servers: one that was started runs until it is disposed of", async () => {
    const home = await Deno.makeTempDir();
    const server = await startServer(plan(home), signal);
    const pid = (await readPid(home))!;
    ok(await isAlive(pid));
    await server[Symbol.asyncDispose]();
    equal(await isAlive(pid), false);
    await Deno.remove(home, { recursive: true });
  });

  Deno.test("servers: one that does not heed its signal is killed", async () => {
    const home = await Deno.makeTempDir();
    const stubborn = `trap '' TERM; echo $$ >"$0"; while :; do sleep 0.1; done`;
    const server = await startServer(plan(home, stubborn), signal);
    const pid = (await readPid(home))!;
    await server[Symbol.asyncDispose]();
    equal(await isAlive(pid), false);
    await Deno.remove(home, { recursive: true });
  });

  Deno.test("servers: one that ends at once is reported with its last words", async () => {
    const home = await Deno.makeTempDir();
    await rejects(startServer(plan(home, "echo no room >&2; exit 3"), signal), {
      message: "it ended; it said: no room",
    });
    await Deno.remove(home, { recursive: true });
  });

  Deno.test("servers: an aborted start leaves nothing behind", async () => {
    const home = await Deno.makeTempDir();
    const never = { ...plan(home), answers: () => Promise.resolve(false) };
    const abort = new AbortController();
    const started = startServer(never, abort.signal);
    while (await readPid(home) === undefined) await exists(home);
    abort.abort("enough");
    await rejects(started, (reason) => reason === "enough");
    equal(await isAlive((await readPid(home))!), false);
    await Deno.remove(home, { recursive: true });
  });

  Deno.test("servers: one whose owner is killed ends, and its folder goes", async () => {
    const home = await Deno.makeTempDir();
    const module = import.meta.resolve("../../scripts/server_process.ts");
    const script = `
      import { startServer } from "${module}";
      const answers = () => Deno.stat("${home}/pid").then(() => true, () => false);
      const plan = ${JSON.stringify(plan(home))};
      await startServer({ ...plan, answers }, new AbortController().signal);
      console.log("started");
      await new Promise(() => setInterval(() => {}, 1000));
    `;
    const owner = new Deno.Command(Deno.execPath(), {
      args: ["eval", script],
      stdout: "piped",
    }).spawn();
    const reader = owner.stdout.getReader();
    await reader.read();
    owner.kill("SIGKILL");
    await owner.status;
    await reader.cancel();
    const pid = await readPid(home);
    ok(pid);
    for (let wait = 0; wait < 200 && await exists(home); wait++) {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    equal(await exists(home), false);
    equal(await isAlive(pid), false);
  });
}
