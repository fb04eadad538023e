/**
 * The paper run as a program: reads flags and files, runs, and reports.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";
import { InvalidInput } from "../domain/invalid_input.ts";
import { PortError } from "../ports/port_error.ts";
import { writeHtmlReport } from "./apps/paper_run/html_report.ts";
import { writeJsonReport } from "./apps/paper_run/json_report.ts";
import { isWhole, type PaperOutcome } from "./apps/paper_run/outcome.ts";
import { printSummary } from "./apps/paper_run/summary.ts";
import { ConfigError } from "./config.ts";
import { runPaperDesk } from "./paper_desk.ts";
import {
  helpOfPaperRun,
  type PaperRunRequest,
  readPaperFlags,
} from "./paper_flags.ts";

/** What a shell expects of a program that was interrupted. */
const INTERRUPTED = 130;

/** Done, but not all of it as asked. */
const PARTIAL = 3;

/** Where the program says what people are to know. */
export interface PaperSpeaker {
  /** Says a text to whoever started it. */
  say(text: string): void;
  /** Says a line about what went wrong. */
  complain(line: string): void;
  /** Shows a line in place of the one before; absent where nobody looks. */
  show?: ((line: string) => void) | undefined;
}

/** A report that cannot be written. */
class NotWritten extends Error {}

/**
 * Runs as `args` say, until done or `stop` aborts.
 *
 * @returns The exit code, as `--help` tells them; why it is not 0 has been said.
 */
export async function runPaperProgram(
  args: readonly string[],
  stop: AbortSignal,
  speaker: PaperSpeaker,
): Promise<number> {
  try {
    const request = readPaperFlags(args);
    if (!request) {
      speaker.say(helpOfPaperRun());
      return 0;
    }
    const outcome = await runShowing(request, stop, speaker);
    await write(request.jsonPath, () => writeJsonReport(outcome));
    await write(request.htmlPath, () => writeHtmlReport(outcome));
    if (!request.isQuiet) speaker.say(printSummary(outcome));
    return isWhole(outcome) ? 0 : PARTIAL;
  } catch (error) {
    if (stop.aborted) return INTERRUPTED;
    const isUsage = error instanceof ConfigError ||
      error instanceof InvalidInput;
    const isForeseen = isUsage || error instanceof PortError ||
      error instanceof NotWritten;
    if (!isForeseen) throw error;
    // A sentence for whoever started it; a stack would only hide it.
    speaker.complain(error.message);
    return isUsage ? 2 : 1;
  }
}

/** Runs, and shows how far it is. */
async function runShowing(
  request: PaperRunRequest,
  stop: AbortSignal,
  speaker: PaperSpeaker,
): Promise<PaperOutcome> {
  const show = request.isQuiet ? undefined : speaker.show;
  let shown = "";
  try {
    const onDay = async (done: number, total: number) => {
      const line = progressLine(done, total);
      if (line !== shown) show?.(shown = line);
      // Lets Ctrl-C through.
      await setImmediate();
    };
    return await runPaperDesk(request, { onDay }, stop);
  } finally {
    if (shown !== "") show?.("");
  }
}

function progressLine(done: number, total: number): string {
  const percent = Math.floor(done * 100 / total);
  const bar = "█".repeat(Math.floor(percent / 4)).padEnd(25, "░");
  return `${bar} ${String(percent).padStart(3)} % of ${total} days`;
}

async function write(
  path: string | undefined,
  textOf: () => string,
): Promise<void> {
  if (path === undefined) return;
  try {
    await Deno.writeTextFile(path, textOf());
  } catch (error) {
    throw new NotWritten(
      `Cannot write ${path} as ${
        (error as Error).message
      }: choose another file, in a folder that is there`,
      { cause: error },
    );
  }
}
