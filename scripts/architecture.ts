/**
 * The rules of the import graph, and the graph itself.
 *
 * @module
 */
import { pathToFileURL } from "node:url";
import { sourceFiles } from "./source_files.ts";

/** One file of the repository. */
export interface Module {
  /**
   * What it imports, types included: paths from the root of the repository,
   * and packages as `npm:zod` and `node:path`.
   */
  readonly imports: readonly string[];
  /** Length of the file. */
  readonly lines: number;
}

/** Files by their paths from the root of the repository. */
export type Graph = ReadonlyMap<string, Module>;

/**
 * The dependency rule: what the files that match first may import. An adapter
 * may also import from the folder of its own technology.
 */
const LAYERS: readonly { files: RegExp; mayImport: RegExp }[] = [
  { files: /^domain\/event\//, mayImport: /^domain\/|^npm:zod$/ },
  { files: /^domain\//, mayImport: /^domain\// },
  { files: /^ports\//, mayImport: /^(domain|ports)\// },
  { files: /^adapters\//, mayImport: /^(domain|ports)\/|^(npm|node):/ },
  {
    files: /^src\/follower\//,
    mayImport: /^(domain|ports|src\/follower)\/|^npm:lru-cache$/,
  },
  { files: /^src\/services\/sha256\.ts$/, mayImport: /^node:crypto$/ },
  {
    files: /^src\/services\//,
    mayImport: /^(domain|ports|src\/(services|follower))\/|^npm:lru-cache$/,
  },
  {
    files: /^src\/apps\//,
    mayImport:
      /^(domain|ports|src\/(apps|services|follower))\/|^npm:lru-cache$/,
  },
  {
    files: /^src\/http\//,
    mayImport: /^(domain|ports|src\/(http|apps|services|web\/dist))\/|^npm:/,
  },
  {
    files: /^src\/cli\/process\.ts$/,
    mayImport: /^(adapters\/system|src\/cli)\//,
  },
  {
    files: /^src\/cli\//,
    mayImport:
      /^(domain|ports|src\/cli)\/|^src\/(version|services\/retry)\.ts$|^npm:eventsource-parser$|^node:util$/,
  },
  // A package of its own, which needs nothing.
  { files: /^src\/client\//, mayImport: /^src\/client\// },
  {
    files: /^src\/web\//,
    mayImport: /^(domain|src\/web)\/|^src\/client\/sse\.ts$|^npm:/,
  },
  {
    files: /^src\/(composition_root|composition\/[a-z_]+)\.ts$/,
    mayImport: /^(?!tests\/|scripts\/)/,
  },
  {
    files: /^src\//,
    mayImport: /^(?!tests\/|scripts\/|adapters\/|src\/client\/)/,
  },
];

/** From here the program and the client package are reached. */
const ENTRIES = [
  "src/main.ts",
  "src/cli.ts",
  "src/client/mod.ts",
  "src/web/main.tsx",
];

/** Modules that only tests reach, and that are no mistake: references. */
const FOR_TESTS_ONLY: readonly string[] = [
  "adapters/memory/fast_data.ts",
  "adapters/memory/fast_layer.ts",
  "adapters/memory/fast_server.ts",
  "adapters/memory/market_data.ts",
  "adapters/memory/model_registry.ts",
  "adapters/memory/record_store.ts",
  "adapters/memory/sequence_blocks.ts",
  "adapters/memory/sequence_ledger.ts",
];

/** Everything that is wrong with `graph`, one sentence each. */
export function findFaults(graph: Graph): string[] {
  return [
    ...findBreaches(graph),
    ...findCycles(graph),
    ...findDeadModules(graph),
    ...findOversized(graph),
  ];
}

/** Imports that the dependency rule does not allow. */
export function findBreaches(graph: Graph): string[] {
  return [...graph].flatMap(([file, { imports }]) => {
    const layer = LAYERS.find(({ files }) => files.test(file));
    if (!layer) return [];
    const own = /^adapters\/[^/]+\//.exec(file)?.[0];
    return imports
      .filter((name) => !layer.mayImport.test(name))
      .filter((name) => own === undefined || !name.startsWith(own))
      .map((name) => `${file} may not import ${name}`);
  });
}

/** Modules that import each other in a circle; each circle once. */
export function findCycles(graph: Graph): string[] {
  const cycles: string[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  function visit(file: string): void {
    const start = path.indexOf(file);
    if (start >= 0) {
      cycles.push(`cycle: ${[...path.slice(start), file].join(" -> ")}`);
    }
    if (start >= 0 || done.has(file)) return;
    path.push(file);
    graph.get(file)?.imports.forEach(visit);
    path.pop();
    done.add(file);
  }
  [...graph.keys()].forEach(visit);
  return cycles;
}

/**
 * Modules that the program does not reach, save those that are for tests only
 * and that tests do reach. There are none before there is a program.
 */
export function findDeadModules(
  graph: Graph,
  forTestsOnly: readonly string[] = FOR_TESTS_ONLY,
): string[] {
  const entries = ENTRIES.filter((file) => graph.has(file));
  if (entries.length === 0) return [];
  const alive = reach(graph, entries);
  const files = [...graph.keys()];
  const tested = reach(graph, files.filter((f) => f.startsWith("tests/")));
  const dead = files
    .filter((file) => /^(domain|ports|adapters|src)\//.test(file))
    .filter((file) => !alive.has(file) && !forTestsOnly.includes(file))
    .map((file) => `${file} is reached from none of ${entries.join(", ")}`);
  const wrong = forTestsOnly
    .filter((file) => alive.has(file) || !tested.has(file))
    .map((file) => `${file} is listed as for tests only and is not`);
  return [...dead, ...wrong];
}

/** Files too long for one idea. */
export function findOversized(graph: Graph): string[] {
  return [...graph].flatMap(([file, { lines }]) => {
    const limit = /^(tests|scripts)\//.test(file) ? 400 : 300;
    if (lines <= limit) return [];
    return [`${file} has ${lines} lines, more than ${limit}`];
  });
}

function reach(graph: Graph, from: readonly string[]): Set<string> {
  const reached = new Set<string>();
  const queue = [...from];
  for (const file of queue) {
    if (reached.has(file)) continue;
    reached.add(file);
    queue.push(...graph.get(file)?.imports ?? []);
  }
  return reached;
}

/** What `deno info --json` says, as far as it is needed. */
interface Info {
  readonly modules: readonly {
    readonly specifier: string;
    readonly error?: string;
    readonly dependencies?: readonly {
      readonly code?: { readonly specifier?: string };
      readonly type?: { readonly specifier?: string };
    }[];
  }[];
}

/**
 * Reads the graph of every file of the repository at `root`.
 *
 * @throws When an import leads nowhere.
 */
export async function readGraph(root: string): Promise<Graph> {
  const folders = ["domain", "ports", "adapters", "src", "scripts", "tests"];
  const files = await sourceFiles(root, folders);
  const base = pathToFileURL(`${root}/`).href;
  const { modules } = await denoInfo(root, files.map((file) => base + file));
  const graph = new Map<string, Module>();
  for (const { specifier, error, dependencies = [] } of modules) {
    if (error) throw new Error(`Cannot read the import graph as ${error}`);
    const file = nameOf(specifier, base);
    if (!files.includes(file)) continue;
    const imports = dependencies
      .map(({ code, type }) => code?.specifier ?? type?.specifier)
      .filter((found) => found !== undefined)
      .map((found) => nameOf(found, base));
    const text = await Deno.readTextFile(`${root}/${file}`);
    graph.set(file, { imports, lines: text.split("\n").length - 1 });
  }
  return graph;
}

/** A path from the root of the repository, or a package without its version. */
function nameOf(specifier: string, base: string): string {
  const npm = /^npm:\/?((?:@[^/]+\/)?[^@/]+)/.exec(specifier);
  if (npm) return `npm:${npm[1]}`;
  if (!specifier.startsWith(base)) return specifier;
  return decodeURI(specifier.slice(base.length));
}

async function denoInfo(cwd: string, files: readonly string[]): Promise<Info> {
  const entry = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    const imports = files.map((file) => `import ${JSON.stringify(file)};\n`);
    await Deno.writeTextFile(entry, imports.join(""));
    const config = `--config=${cwd}/deno.json`;
    const args = ["info", "--json", config, entry];
    const command = new Deno.Command(Deno.execPath(), { cwd, args });
    const { success, stdout, stderr } = await command.output();
    const text = new TextDecoder();
    if (!success) throw new Error(text.decode(stderr));
    return JSON.parse(text.decode(stdout));
  } finally {
    await Deno.remove(entry);
  }
}
