import { deepEqual, equal, ok } from "../support/assert.ts";
import ci from "../../.ci/run" with { type: "text" };
import manifest from "../../deno.json" with { type: "json" };
import { VARIABLE_NAMES } from "../../src/variables.ts";

const { start, dev } = manifest.tasks;

function variables(command: string): string[] {
  return /--allow-env=([\w,]+)/.exec(command)![1]!.split(",").sort();
}

Deno.test("tasks: start may read the variables of the configuration, no others", () => {
  deepEqual(variables(start.command), [...VARIABLE_NAMES, "NO_COLOR"].sort());
});

Deno.test("tasks: dev is start that watches", () => {
  equal(dev.command.replace(" --watch", ""), start.command);
});

Deno.test("tasks: start may not run programs nor ask for more", () => {
  ok(start.command.includes(" --no-prompt "));
  ok(!/ -A|--allow-(all|run|ffi|sys|import)/.test(start.command));
});

Deno.test("tasks: CI runs what `deno task ok` runs, with every server", () => {
  equal(
    manifest.tasks.ok.command,
    "deno task ok:static && deno task test && deno task test:browser",
  );
  ok(ci.includes('"${deno[@]}" task ok:static'));
  ok(ci.includes('REQUIRE_SERVICES=1 "${deno[@]}" task test\n'));
  ok(ci.includes('REQUIRE_SERVICES=1 "${deno[@]}" task test:browser\n'));
  ok(ci.includes('"${deno[@]}" task compile'));
});

Deno.test("tasks: nothing creates node_modules, and the lock file is frozen", () => {
  equal(manifest.nodeModulesDir, "none");
  equal(manifest.lock.frozen, true);
});

Deno.test("tasks: no package runs a script, and a first start warns of none", () => {
  deepEqual(manifest.allowScripts, { deny: ["npm:@scarf/scarf"] });
});
