/**
 * `holdfast bench`: where the measurements are.
 *
 * @module
 */
import { command } from "../command.ts";
import { CommandFailed } from "../failures.ts";

/** Says how to measure. */
export const bench = command({
  name: "bench",
  summary: "Say how the figures of the README are measured",
  usage: "",
  takes: [0, 0],
  isLocal: true,
  options: {},
  async run() {
    throw new CommandFailed(
      "Cannot measure from here as that needs the sources and servers of its own: in a checkout of Holdfast run deno task bench",
    );
  },
});
