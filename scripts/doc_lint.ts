/**
 * Checks that everything public in domain, ports and adapters is documented.
 *
 * @module
 */
import { dirname } from "node:path";
import { sourceFiles } from "./source_files.ts";

/**
 * The faults in what `deno doc --lint` printed, each with its place. That a
 * type is private is no fault of an adapter: it may be one of its library's.
 */
export function docFaults(output: string): string[] {
  const faults = /^error\[([\w-]+)\]: (.+)\n +--> (.+)$/gm;
  return [...output.matchAll(faults)]
    .filter(([, code, , place]) =>
      code !== "private-type-ref" || !place!.includes("/adapters/")
    )
    .map(([, , message, place]) => `${place}: ${message}`);
}

if (import.meta.main) {
  const root = dirname(import.meta.dirname!);
  const files = await sourceFiles(root, ["domain", "ports", "adapters"]);
  const command = new Deno.Command(Deno.execPath(), {
    args: ["doc", "--lint", ...files],
    cwd: root,
    env: { NO_COLOR: "1" },
  });
  const { success, stderr } = await command.output();
  const said = new TextDecoder().decode(stderr);
  const faults = docFaults(said);
  const understood = success || /^error\[/m.test(said);
  console.log(faults.join("\n") || (understood ? "Documented" : said));
  if (faults.length > 0 || !understood) Deno.exit(1);
}
