import { deepEqual, equal } from "./support/assert.ts";
import { dirname } from "node:path";
import {
  findBreaches,
  findCycles,
  findDeadModules,
  findFaults,
  findOversized,
  type Graph,
  readGraph,
} from "../scripts/architecture.ts";
import { needs } from "./support/needs.ts";

if (await needs(import.meta.url, ["read", "write", "run"])) {
  Deno.test("architecture: this repository keeps its own rules", async () => {
    const root = dirname(import.meta.dirname!);
    const graph = await readGraph(root);
    deepEqual(graph.get("ports/feature_store.ts")?.imports, [
      "domain/feature.ts",
    ]);
    const faults = findFaults(graph);
    equal(faults.length, 0, faults.join("\n"));
  });
}

function graphOf(files: Record<string, string[]>, lines = 1): Graph {
  return new Map(
    Object.entries(files).map(([file, imports]) => [file, { imports, lines }]),
  );
}

const FORBIDDEN: readonly [file: string, imported: string][] = [
  ["domain/a.ts", "ports/a.ts"],
  ["domain/a.ts", "npm:zod"],
  ["domain/event/a.ts", "npm:hono"],
  ["domain/a.ts", "node:path"],
  ["ports/a.ts", "adapters/memory/a.ts"],
  ["ports/a.ts", "npm:zod"],
  ["ports/a.ts", "src/config.ts"],
  ["adapters/memory/a.ts", "adapters/sqlite/a.ts"],
  ["adapters/switching/a.ts", "adapters/memory/a.ts"],
  ["adapters/redis/a.ts", "src/services/a.ts"],
  ["adapters/redis/a.ts", "tests/support/a.ts"],
  ["src/services/a.ts", "adapters/memory/a.ts"],
  ["src/services/a.ts", "src/apps/a.ts"],
  ["src/services/a.ts", "src/http/a.ts"],
  ["src/services/a.ts", "npm:hono"],
  ["src/services/a.ts", "node:fs"],
  ["src/services/a.ts", "node:crypto"],
  ["src/services/sha256.ts", "node:fs"],
  ["src/follower/a.ts", "src/services/a.ts"],
  ["src/follower/a.ts", "adapters/redis/a.ts"],
  ["src/apps/a.ts", "src/config.ts"],
  ["src/http/a.ts", "adapters/memory/a.ts"],
  ["src/http/a.ts", "src/composition_root.ts"],
  ["src/cli/a.ts", "src/http/a.ts"],
  ["src/cli/a.ts", "src/services/a.ts"],
  ["src/cli/a.ts", "adapters/system/clock.ts"],
  ["src/cli/process.ts", "adapters/memory/a.ts"],
  ["src/client/a.ts", "domain/a.ts"],
  ["src/client/a.ts", "npm:eventsource-parser"],
  ["src/client/a.ts", "node:timers"],
  ["src/main.ts", "src/client/a.ts"],
  ["src/web/a.ts", "src/client/mod.ts"],
  ["src/main.ts", "adapters/memory/a.ts"],
  ["src/main.ts", "scripts/a.ts"],
  ["src/paper_run.ts", "adapters/paper/a.ts"],
  ["src/apps/paper_run/a.ts", "src/composition/a.ts"],
  ["src/composition_root.ts", "tests/support/a.ts"],
  ["src/composition/a.ts", "tests/support/a.ts"],
];

for (const [file, imported] of FORBIDDEN) {
  Deno.test(`architecture: ${file} may not import ${imported}`, () => {
    deepEqual(findBreaches(graphOf({ [file]: [imported] })), [
      `${file} may not import ${imported}`,
    ]);
  });
}

Deno.test("architecture: what the dependency rule allows passes", () => {
  const allowed = graphOf({
    "domain/a.ts": ["domain/b.ts"],
    "domain/event/a.ts": ["npm:zod", "domain/a.ts"],
    "ports/a.ts": ["domain/a.ts", "ports/b.ts"],
    "adapters/sqlite/a.ts": [
      "ports/a.ts",
      "domain/a.ts",
      "adapters/sqlite/0001.sql",
      "npm:lru-cache",
      "node:sqlite",
    ],
    "src/follower/a.ts": ["ports/a.ts"],
    "src/services/a.ts": ["src/follower/a.ts", "npm:lru-cache"],
    "src/apps/a.ts": ["src/services/a.ts", "domain/a.ts"],
    "src/services/sha256.ts": ["node:crypto"],
    "src/http/a.ts": ["src/apps/a.ts", "npm:hono", "ports/a.ts"],
    "src/cli/a.ts": ["src/services/retry.ts", "npm:eventsource-parser"],
    "src/cli/process.ts": ["adapters/system/clock.ts", "src/cli/a.ts"],
    "src/composition_root.ts": ["adapters/sqlite/a.ts", "src/config.ts"],
    "src/composition/a.ts": ["adapters/sqlite/a.ts", "src/follower/a.ts"],
    "src/main.ts": ["src/composition_root.ts", "deno.json"],
    "tests/a_test.ts": ["adapters/sqlite/a.ts", "src/main.ts"],
    "scripts/a.ts": ["adapters/sqlite/a.ts"],
  });
  deepEqual(findBreaches(allowed), []);
});

Deno.test("architecture: a cycle is found, once", () => {
  const round = graphOf({
    "src/z.ts": ["src/a.ts"],
    "src/a.ts": ["src/b.ts", "src/d.ts"],
    "src/b.ts": ["src/c.ts"],
    "src/c.ts": ["src/a.ts"],
    "src/d.ts": [],
  });
  deepEqual(findCycles(round), [
    "cycle: src/a.ts -> src/b.ts -> src/c.ts -> src/a.ts",
  ]);
  const itself = graphOf({ "ports/a.ts": ["ports/a.ts"] });
  deepEqual(findCycles(itself), ["cycle: ports/a.ts -> ports/a.ts"]);
  const diamond = graphOf({
    "a.ts": ["b.ts", "c.ts"],
    "b.ts": ["d.ts"],
    "c.ts": ["d.ts"],
    "d.ts": [],
  });
  deepEqual(findCycles(diamond), []);
});

Deno.test("architecture: a module that the program does not reach is dead", () => {
  const graph = graphOf({
    "src/main.ts": ["src/a.ts"],
    "src/cli.ts": ["src/b.ts"],
    "src/a.ts": ["ports/a.ts"],
    "src/b.ts": [],
    "ports/a.ts": [],
    "adapters/memory/a.ts": [],
    "domain/dead.ts": [],
    "tests/a_test.ts": ["adapters/memory/a.ts"],
    "scripts/a.ts": [],
  });
  const from = "is reached from none of src/main.ts, src/cli.ts";
  deepEqual(findDeadModules(graph, []), [
    `adapters/memory/a.ts ${from}`,
    `domain/dead.ts ${from}`,
  ]);
  deepEqual(findDeadModules(graph, ["adapters/memory/a.ts"]), [
    `domain/dead.ts ${from}`,
  ]);
});

Deno.test("architecture: the list of what is for tests only stays true", () => {
  const graph = graphOf({
    "src/main.ts": ["src/a.ts"],
    "src/a.ts": [],
    "ports/unused.ts": [],
  });
  const listed = ["src/a.ts", "ports/unused.ts", "ports/gone.ts"];
  deepEqual(
    findDeadModules(graph, listed),
    listed.map((file) => `${file} is listed as for tests only and is not`),
  );
});

Deno.test("architecture: before there is a program nothing is dead", () => {
  deepEqual(findDeadModules(graphOf({ "domain/a.ts": [] }), []), []);
});

Deno.test("architecture: a file too long for one idea is found", () => {
  deepEqual(findOversized(graphOf({ "src/a.ts": [] }, 301)), [
    "src/a.ts has 301 lines, more than 300",
  ]);
  deepEqual(findOversized(graphOf({ "tests/a_test.ts": [] }, 401)), [
    "tests/a_test.ts has 401 lines, more than 400",
  ]);
  deepEqual(findOversized(graphOf({ "domain/a.ts": [] }, 300)), []);
  deepEqual(findOversized(graphOf({ "scripts/a.ts": [] }, 400)), []);
});
