/**
 * Line coverage of a test run, by folder, with a floor.
 *
 * @module
 */
import { relative } from "node:path";
import { pathToFileURL } from "node:url";
import { sourceFiles } from "./source_files.ts";

/** How much of one file was run. */
export interface FileCoverage {
  /** Path from the root of the repository. */
  readonly file: string;
  /** Lines that hold code. */
  readonly lines: number;
  /** Lines of them that were run. */
  readonly covered: number;
}

/** Least line coverage, in percent, of the folders that have one. */
export const FLOORS: Readonly<Record<string, number>> = {
  domain: 95,
  ports: 95,
  adapters: 95,
  "adapters/redis": 100,
};

const GATED_FOLDERS = Object.keys(FLOORS);
const REPORTED_FOLDERS = [...GATED_FOLDERS, "src"];

/** Files below it are listed one by one. */
const LOW_PERCENT = 95;

/**
 * Reads what `deno test --coverage=profile` left behind. Files of the gated
 * folders that no test has loaded count too, with nothing covered.
 *
 * @param root Path of the repository.
 */
export async function readCoverage(
  root: string,
  profile: string,
): Promise<FileCoverage[]> {
  await loadEverything(root, profile);
  const lcov = `${profile}/lcov.info`;
  const arguments_ = ["coverage", "--quiet", "--lcov", `--output=${lcov}`];
  await deno(root, [...arguments_, profile]);
  return parseLcov(await Deno.readTextFile(lcov), root);
}

/** Imports every gated file under coverage: importing runs no function. */
async function loadEverything(root: string, profile: string): Promise<void> {
  const files = await sourceFiles(root, GATED_FOLDERS);
  const imports = files.map((file) =>
    `import "${pathToFileURL(`${root}/${file}`)}";\n`
  );
  const loader = `${profile}/load_everything.ts`;
  await Deno.writeTextFile(loader, imports.join(""));
  const config = `--config=${root}/deno.json`;
  const flags = ["--quiet", "--no-prompt", "--allow-read", config];
  await deno(root, ["run", ...flags, `--coverage=${profile}`, loader]);
}

async function deno(cwd: string, args: string[]): Promise<void> {
  const command = new Deno.Command(Deno.execPath(), { cwd, args });
  const { success, stderr } = await command.output();
  if (success) return;
  const said = new TextDecoder().decode(stderr).trim();
  throw new Error(`Cannot read the coverage as deno ${args[0]} said: ${said}`);
}

/** Reads a report in lcov format; files outside the reported folders drop out. */
export function parseLcov(lcov: string, root: string): FileCoverage[] {
  const files: FileCoverage[] = [];
  for (const record of lcov.split("end_of_record")) {
    const path = /^SF:(.+)$/m.exec(record)?.[1];
    if (path === undefined) continue;
    const file = relative(root, path);
    if (!REPORTED_FOLDERS.some((folder) => isIn(folder, file))) continue;
    const lines = [...record.matchAll(/^DA:\d+,(\d+)/gm)];
    const covered = lines.filter(([, count]) => Number(count) > 0).length;
    files.push({ file, lines: lines.length, covered });
  }
  return files.sort((a, b) => a.file < b.file ? -1 : 1);
}

/**
 * The coverage of each folder, followed by the files below the floor. A folder
 * or file without a line of code, such as a port of types only, is complete.
 */
export function coverageTable(files: readonly FileCoverage[]): string {
  const rows = REPORTED_FOLDERS.flatMap((folder) => {
    const inside = files.filter(({ file }) => isIn(folder, file));
    if (inside.length === 0) return [];
    const floor = FLOORS[folder] ?? LOW_PERCENT;
    const low = inside.filter((file) => percent([file]) < floor);
    return [
      row(folder, inside),
      ...low.map((file) => row(`  ${file.file}`, [file])),
    ];
  });
  const width = Math.max(...rows.map(([name]) => name.length), 14);
  return [["Line coverage", "lines", "%"] as const, ...rows]
    .map(([name, lines, share]) =>
      `${name.padEnd(width)} ${lines.padStart(7)} ${share.padStart(6)}`
    ).join("\n");
}

/**
 * One sentence a gated folder below the floor.
 *
 * @param untestable Folders that could not be tested in this run, as what they
 * talk to is missing; they do not count.
 */
export function coverageProblems(
  files: readonly FileCoverage[],
  untestable: readonly string[] = [],
): string[] {
  return Object.entries(FLOORS).flatMap(([folder, floor]) => {
    const inside = files.filter(({ file }) =>
      isIn(folder, file) && !untestable.some((other) => isIn(other, file))
    );
    const share = percent(inside);
    if (share >= floor) return [];
    return [
      `line coverage of ${folder} is ${share.toFixed(1)} %, below ${floor} %`,
    ];
  });
}

function row(name: string, files: readonly FileCoverage[]) {
  return [
    name,
    `${sum(files, "lines")}`,
    // Rounded down: what prints as 95.0 has reached it.
    (Math.floor(percent(files) * 10) / 10).toFixed(1),
  ] as const;
}

function percent(files: readonly FileCoverage[]): number {
  const lines = sum(files, "lines");
  return lines === 0 ? 100 : sum(files, "covered") / lines * 100;
}

function sum(files: readonly FileCoverage[], what: "lines" | "covered") {
  return files.reduce((total, file) => total + file[what], 0);
}

function isIn(folder: string, file: string): boolean {
  return file.startsWith(`${folder}/`);
}
