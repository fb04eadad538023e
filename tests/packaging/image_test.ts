/**
 * The image, as far as it can be seen without an engine: what it is made of,
 * and its commands, run as they stand with its folders elsewhere.
 *
 * @module
 */
import { join } from "node:path";
import ignored from "../../.dockerignore" with { type: "text" };
import manifest from "../../deno.json" with { type: "json" };
import { runCommand, within } from "../../scripts/server_process.ts";
import { VARIABLE_NAMES } from "../../src/variables.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { createAuthority } from "../support/certificates.ts";
import { needs } from "../support/needs.ts";
import { quietPort } from "../support/quiet_port.ts";
import { textLines } from "../support/text_lines.ts";
import { commandOf, shipped, STAGES, variablesOf } from "./dockerfile.ts";

const entrypoint = commandOf("ENTRYPOINT");
const healthcheck = commandOf("HEALTHCHECK");

Deno.test("image: every base is pinned, and what is shipped has no shell", () => {
  deepEqual(STAGES.map(([from]) => from!.rest), [
    "denoland/deno:2.9.6 AS build",
    "denoland/deno:bin-2.9.6 AS deno",
    "gcr.io/distroless/cc-debian12:nonroot",
  ]);
  deepEqual(shipped("RUN"), []);
  ok([...entrypoint, ...healthcheck].every((word) => !/\bsh\b/.test(word)));
});

Deno.test("image: it runs unprivileged, and its data are its user's", () => {
  const [user] = shipped("USER");
  match(user!, /^[1-9]\d+:[1-9]\d+$/);
  ok(shipped("COPY").includes(`--from=build --chown=${user} /out/data /data`));
  deepEqual(shipped("VOLUME"), ["/data"]);
});

Deno.test("image: the service may read its folders, write its data and no more", () => {
  const granted = entrypoint.filter((word) => word.startsWith("--allow-"))
    .filter((word) => !word.startsWith("--allow-env="));
  deepEqual(granted, [
    "--allow-net",
    "--allow-read=/app,/data",
    "--allow-write=/data",
    // How much room is left, for the doctor.
    "--allow-sys=statfs",
  ]);
  ok(entrypoint.includes("--no-prompt") && entrypoint.includes("--ignore-env"));
});

Deno.test("image: it may read the variables of the service and of its commands", () => {
  deepEqual(
    variablesOf(entrypoint),
    [...VARIABLE_NAMES, "NO_COLOR", "HOLDFAST_URL", "HOLDFAST_KEY"].sort(),
  );
});

Deno.test("image: without deno.json it switches on the same", () => {
  for (const name of manifest.unstable) {
    ok(entrypoint.includes(`--unstable-${name}`), name);
  }
});

Deno.test("image: nothing secret and nothing local is built into it", () => {
  const names = ignored.trim().split("\n");
  for (const name of [".env", ".git", "data", "dist", "first_key.txt"]) {
    ok(names.includes(name), name);
  }
  ok(shipped("COPY").every((rest) => rest.startsWith("--from=")));
  ok(shipped("ENV").every((rest) => !/KEY|SECRET|PASSWORD|_URL/.test(rest)));
});

if (await needs(import.meta.url, ["read", "write", "run", "net", "env"])) {
  Deno.test("image: its command serves, asks for a key, and its check tells how it is", async () => {
    await using image = await buildImage();
    const port = quietPort();
    await using service = image.start({ PORT: `${port}` });
    const key = await service.firstKey;
    match(key, /^hf_[a-z0-9]{12}_[\w-]{43}$/);
    await service.listening;

    const url = `http://127.0.0.1:${port}/api/v1/positions`;
    const refused = await fetch(url);
    equal(refused.status, 401, await refused.text());
    const headers = { Authorization: `Bearer ${key}` };
    const served = await fetch(url, { headers });
    equal(served.status, 200, await served.text());

    const check = () => image.run(healthcheck, { PORT: `${port}` });
    deepEqual(await check(), { code: 0, said: "healthy" });
    const groups = ["events", "groups", "list"];
    const env = { PORT: `${port}`, HOLDFAST_KEY: key };
    equal((await image.run([...entrypoint, ...groups], env)).code, 0);

    equal((await service.end()).code, 0);
    equal((await check()).code, 1);
  });

  Deno.test("image: with a certificate for its public name the check asks by TLS", async () => {
    await using image = await buildImage();
    const authority = await createAuthority("ours");
    const { cert, key } = await authority.sign("holdfast.example");
    const TLS_CERT_PATH = await image.keep("cert.pem", cert);
    const TLS_KEY_PATH = await image.keep("key.pem", key);
    const env = { PORT: `${quietPort()}`, TLS_CERT_PATH, TLS_KEY_PATH };
    await using service = image.start(env);
    await service.listening;
    deepEqual(await image.run(healthcheck, env), { code: 0, said: "healthy" });
    equal((await image.run(healthcheck, { PORT: env.PORT })).code, 1);
  });
}

/** The files of the image in a folder, as its first stage makes them. */
async function buildImage() {
  const root = await Deno.makeTempDir({ prefix: "holdfast-image-" });
  const data = join(root, "data");
  const app = join(root, "app");
  await Deno.mkdir(data);
  await Deno.mkdir(app);
  const bundle = [
    "bundle",
    "--code-splitting",
    "--outdir",
    app,
    "src/main.ts",
  ];
  const signal = AbortSignal.timeout(60_000);
  await runCommand(Deno.execPath(), bundle, { signal });
  await Deno.mkdir(join(app, "examples"));
  for (const name of ["market_data", "model"]) {
    const folder = join(Deno.cwd(), "examples", name);
    await Deno.symlink(folder, join(app, "examples", name));
  }
  const [variables] = shipped("ENV");
  const own = Object.fromEntries(
    variables!.split(" ").map((pair) => pair.split("=") as [string, string]),
  );

  /** Runs the words of an instruction with the folders where they are here. */
  function command(words: readonly string[], env: Record<string, string>) {
    const place = (text: string) =>
      text.replace(/(?<=^|=|,)\/(app|data)\b/g, `${root}/$1`);
    const [, ...args] = words.map(place);
    // Links lead out of the image, to where the sample data are.
    const examples = join(Deno.cwd(), "examples");
    const seen = args.map((word) =>
      word.startsWith("--allow-read=") ? `${word},${examples}` : word
    );
    return new Deno.Command(Deno.execPath(), {
      args: seen,
      cwd: app,
      clearEnv: true,
      env: {
        ...own,
        DATA_DIR: data,
        DENO_DIR: join(root, "tmp"),
        LOG_LEVEL: "error",
        ...env,
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
  }

  return {
    /** Puts a file where the service may read it; returns its path. */
    async keep(name: string, text: string) {
      const path = join(data, name);
      await Deno.writeTextFile(path, text);
      return path;
    },
    async run(words: readonly string[], env: Record<string, string>) {
      const { code, stdout } = await command(words, env).output();
      const text = new TextDecoder().decode(stdout).trim();
      const said = text.startsWith("{") ? JSON.parse(text).status : text;
      return { code, said };
    },
    start: (env: Record<string, string>) =>
      watch(command(entrypoint, env).spawn()),
    [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }),
  };
}

/** Reads what the service says to whoever starts it. */
function watch(child: Deno.ChildProcess) {
  const firstKey = Promise.withResolvers<string>();
  const listening = Promise.withResolvers<void>();
  const reading = (async () => {
    for await (const line of child.stdout.pipeThrough(textLines())) {
      const key = /first API key.*: (hf_\S+)$/.exec(line)?.[1];
      if (key) firstKey.resolve(key);
      if (!line.startsWith("holdfast listening on ")) continue;
      listening.resolve();
      firstKey.reject(new Error("It listens and has told no key"));
    }
    const said = await new Response(child.stderr).text();
    firstKey.reject(new Error(said));
    listening.reject(new Error(said));
  })();
  for (const { promise } of [firstKey, listening]) promise.catch(() => {});
  let ended: Promise<Deno.CommandStatus> | undefined;
  const end = () =>
    ended ??= (async () => {
      child.kill("SIGTERM");
      const status = await within(15_000, child.status);
      if (!status) child.kill("SIGKILL");
      await reading;
      return await child.status;
    })();
  return {
    firstKey: firstKey.promise,
    listening: listening.promise,
    end,
    async [Symbol.asyncDispose]() {
      await end();
    },
  };
}
