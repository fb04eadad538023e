/**
 * `holdfast health`, which a container asks itself with.
 *
 * @module
 */
import { join } from "node:path";
import { runCommandLine } from "../../src/cli/mod.ts";
import { deepEqual, equal, match } from "../support/assert.ts";
import { json, problem, recordingTerminal } from "../support/cli_terminal.ts";
import { needs } from "../support/needs.ts";
import { quietPort } from "../support/quiet_port.ts";
import { startService } from "../support/service_process.ts";

const HEALTHY = { status: "healthy", reasons: [], mode: "normal" };
const AWAY = {
  status: "unhealthy",
  reasons: ["the database does not answer", "there is no model"],
  mode: "degraded",
};

Deno.test("health: a service that serves ends it with 0", async () => {
  const terminal = recordingTerminal(() => json(HEALTHY), {
    isOutputRead: true,
  });
  equal(await runCommandLine(["health"], terminal), 0);
  deepEqual(terminal.said, ["healthy, mode normal\n"]);
  deepEqual(terminal.asked.map(({ method, path }) => `${method} ${path}`), [
    "GET /health",
  ]);
});

Deno.test("health: one that cannot serve ends it with 1, and says why", async () => {
  const terminal = recordingTerminal(() => json(AWAY, 503), {
    isOutputRead: true,
  });
  equal(await runCommandLine(["health"], terminal), 1);
  deepEqual(terminal.said, [
    "unhealthy, mode degraded: the database does not answer; there is no model\n",
  ]);
});

Deno.test("health: for a program it is the answer as it came", async () => {
  const terminal = recordingTerminal(() => json(AWAY, 503));
  equal(await runCommandLine(["health"], terminal), 1);
  deepEqual(JSON.parse(terminal.said.join("")), AWAY);
});

Deno.test("health: whatever else answers ends it with 1", async () => {
  const others = [
    () => problem(404, "Cannot find it"),
    () => new Response("<html>", { status: 200 }),
    () => {
      throw new TypeError("connection closed");
    },
  ];
  for (const other of others) {
    const terminal = recordingTerminal(other, { isOutputRead: true });
    equal(await runCommandLine(["health"], terminal), 1);
    equal(terminal.told.length, 1);
    match(terminal.told[0]!, /^Cannot /);
  }
});

if (await needs(import.meta.url, ["read", "write", "run", "net", "env"])) {
  Deno.test("health: it asks the service of this machine, at its PORT", async () => {
    const path = await Deno.makeTempDir({ prefix: "holdfast-health-" });
    try {
      const port = `${quietPort()}`;
      {
        await using _service = await startService({
          DATA_DIR: path,
          PORT: port,
        });
        equal(await healthAt(port), 0);
        // As compose files have it: "${HOLDFAST_KEY:-}".
        const unset = { HOLDFAST_URL: "", HOLDFAST_KEY: "" };
        equal(await healthAt(port, unset), 0);
        const file = `PORT=${port}\nHOST=holdfast.invalid\n`;
        await Deno.writeTextFile(`${path}/.env`, file);
        equal(await healthAt("", {}, path), 0);
      }
      equal(await healthAt(port), 1);
    } finally {
      await Deno.remove(path, { recursive: true });
    }
  });
}

async function healthAt(
  port: string,
  env: Readonly<Record<string, string>> = {},
  cwd = ".",
): Promise<number> {
  const main = join(Deno.cwd(), "src", "main.ts");
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-net", "--allow-env", "--allow-read", main, "health"],
    env: { PORT: port, ...env },
    cwd,
  }).output();
  return code;
}
