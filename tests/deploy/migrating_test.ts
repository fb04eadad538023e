/**
 * The commands of deploy/MIGRATING.md bring a plain Redis cache over.
 *
 * @module
 */
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { needs, skip } from "../support/needs.ts";
import { createPostgres } from "../support/postgres_server.ts";
import { createRedis } from "../support/redis_server.ts";
import { connectCli } from "../support/redis_world.ts";
import { startService } from "../support/service_process.ts";
import { requirePrograms } from "../faults/world.ts";
import { findPrograms } from "../../scripts/services.ts";

const programs =
  await needs(import.meta.url, ["read", "write", "run", "net"]) &&
  await requirePrograms(import.meta.url);
const tools = programs && await findPrograms(["redis-cli"]);

if (programs && !tools) {
  skip(
    import.meta.url,
    "there is no redis-cli; to run it, install redis-tools",
  );
}
if (programs && tools) {
  Deno.test("MIGRATING: its commands, one after the other, bring settings and numbers over", async () => {
    const markdown = await Deno.readTextFile("deploy/MIGRATING.md");
    const blocks = [...markdown.matchAll(/```sh\n([^`]*?)```/g)];
    ok(blocks.length >= 3, `found only ${blocks.length} blocks`);

    await using postgres = await createPostgres(programs.postgres);
    await using redis = await createRedis(programs.redis);
    await Promise.all([postgres.start(), redis.start()]);
    await using old = await connectCli(`${redis.url}/0`);
    const day = new Date().toISOString().slice(0, 10).replaceAll("-", "");
    const plain: Record<string, unknown> = {
      "user:42:mode:scalp": { confidence: { min_confidence: 61 } },
      "user:7:mode:swing": { confidence: { min_confidence: 62 } },
      "user:42:circuit_breaker": { max_daily_loss: 300 },
      [`user:42:sequence:${day}`]: 41,
    };
    for (const [key, value] of Object.entries(plain)) {
      await old("SET", key, JSON.stringify(value));
    }
    const folder = await Deno.makeTempDir();
    try {
      const env = {
        DATABASE_URL: postgres.url,
        REDIS_URL: `${redis.url}/1`,
        DATA_DIR: folder,
      };
      await using service = await startService(env);
      await untilNormal(service.url);
      const script = blocks.map(([, block]) => block).join("\n")
        .replaceAll("localhost:8080", service.url)
        .replaceAll("localhost:6379", `${redis.hostname}:${redis.port}`);
      const { code, stdout, stderr } = await new Deno.Command("bash", {
        args: ["-eu", "-o", "pipefail", "-c", script],
      }).output();
      const said = new TextDecoder().decode(stdout);
      equal(code, 0, new TextDecoder().decode(stderr));

      const copied = said.split("\n").filter((line) => / \d{3}$/.test(line));
      deepEqual(copied.toSorted(), [
        "42 circuit_breaker 200",
        "42 mode:scalp 200",
        "7 mode:swing 200",
      ]);
      // What differs from the defaults is what was brought.
      match(said, /"total_changes":2/);
      match(said, /"first":42,"last":42/);
      const scalp = await fetch(
        `${service.url}/api/futures/ginie/modes/scalp`,
        { headers: { "x-user-id": "42" } },
      );
      equal((await scalp.json()).confidence.min_confidence, 61);

      await service.end("SIGTERM");
      await using _again = await startService(env);
      await using renewed = await connectCli(`${redis.url}/1`);
      const shown = await untilThere(renewed, "user:42:mode:scalp");
      match(shown, /^\{"version":\d+,"gen":"[^"]+","value":\{"enabled":true,/);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

/** Waits until Redis serves: only then are counters taken over from it. */
async function untilNormal(url: string): Promise<void> {
  for (const deadline = performance.now() + 15_000;;) {
    const health = await fetch(`${url}/health`);
    if ((await health.json()).mode === "normal") return;
    if (performance.now() > deadline) throw new Error("Redis does not serve");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The text under `key`, once there is one. */
async function untilThere(
  command: (...args: string[]) => Promise<unknown>,
  key: string,
): Promise<string> {
  for (const deadline = performance.now() + 15_000;;) {
    const text = await command("GET", key);
    if (typeof text === "string") return text;
    if (performance.now() > deadline) throw new Error(`${key} is not there`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
