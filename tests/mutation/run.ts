/**
 * Makes mutants, one after the other, in a copy of the program, and sees
 * whether a test notices.
 *
 * @module
 */
import { basename, join } from "node:path";
import { openPatchedSource } from "../support/patched_source.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import type { Area } from "./areas.ts";
import { type Mutant, mutantsOf, mutate } from "./mutants.ts";

/** A mutant of a file. */
export interface Placed extends Mutant {
  readonly area: Area;
  readonly file: string;
}

/** What became of it. */
export type Fate = "noticed" | "hung" | "survived";

/** What came of a run. */
export interface MutationRun {
  /** Mutants that there are. */
  readonly all: number;
  readonly tried: readonly (Placed & { readonly fate: Fate })[];
}

const COPIED = [
  ...["adapters", "domain", "examples", "ports", "scripts", "src", "tests"],
  ...["deno.json", "deno.lock"],
];

/** Schedules of the simulation that a mutant must survive. */
const SCHEDULES = 25;

/** How much longer than unchanged a run may take. */
const PATIENCE = 4;

/**
 * Tries mutants in an order that follows from `seed`, until `most` are tried or
 * `signal` aborts.
 *
 * @throws When a test fails on the program as it is.
 */
export async function runMutants(
  { areas, seed, most, signal, onTried }: {
    readonly areas: readonly Area[];
    readonly seed: number;
    readonly most: number;
    readonly signal: AbortSignal;
    readonly onTried?: (mutant: Placed, fate: Fate) => void;
  },
): Promise<MutationRun> {
  await using source = await openPatchedSource(COPIED, []);
  const { folder } = source;
  const all = shuffled(
    (await Promise.all(areas.map((area) => placedIn(area, folder)))).flat(),
    seed,
  );
  const limits = new Map<string, number>();

  /** Runs a command; whether it went well, in the time that it takes unchanged. */
  async function goesWell(args: readonly string[]): Promise<Fate | "well"> {
    const limit = limits.get(args.join(" "));
    const began = performance.now();
    const end = new AbortController();
    const timer = setTimeout(() => end.abort(), limit ?? 300_000);
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: [...args],
      cwd: folder,
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "null",
      stderr: "null",
      signal: end.signal,
    }).output();
    clearTimeout(timer);
    if (end.signal.aborted) return "hung";
    if (limit === undefined && code === 0) {
      const took = performance.now() - began;
      limits.set(args.join(" "), took * PATIENCE + 5_000);
    }
    return code === 0 ? "well" : "noticed";
  }

  async function fateOf(stages: readonly (readonly string[])[]) {
    for (const stage of stages) {
      const fate = await goesWell(stage);
      if (fate !== "well") return fate;
    }
    return "survived";
  }

  const tried: (Placed & { fate: Fate })[] = [];
  const known = new Set<string>();
  for (const mutant of all.slice(0, most)) {
    if (signal.aborted) break;
    const stages = await stagesOf(mutant, folder);
    if (!known.has(mutant.file)) {
      known.add(mutant.file);
      if (await fateOf(stages) !== "survived") {
        throw new Error(
          `Cannot mutate ${mutant.file} as its tests fail already`,
        );
      }
    }
    const path = join(folder, mutant.file);
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, mutate(text, mutant));
    const fate = await fateOf(stages);
    await Deno.writeTextFile(path, text);
    tried.push({ ...mutant, fate });
    onTried?.(mutant, fate);
  }
  return { all: all.length, tried };
}

/** What has to notice a mutant, that which is likely to first. */
async function stagesOf(
  { area, file }: Placed,
  folder: string,
): Promise<string[][]> {
  const tests =
    (await Promise.all(area.tests.map((one) => filesIn(one, folder))))
      .flat().filter((one) => one.endsWith("_test.ts"));
  const texts = await Promise.all(
    tests.map((one) => Deno.readTextFile(join(folder, one))),
  );
  const near = tests.filter((_, i) =>
    texts[i]!.includes(`/${basename(file)}"`)
  );
  const others = tests.filter((one) => !near.includes(one));
  const testing = (files: readonly string[]) => [
    ...["test", "--no-check", "--quiet", "--fail-fast", "--no-prompt"],
    ...["--allow-read", "--allow-env", ...files],
  ];
  return [
    ...[near, others].filter((files) => files.length > 0).map(testing),
    ...(area.isSimulated
      ? [[
        ...["run", "--no-check", "--no-prompt", "--allow-read", "--allow-env"],
        ...["--allow-write", "--allow-run", "scripts/simulate.ts"],
        ...["--seeds", `${SCHEDULES}`],
      ]]
      : []),
  ];
}

async function placedIn(area: Area, folder: string): Promise<Placed[]> {
  const files =
    (await Promise.all(area.code.map((one) => filesIn(one, folder))))
      .flat();
  return (await Promise.all(files.map(async (file) => {
    const text = await Deno.readTextFile(join(folder, file));
    return mutantsOf(text).map((mutant) => ({ ...mutant, area, file }));
  }))).flat();
}

async function filesIn(path: string, folder: string): Promise<string[]> {
  if ((await Deno.stat(join(folder, path))).isFile) return [path];
  return (await Array.fromAsync(Deno.readDir(join(folder, path))))
    .filter(({ isFile, name }) => isFile && name.endsWith(".ts"))
    .map(({ name }) => `${path}/${name}`).sort();
}

function shuffled<T>(items: readonly T[], seed: number): T[] {
  const { fraction } = createSeededEntropy(seed);
  return items.map((item) => ({ item, at: fraction() }))
    .sort((a, b) => a.at - b.at).map(({ item }) => item);
}
