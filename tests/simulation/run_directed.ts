/**
 * Runs the directed test of a canary on code with its rule switched off.
 *
 * @module
 */
import { parseSummary } from "../../scripts/run_tests.ts";
import { openPatchedSource } from "../support/patched_source.ts";
import type { UnreachableCanary } from "./canary.ts";
import { NEEDED } from "./run_canary.ts";

/** What directed tests need beyond the simulation. */
const NEEDED_HERE = [
  ...NEEDED,
  "tests/adapters",
  "tests/contracts",
  "tests/follower",
];

/** What is wrong with the canary, one sentence: its test has to fail. */
export async function runDirected(
  { name, edits, directed }: UnreachableCanary,
): Promise<string | undefined> {
  await using source = await openPatchedSource(NEEDED_HERE, edits);
  const { folder, fault } = source;
  if (fault) return `Cannot use the canary "${name}" as ${fault}`;
  const { file, test } = directed;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "--no-check", "--quiet", "--allow-read", "--no-prompt"]
      .concat("--filter", test, file),
    cwd: folder,
  }).output();
  const decoder = new TextDecoder();
  const summary = parseSummary(decoder.decode(stdout));
  if (!summary) throw new Error(decoder.decode(stderr));
  const { passed, failed } = summary;
  if (passed === 0 && failed === 1) return undefined;
  return `Cannot trust "${test}" as it does not see "${name}": ` +
    `${failed} of ${passed + failed} such tests of ${file} failed`;
}
