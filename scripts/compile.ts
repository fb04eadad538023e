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

/** The permissions of `deno task holdfast`; sources are elsewhere in a binary. */
const PERMISSIONS = manifest.tasks.holdfast.command.split(" ")
  .filter((word) => word.startsWith("--") && !word.startsWith("--deny-"));

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

/** Pages that the program has inside, each with the files that it names. */
const PAGES = [
  "/",
  "/docs",
  "/docs/settings",
  "/openapi.json",
  "/asyncapi.json",
];

/**
 * Starts the program far from its sources, asks for its pages, has it ask
 * itself, and stops it.
 */
async function tryOut(
  program: string,
  args: string[],
  setting: CommandSetting,
) {
  const home = await Deno.makeTempDir({ prefix: "holdfast-compile-" });
  const child = new Deno.Command(program, {
    args,
    cwd: home,
    env: {
      ...setting.env,
      PORT: "0",
      DATA_DIR: join(home, "data"),
      MARKET_DATA_DIR: join(ROOT, "examples", "market_data"),
      MODEL_PATH: join(ROOT, "examples", "model", "alpha_baseline.txt"),
      LOG_LEVEL: "warn",
    },
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
    const files = new Set(PAGES);
    for (const path of files) {
      const text = await read(new URL(path, url), signal);
      for (const [, named] of text.matchAll(/ (?:src|href)="([^"#:]+)"/g)) {
        files.add(new URL(named!, new URL(path, url)).pathname);
      }
    }
    console.log(`Answered: ${[...files].join(" ")}`);
    const env = { ...setting.env, HOLDFAST_URL: url };
    for (const command of [["health"], ["events", "groups", "list"]]) {
      const all = [...args, ...command];
      const said = await runCommand(program, all, { cwd: home, env, signal });
      console.log(`holdfast ${command.join(" ")}: ${said.trim() || "nothing"}`);
    }
  } finally {
    child.kill("SIGTERM");
    const ended = await within(ANSWER_TIMEOUT_MS, child.status);
    if (!ended) child.kill("SIGKILL");
    await child.status;
    await Deno.remove(home, { recursive: true });
  }
}

/** What a browser is given at `url`; it has to be a success. */
async function read(url: URL, signal: AbortSignal): Promise<string> {
  const headers = { Accept: "text/html,*/*" };
  const answer = await fetch(url, { headers, signal });
  const text = await answer.text();
  if (!answer.ok) {
    throw new Error(`Cannot use it as ${url.pathname} answers ${text}`);
  }
  // Only pages name files; scripts hold what looks like it.
  return answer.headers.get("content-type")!.includes("html") ? text : "";
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
