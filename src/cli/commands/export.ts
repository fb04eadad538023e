/**
 * `holdfast events export`: the log as a file.
 *
 * @module
 */
import { command } from "../command.ts";
import { CommandFailed } from "../failures.ts";
import { readLog } from "../log_reader.ts";
import { checkPatterns } from "../patterns.ts";
import { parseStretch, PLACES, STRETCH_OPTIONS } from "../places.ts";
import { counted } from "../print.ts";

/** Prints what the log holds for `events import`. */
export const exportEvents = command({
  name: "events export",
  summary: "Write events as JSON lines, for import",
  usage: "[PATTERN…] > FILE",
  takes: [0, 64],
  details: [
    "An event a line, whole and to the last digit of its numbers. The last line",
    "on standard error says up to where: export from there to go on later. What",
    "was asked for and is no longer held is told, and ends with 1.",
    "",
    ...PLACES,
  ],
  options: {
    ...STRETCH_OPTIONS,
  },
  async run({ args, values, service, terminal }) {
    checkPatterns(args);
    let isWhole = true;
    const stretch = {
      patterns: args,
      ...parseStretch(values, terminal.clock.now()),
      form: "envelope",
      onGap(sentence: string) {
        terminal.tell(sentence);
        isWhole = false;
      },
    };
    let count = 0;
    let upTo: number | undefined;
    let isWriting = false;
    try {
      for await (const { events, scannedTo } of readLog(service, stretch)) {
        isWriting = true;
        await terminal.write(events.map((text) => `${text}\n`).join(""));
        isWriting = false;
        count += events.length;
        upTo = scannedTo;
      }
    } catch (error) {
      const hasBegun = upTo !== undefined || isWriting;
      if (!hasBegun || !(error instanceof CommandFailed)) throw error;
      throw new CommandFailed(
        `${error.message} (${describe(count, upTo, isWriting)})`,
        { cause: error },
      );
    }
    terminal.tell(
      `Exported ${counted(count, "event")}` +
        (upTo === undefined ? "" : ` up to position ${upTo}`),
    );
    return isWhole ? 0 : 1;
  },
});

/** How far an export came that failed, and how to go on. */
function describe(
  count: number,
  upTo: number | undefined,
  isWriting: boolean,
): string {
  if (upTo === undefined) return "no event is written for sure: export again";
  const cut = isWriting ? ` after removing what follows it` : "";
  return `${counted(count, "event")} up to position ${upTo} are written: ` +
    `go on with --from ${upTo + 1}${cut}`;
}
