/**
 * The Dockerfile, as far as tests read it.
 *
 * @module
 */
import text from "../../deploy/Dockerfile" with { type: "text" };

/** An instruction, on one line. */
export interface Instruction {
  readonly name: string;
  readonly rest: string;
}

/** The instructions of the Dockerfile, stage by stage. */
export const STAGES: readonly (readonly Instruction[])[] = readStages();

/** The stage that is shipped. */
export const SHIPPED: readonly Instruction[] = STAGES.at(-1)!;

function readStages(): Instruction[][] {
  const lines = text.replace(/^\s*#.*\n/gm, "").replace(/ *\\\n */g, " ")
    .split("\n").filter(Boolean);
  const stages: Instruction[][] = [];
  for (const line of lines) {
    const [, name, rest] = /^([A-Z]+) (.*)$/.exec(line)!;
    if (name === "FROM") stages.push([]);
    stages.at(-1)!.push({ name: name!, rest: rest! });
  }
  return stages;
}

/** What follows `name` in the stage that is shipped, each time it stands there. */
export function shipped(name: string): string[] {
  return SHIPPED.filter((one) => one.name === name).map(({ rest }) => rest);
}

/** The words of an instruction that holds a command, such as `ENTRYPOINT`. */
export function commandOf(name: "ENTRYPOINT" | "HEALTHCHECK"): string[] {
  const [rest = ""] = shipped(name);
  return JSON.parse(rest.slice(rest.indexOf("[")));
}

/** The variables that a command may read. */
export function variablesOf(command: readonly string[]): string[] {
  const list = command.find((word) => word.startsWith("--allow-env="))!;
  return list.slice("--allow-env=".length).split(",").sort();
}
