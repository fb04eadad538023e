/**
 * The systemd unit: it lets the service do what the image does, and no more.
 *
 * @module
 */
import unit from "../../deploy/holdfast.service" with { type: "text" };
import { findPrograms } from "../../scripts/services.ts";
import { VARIABLE_NAMES } from "../../src/variables.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { needs } from "../support/needs.ts";
import { shipped } from "./dockerfile.ts";

/** The exposure that `systemd-analyze security` may find, of 100. */
const MOST_EXPOSURE = "20";

const lines = unit.split("\n").filter((line) => /^[A-Z]\w+=/.test(line));

/** What is set for `name`; several lines are several values. */
function valuesOf(name: string): string[] {
  return lines.filter((line) => line.startsWith(`${name}=`))
    .map((line) => line.slice(name.length + 1));
}

/** The names and values of the unit's own environment. */
const environment = Object.fromEntries(
  valuesOf("Environment").flatMap((line) => line.split(" "))
    .map((pair) => pair.split("=") as [string, string]),
);

Deno.test("systemd: it runs the binary, as nobody in particular", () => {
  deepEqual(valuesOf("ExecStart"), ["/usr/local/bin/holdfast serve"]);
  deepEqual(valuesOf("DynamicUser"), ["yes"]);
  deepEqual(valuesOf("CapabilityBoundingSet"), [""]);
  deepEqual(valuesOf("NoNewPrivileges"), ["yes"]);
});

Deno.test("systemd: it may write its data, as the image may, and nothing else", () => {
  deepEqual(valuesOf("ProtectSystem"), ["strict"]);
  deepEqual(valuesOf("ReadWritePaths"), []);
  const [folder] = valuesOf("StateDirectory");
  equal(environment["DATA_DIR"], `/var/lib/${folder}`);
  deepEqual(shipped("VOLUME"), ["/data"]);
});

Deno.test("systemd: what it sets are variables of the service", () => {
  for (const name of Object.keys(environment)) {
    ok((VARIABLE_NAMES as readonly string[]).includes(name), name);
  }
  // Secrets are in a file that only root can read, not in the unit.
  match(valuesOf("EnvironmentFile")[0]!, /^-\/etc\//);
  ok(!/KEY=|SECRET=|PASSWORD=|_URL=/.test(lines.join("\n")));
});

Deno.test("systemd: it has longer to stop than requests have to end", () => {
  deepEqual(valuesOf("TimeoutStopSec"), ["30"]);
  deepEqual(valuesOf("Restart"), ["on-failure"]);
});

if (await needs(import.meta.url, ["read", "write", "run", "env"])) {
  const isThere = await findPrograms(["systemd-analyze"]) !== undefined;
  Deno.test({
    name: "systemd: systemd knows every line, and finds it safe" +
      (isThere ? "" : " (skipped, as there is no systemd-analyze)"),
    ignore: !isThere,
    async fn() {
      const folder = await Deno.makeTempDir({ prefix: "holdfast-unit-" });
      try {
        // The program need not be installed where the unit is read.
        const file = `${folder}/holdfast.service`;
        const readable = unit.replaceAll(
          "/usr/local/bin/holdfast",
          "/bin/true",
        );
        await Deno.writeTextFile(file, readable);
        await analyze("verify", file);
        const threshold = `--threshold=${MOST_EXPOSURE}`;
        await analyze("security", "--offline=true", threshold, file);
        const open = readable.replace("DynamicUser=yes", "");
        await Deno.writeTextFile(file, open.replace(/^Protect.*$/gm, ""));
        const { success } = await analysis(
          "security",
          "--offline=true",
          threshold,
          file,
        );
        ok(!success, "An unprotected unit passes too");
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

function analysis(...args: readonly string[]) {
  return new Deno.Command("systemd-analyze", { args: [...args] }).output();
}

async function analyze(...args: readonly string[]): Promise<void> {
  const { success, stderr, stdout } = await analysis(...args);
  const said = new TextDecoder().decode(stderr);
  ok(success, said + new TextDecoder().decode(stdout));
  // `verify` tells of unknown lines and passes all the same.
  equal(said, "");
}
