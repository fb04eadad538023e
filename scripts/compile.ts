/**
 * `deno task compile`: builds `dist/holdfast`, one file that needs nothing else.
 *
 * Deno takes the body of the file, `denort`, from dl.deno.land. Where that
 * cannot be reached everything else is proved instead: that the program
 * compiles, and that it runs from one bundle, `dist/holdfast.js`, when nothing
 * can be downloaded.
 *
 * @module
 */
import { dirname, join } from "node:path";
import manifest from "../deno.json" with { type: "json" };
import { type CommandSetting, runCommand, within } from "./server_process.ts";

const ROOT = dirname(import.meta.dirname!);
const MAIN = "src/main.ts";
const BINARY = join(ROOT, "dist", "holdfast");
const BUNDLE = `${BINARY}.js`;

/** How long a build step may take. */
const STEP_TIMEOUT_MS = 5 * 60_000;

/** How long the program may take to listen, to answer and to end. */
const ANSWER_TIMEOUT_MS = 15_000;

/** Variables that the command line reads, as a list of `--allow-env`. */
const [OF_EVENTS] = /(?<=--allow-env=)\S+/.exec(manifest.tasks.events.command)!;

/**
 * The permissions of `deno task start`, and the variables of `deno task
 * events`; sources are elsewhere in a binary.
 */
const PERMISSIONS = manifest.tasks.start.command.split(" ")
  .filter((word) => word.startsWith("--") && !word.startsWith("--deny-"))
  .map((word) => word.replace("--allow-env=", `--allow-env=${OF_EVENTS},`));

/** What `deno.json` switches on, for where it is not read. */
const UNSTABLE = manifest.unstable.map((name) => `--unstable-${name}`);

async function deno(args: string[], env: Record<string, string> = {}) {
  const signal = AbortSignal.timeout(STEP_TIMEOUT_MS);
  await runCommand(Deno.execPath(), args, { cwd: ROOT, env, signal });
}

function compile(output: string, env: Record<string, string> = {}) {
  const flags = ["--exclude-unused-npm", ...PERMISSIONS, "--output", output];
  return deno(["compile", ...flags, MAIN], env);
}

/** Starts the program, asks for its health, has it ask itself, and stops it. */
async function tryOut(
  program: string,
  args: string[],
  setting: CommandSetting,
) {
  const home = await Deno.makeTempDir({ prefix: "holdfast-compile-" });
  const child = new Deno.Command(program, {
    args,
    cwd: ROOT,
    env: { ...setting.env, PORT: "0", DATA_DIR: join(home, "data") },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  try {
    const url = await within(ANSWER_TIMEOUT_MS, listeningUrl(child.stdout));
    if (!url) {
      throw new Error(`Cannot try out ${program} as it does not listen`);
    }
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    const answer = await fetch(new URL("/health", url), { signal });
    console.log(`GET /health: ${answer.status} ${await answer.text()}`);
    if (!answer.ok) {
      throw new Error(`Cannot use ${program} as it is not healthy`);
    }
    const env = { ...setting.env, HOLDFAST_URL: url };
    const command = [...args, "events", "groups", "list"];
    await runCommand(program, command, { cwd: ROOT, env, signal });
    console.log("holdfast events: answered");
  } finally {
    child.kill("SIGTERM");
    const ended = await within(ANSWER_TIMEOUT_MS, child.status);
    if (!ended) child.kill("SIGKILL");
    await child.status;
    await Deno.remove(home, { recursive: true });
  }
}

/** Reads on after the address, so that the program can go on printing. */
function listeningUrl(stream: ReadableStream<Uint8Array>) {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  async function read(): Promise<void> {
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of stream) {
      text += decoder.decode(chunk, { stream: true });
      const found = /^holdfast listening on (http:\S+)\n/m.exec(text);
      if (found) resolve(found[1]);
    }
    resolve(undefined);
  }
  read();
  return promise;
}

await Deno.mkdir(dirname(BINARY), { recursive: true });
await Deno.remove(BINARY).catch(() => {});
try {
  await compile(BINARY);
} catch (error) {
  if (!String(error).includes("denort")) throw error;
  console.log(`Cannot build ${BINARY} as denort cannot be downloaded`);
}
if (await Deno.stat(BINARY).catch(() => undefined)) {
  await tryOut(BINARY, [], {});
  console.log(`Built ${BINARY}`);
} else {
  const temporary = await Deno.makeTempDir({ prefix: "holdfast-compile-" });
  try {
    const stub = join(temporary, "not_to_be_shipped");
    await compile(stub, { DENORT_BIN: Deno.execPath() });
    console.log("The program compiles: graph, types and embedded files");
    await deno(["bundle", "--output", BUNDLE, MAIN]);
    const offline = ["--no-config", "--no-lock", "--no-npm", "--no-remote"];
    const flags = ["--cached-only", ...offline, ...UNSTABLE, ...PERMISSIONS];
    const env = { DENO_DIR: join(temporary, "empty") };
    await tryOut(Deno.execPath(), ["run", ...flags, BUNDLE], { env });
    console.log(`Built ${BUNDLE}, which runs where nothing can be downloaded`);
  } finally {
    await Deno.remove(temporary, { recursive: true });
  }
}
