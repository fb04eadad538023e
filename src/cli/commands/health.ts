/**
 * `holdfast health`: whether the service serves, for whoever watches over it.
 *
 * @module
 */
import { command } from "../command.ts";
import { CommandFailed } from "../failures.ts";
import { harmless } from "../print.ts";

/** Asks it. */
export const health = command({
  name: "health",
  summary: "Ask whether the service serves; ends with 1 when it does not",
  usage: "",
  takes: [0, 0],
  details: ["What a container or a supervisor runs every few seconds."],
  options: {},
  async run({ service, terminal, isForPeople }) {
    const { status, text } = await service.ask("GET", "/health", {
      accepts: [503],
    });
    await terminal.write(`${isForPeople ? lineOf(text) : text}\n`);
    return status === 200 ? 0 : 1;
  },
});

function lineOf(text: string): string {
  try {
    const { status, reasons, mode } = JSON.parse(text) as {
      readonly status: string;
      readonly reasons: readonly string[];
      readonly mode: string;
    };
    const why = reasons.length === 0 ? "" : `: ${reasons.join("; ")}`;
    return harmless(`${status}, mode ${mode}${why}`);
  } catch (cause) {
    throw new CommandFailed(
      "Cannot use the answer as it tells of no health: is --url right?",
      { cause },
    );
  }
}
