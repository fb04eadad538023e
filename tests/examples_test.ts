/**
 * The programs of `examples/`, run as they tell, against the service.
 *
 * @module
 */
import { findPrograms } from "../scripts/services.ts";
import { runCommand } from "../scripts/server_process.ts";
import { installClient, needsNode } from "./client/installed.ts";
import { deepEqual, equal, match } from "./support/assert.ts";
import { needs, skip } from "./support/needs.ts";
import { createRedis, findRedis } from "./support/redis_server.ts";
import { startService } from "./support/service_process.ts";
import { textLines } from "./support/text_lines.ts";

/** How long an example may take. */
const EXAMPLE_TIMEOUT_MS = 30_000;

const FILE = import.meta.url;

if (await needs(FILE, ["read", "write", "run", "net", "env"])) {
  Deno.test("examples: trade.ts changes a setting and sends an order", async () => {
    await using world = await openWorld();
    const env = "--allow-env=HOLDFAST_URL,HOLDFAST_KEY";
    const flags = ["run", "--no-prompt", "--allow-net", env];
    const lines = await run(world, Deno.execPath(), [...flags, "trade.ts"]);
    equal(lines[0], "scalp: leverage 8");
    deepEqual(lines.slice(1, 4), [
      "scalp: leverage 2 from now on",
      "scalp: version-conflict",
      "8 documents at once",
    ]);
    match(lines[4]!, /^order SCA-\d\d[A-Z]{3}-00001-E: \w+$/);
  });

  Deno.test("examples: curl.sh does what can be repeated", async () => {
    await using world = await openWorld();
    const lines = await run(world, "sh", ["curl.sh"]);
    deepEqual(lines.map((line) => line.replace(/: .*/, "")), [
      "health",
      "changed",
      "changed behind its back",
      "number",
      "published",
      "read",
    ]);
    equal(lines[2], "changed behind its back: 412");
    const read = JSON.parse(lines[5]!.replace("read: ", ""));
    equal(read.events[0].data.setup_id, "curl-1");
    const again = await run(world, "sh", ["curl.sh"]);
    match(again[4]!, /"duplicate":true/);
    equal(again[3], lines[3]);
  });
}

if (
  await needs(FILE, ["read", "write", "run", "net", "env"]) &&
  await needsNode(FILE)
) {
  Deno.test("examples: follow.mjs hears what it publishes, on Node", async () => {
    await using world = await openWorld();
    await using home = await installClient();
    await home.add(new URL("../examples/follow.mjs", FILE));
    const lines = await run(world, "node", ["follow.mjs", "3"], home.path);
    deepEqual(lines.map((line) => line.replace(/ \d+$/, "")), [
      "following",
      "setup.received example-1",
      "setup.received example-2",
      "setup.received example-3",
    ]);
  });
}

if (
  await needs(FILE, ["read", "write", "run", "net", "env"]) &&
  await needsPython()
) {
  Deno.test("examples: holdfast.py needs nothing but Python", async () => {
    await using world = await openWorld();
    deepEqual(await run(world, "python3", ["holdfast.py"]), [
      "scalp: leverage 8",
      "scalp: leverage 2 from now on",
      "scalp: 412 Changed meanwhile",
      "published once: True True",
      "heard setup.received python-1",
    ]);
  });

  const redis = await findRedis();
  if (redis === undefined) skip(FILE, "there is no redis-server");
  else {
    Deno.test("examples: redis_subscriber.py hears of events through Redis", async () => {
      await using server = await createRedis(redis);
      await server.start();
      await using world = await openWorld({ REDIS_URL: server.url });
      const child = new Deno.Command("python3", {
        args: ["examples/redis_subscriber.py", "setup.received", "1"],
        env: { REDIS_URL: server.url },
        stdin: "null",
        stdout: "piped",
        stderr: "inherit",
      }).spawn();
      const lines: string[] = [];
      for await (const line of child.stdout.pipeThrough(textLines())) {
        lines.push(line);
        if (lines.length === 1) await publish(world);
      }
      equal((await child.status).code, 0);
      equal(lines[0], "subscribed to setup.received");
      match(lines[1]!, /^setup\.received \{.*"redis-1"/);
    });
  }
}

async function publish({ url, key }: World): Promise<void> {
  const body = JSON.stringify({
    event_type: "setup.received",
    data: { setup_id: "redis-1" },
  });
  const headers = { Authorization: `Bearer ${key}` };
  const init = { method: "POST", headers, body };
  const answer = await fetch(`${url}/api/v1/events`, init);
  equal(answer.status, 201, await answer.text());
}

/** A service, and a key of its. */
interface World extends AsyncDisposable {
  readonly url: string;
  readonly key: string;
}

/** A service with no past, which asks for keys. */
async function openWorld(env: Record<string, string> = {}): Promise<World> {
  const path = await Deno.makeTempDir({ prefix: "holdfast-examples-" });
  const service = await startService({ DATA_DIR: path, AUTH: "keys", ...env });
  return {
    url: service.url,
    key: /hf_[a-z0-9]+_[\w-]+/.exec(service.said.join("\n"))![0],
    async [Symbol.asyncDispose]() {
      await service[Symbol.asyncDispose]();
      await Deno.remove(path, { recursive: true });
    },
  };
}

/** The lines that an example prints; it has to end well. */
async function run(
  { url, key }: World,
  program: string,
  args: readonly string[],
  cwd = "examples",
): Promise<string[]> {
  const signal = AbortSignal.timeout(EXAMPLE_TIMEOUT_MS);
  const env = { HOLDFAST_URL: url, HOLDFAST_KEY: key, NO_COLOR: "1" };
  const said = await runCommand(program, args, { cwd, env, signal });
  return said.trimEnd().split("\n");
}

/** Whether there is Python; Debian's is installed where that can be done. */
async function needsPython(): Promise<boolean> {
  if (await findPrograms(["python3"])) return true;
  const signal = AbortSignal.timeout(2 * 60_000);
  const setting = { signal, env: { DEBIAN_FRONTEND: "noninteractive" } };
  if (await findPrograms(["apt-get"])) {
    await runCommand("apt-get", ["update"], setting).catch(() => {});
    const install = ["install", "-y", "--no-install-recommends", "python3"];
    await runCommand("apt-get", install, setting).catch(() => {});
  }
  if (await findPrograms(["python3"])) return true;
  skip(FILE, "there is no python3: install Debian's package python3");
  return false;
}
