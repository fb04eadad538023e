/**
 * The README's demo of two terminals: played for real, and written down.
 *
 * @module
 */
import { join } from "node:path";
import manifest from "../deno.json" with { type: "json" };
import { answersRedis } from "./probes.ts";
import { freePort, sleep } from "./server_process.ts";

/** The ports that the demo is written with. */
const PORTS = { holdfast: 8080, redis: 6379 } as const;

/** How long anything in it may take. */
const STEP_TIMEOUT_MS = 20_000;

const SETUP = (n: number) => `'{"ticker":"SYNA","setup_id":"s-${n}"}'`;
const PUBLISH = (n: number) =>
  `holdfast events publish signal.triggered ${SETUP(n)}`;
const START_REDIS = "redis-server --port 6379 --save '' >redis.log & REDIS=$!";
const MODE = `curl -s localhost:8080/health | grep -o '"mode":"[a-z]*"'`;

/** What is awaited after a command. */
type Awaited = "redis" | "holdfast" | "normal" | "degraded";

/** What is typed on the second terminal. */
const COMMANDS: readonly (readonly [command: string, then?: Awaited])[] = [
  [START_REDIS, "redis"],
  [
    "REDIS_URL=redis://localhost:6379 holdfast >holdfast.log 2>&1 & HOLDFAST=$!",
    "holdfast",
  ],
  [MODE],
  [PUBLISH(1)],
  ["kill -9 $REDIS", "degraded"],
  [MODE],
  [PUBLISH(2)],
  [PUBLISH(3)],
  [START_REDIS, "normal"],
  [MODE],
  [PUBLISH(4)],
];

/** What is typed on the first one, once the service listens. */
const TAIL = "holdfast events tail 'signal.*'";

/** Events that it shows. */
const SHOWN = 4;

/**
 * Plays the demo on ports of its own.
 *
 * @param redis The folder of Redis's programs.
 * @returns It, as a block of Markdown.
 */
export async function playDemo(redis: string): Promise<string> {
  const home = await Deno.makeTempDir({ prefix: "holdfast-demo-" });
  const ports = { holdfast: freePort(), redis: freePort() };
  // A terminal would be shown lines for people, a pipe has to ask for them.
  const real = (text: string) =>
    text.replace(/^holdfast events .*/, "$& --no-json").replaceAll(
      `${PORTS.holdfast}`,
      `${ports.holdfast}`,
    )
      .replaceAll(`${PORTS.redis}`, `${ports.redis}`);
  const url = `http://127.0.0.1:${ports.holdfast}`;
  const env = {
    PATH: `${home}:${redis}:${Deno.env.get("PATH")}`,
    PORT: `${ports.holdfast}`,
    HOLDFAST_URL: url,
    DATA_DIR: join(home, "data"),
    LOG_LEVEL: "warn",
  };
  await writeProgram(join(home, "holdfast"));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => Deno.remove(home, { recursive: true }));
  const shell = await openShell(home, env);
  stack.use(shell);

  const second: string[] = [];
  let first: Promise<readonly string[]> | undefined;
  for (const [command, then] of COMMANDS) {
    const answer = await shell.run(real(command));
    second.push(`$ ${command}`, ...answer);
    if (then) await until(then, url, ports.redis);
    first ??= then === "holdfast"
      ? readLines(join(home, "holdfast"), env, SHOWN)
      : undefined;
    if (then === "holdfast") await until("tailed", url, ports.redis);
  }
  return [
    "```console",
    "# the first terminal",
    `$ ${TAIL}`,
    ...await first!,
    "",
    "# the second",
    ...second,
    "```",
  ].join("\n");
}

/** What the release is, when it cannot be compiled: the same program. */
async function writeProgram(path: string): Promise<void> {
  const command = manifest.tasks.holdfast.command
    .replace("deno run", `'${Deno.execPath()}' run --quiet`);
  const folder = join(import.meta.dirname!, "..");
  const script = `#!/bin/sh\ncd '${folder}' && exec ${command} "$@"\n`;
  await Deno.writeTextFile(path, script, { mode: 0o755 });
}

/**
 * A shell that a person types at. It ends what was started in it, also when
 * this process dies: then its input does.
 */
async function openShell(cwd: string, env: Record<string, string>) {
  const child = new Deno.Command("sh", {
    cwd,
    env,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const input = child.stdin.getWriter();
  const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  const type = (line: string) =>
    input.write(new TextEncoder().encode(`${line}\n`));

  async function run(command: string): Promise<readonly string[]> {
    await type(`${command}\necho; echo =end`);
    while (!rest.includes("\n=end\n")) {
      const { done, value } = await output.read();
      if (done) throw new Error("Cannot play the demo as its shell has ended");
      rest += value;
    }
    const [said, after] = rest.split("\n=end\n");
    rest = after!;
    return said!.split("\n").filter((line) => line !== "");
  }
  await run("trap 'kill $REDIS $HOLDFAST' EXIT; trap exit INT TERM HUP");
  return {
    run,
    async [Symbol.asyncDispose]() {
      await run("kill -9 $REDIS; kill $HOLDFAST; wait $HOLDFAST; trap - EXIT");
      await input.close();
      await output.cancel();
      await child.status;
    },
  };
}

/** What the first `count` lines of the tail are; on a terminal they look so. */
async function readLines(
  program: string,
  env: Record<string, string>,
  count: number,
): Promise<readonly string[]> {
  const [, ...words] = TAIL.replaceAll("'", "").split(" ");
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...words, "--no-json", "--limit", `${count}`],
    env,
    stdin: "null",
    signal: AbortSignal.timeout(4 * STEP_TIMEOUT_MS),
  }).output();
  const text = new TextDecoder();
  if (code !== 0) throw new Error(text.decode(stderr));
  return text.decode(stdout).trimEnd().split("\n");
}

/** Waits as a person does who looks before he types on. */
async function until(
  what: Awaited | "tailed",
  url: string,
  redis: number,
): Promise<void> {
  const deadline = performance.now() + STEP_TIMEOUT_MS;
  while (!await holds(what, url, redis)) {
    if (performance.now() > deadline) {
      throw new Error(`Cannot play the demo as it never is ${what}`);
    }
    await sleep(25);
  }
}

async function holds(what: Awaited | "tailed", url: string, redis: number) {
  if (what === "redis") {
    return await answersRedis(new URL(`redis://127.0.0.1:${redis}`));
  }
  try {
    const answer = await fetch(
      `${url}/${what === "tailed" ? "metrics" : "health"}`,
    );
    const text = await answer.text();
    if (what === "tailed") return /^holdfast_event_streams 1$/m.test(text);
    return what === "holdfast" ? answer.ok : JSON.parse(text).mode === what;
  } catch {
    return false;
  }
}

const MARKED = /(<!-- demo -->\n)[^]*?(\n<!-- end of demo -->)/;

/** The demo that stands between the markers of a Markdown text, if it has them. */
export function readDemo(markdown: string): string | undefined {
  return MARKED.exec(markdown)?.[0].split("\n").slice(1, -1).join("\n");
}

/** Puts `demo` between the markers. */
export function replaceDemo(markdown: string, demo: string): string {
  return markdown.replace(MARKED, (_, begin, end) => begin + demo + end);
}

/** A demo with everything that differs from run to run made equal. */
export function maskedDemo(demo: string): string {
  return demo
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "…")
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "…");
}
