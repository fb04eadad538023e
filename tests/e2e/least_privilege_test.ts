/**
 * Least privilege: what the service cannot do, whatever runs in its process.
 *
 * @module
 */
import { equal, match, ok } from "../support/assert.ts";
import { needs } from "../support/needs.ts";
import type { Attempts } from "../support/privilege_probe.ts";
import { textLines } from "../support/text_lines.ts";

/** A folder, and a server that somebody might want to reach. */
async function openWorld() {
  await using stack = new AsyncDisposableStack();
  const path = await Deno.makeTempDir({ prefix: "holdfast-privilege-" });
  stack.defer(() => Deno.remove(path, { recursive: true }));
  const other = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response("reached"),
  );
  stack.defer(() => other.shutdown());
  await Deno.mkdir(`${path}/data`);
  await Deno.writeTextFile(`${path}/outside.ts`, "export default 1;\n");
  const open = stack.move();
  return {
    path,
    port: other.addr.port,
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

type World = Awaited<ReturnType<typeof openWorld>>;

/**
 * Starts the service with `args` of deno, after the probe, and tells what came
 * of its attempts.
 */
async function attemptWithin(
  { path, port }: World,
  args: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<Attempts> {
  const probe = new URL("../support/privilege_probe.ts", import.meta.url);
  probe.searchParams.set("port", `${port}`);
  probe.searchParams.set("path", `${path}/outside.ts`);
  const [run, ...rest] = args;
  await using child = new Deno.Command(Deno.execPath(), {
    args: [run!, `--preload=${probe}`, ...rest],
    cwd,
    env: {
      PORT: "0",
      LOG_LEVEL: "warn",
      DATA_DIR: `${path}/data`,
      INSTANCE_ID: "me",
      ...env,
    },
    stdout: "piped",
    stderr: "null",
    stdin: "null",
  }).spawn();
  for await (const line of child.stdout.pipeThrough(textLines())) {
    const said = /^probe (.*)$/.exec(line)?.[1];
    if (said) return JSON.parse(said);
  }
  throw new Error("the service ended before it was probed");
}

async function commandOfStart(): Promise<string[]> {
  const { tasks } = JSON.parse(await Deno.readTextFile("deno.json"));
  return tasks.start.command.split(" ").slice(1);
}

/** The command of the image, with other folders in place of its own. */
async function commandOfImage(app: string, data: string): Promise<string[]> {
  const text = await Deno.readTextFile("deploy/Dockerfile");
  const [, list] = /^ENTRYPOINT (\[[^\]]*\])/m.exec(text)!;
  const [, ...args] = JSON.parse(list!.replaceAll("\\\n", ""));
  return args.map((arg: string) =>
    arg.replace(
      /(?<=^|[=,])\/(app|data)\b/g,
      (_, name) => name === "app" ? app : data,
    )
  );
}

const REFUSED = /^NotCapable: /;

/** Holds what no service may do. */
function holdRefused(attempts: Attempts): void {
  for (const name of ["run", "load", "sys"]) {
    match(attempts[name]!, REFUSED, name);
  }
  match(attempts.importRemote!, /but --no-remote is specified/);
  equal(attempts.env, "unset");
}

/** Holds what a service may not do that nobody sends to others. */
function holdCutOff(attempts: Attempts): void {
  for (const name of ["connect", "fetch", "listen"]) {
    match(attempts[name]!, REFUSED, name);
  }
}

const permissions = ["env", "net", "read", "run", "write"] as const;
if (await needs(import.meta.url, permissions)) {
  Deno.test("as `deno task start` runs it, it starts no program, loads no foreign code and reaches nobody", async () => {
    await using world = await openWorld();
    const attempts = await attemptWithin(world, await commandOfStart(), ".");
    holdRefused(attempts);
    holdCutOff(attempts);
  });

  Deno.test("it keeps the network only where a variable names somebody to ask", async () => {
    await using world = await openWorld();
    const nobody = { EXECUTION_GATEWAY_URL: "http://127.0.0.1:9" };
    const args = await commandOfStart();
    const attempts = await attemptWithin(world, args, ".", nobody);
    holdRefused(attempts);
    equal(attempts.connect, "done");
  });

  Deno.test("an operator may name whom it can reach, and it reaches nobody else", async () => {
    await using world = await openWorld();
    const args = (await commandOfStart()).map((arg) =>
      arg === "--allow-net" ? "--allow-net=127.0.0.1:0,127.0.0.1:9" : arg
    );
    const nobody = { EXECUTION_GATEWAY_URL: "http://127.0.0.1:9" };
    const attempts = await attemptWithin(world, args, ".", nobody);
    holdRefused(attempts);
    match(attempts.connect!, REFUSED);
    match(attempts.fetch!, REFUSED);
  });

  Deno.test("in the image it also reads and writes its own folders only", async () => {
    await using world = await openWorld();
    const app = `${world.path}/app`;
    await Deno.mkdir(app);
    await Deno.symlink(`${Deno.cwd()}/examples`, `${app}/examples`);
    const bundle = new Deno.Command(Deno.execPath(), {
      args: [
        "bundle",
        "-q",
        "--code-splitting",
        "--outdir",
        app,
        "src/main.ts",
      ],
    });
    ok((await bundle.output()).success);
    const args = await commandOfImage(app, `${world.path}/data`);
    // What the image has as files of its own stands elsewhere here.
    const examples = `${Deno.cwd()}/examples`;
    const flags = args.map((arg) =>
      arg.startsWith("--allow-read=") ? `${arg},${examples}` : arg
    );
    const attempts = await attemptWithin(world, flags, app);
    holdRefused(attempts);
    holdCutOff(attempts);
    match(attempts.readOutside!, REFUSED);
    match(attempts.writeOutside!, REFUSED);
    match(attempts.importOutside!, /Requires read access/);
  });
}
