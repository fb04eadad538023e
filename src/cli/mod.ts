/**
 * The command line: its commands, and which of them is meant.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { VERSION } from "../version.ts";
import type { Command } from "./command.ts";
import {
  discardLetters,
  listLetters,
  redriveLetters,
  showLetter,
} from "./commands/dead_letters.ts";
import { exportEvents } from "./commands/export.ts";
import {
  createGroup,
  deleteGroup,
  listGroups,
  pauseGroup,
  resumeGroup,
  seekGroup,
  showGroup,
} from "./commands/groups.ts";
import { importEvents } from "./commands/import.ts";
import { publish } from "./commands/publish.ts";
import { replay } from "./commands/replay.ts";
import { tail } from "./commands/tail.ts";
import { CommandFailed, UsageError } from "./failures.ts";
import { COMMON, helpOf, helpOfAll, helpOfGroup } from "./help.ts";
import { createService } from "./http_client.ts";
import { harmless } from "./print.ts";
import { OutputClosed, type Terminal } from "./terminal.ts";

/** Every command; what they are, their help says. */
export const COMMANDS: readonly Command[] = [
  tail,
  replay,
  publish,
  exportEvents,
  importEvents,
  listGroups,
  showGroup,
  createGroup,
  pauseGroup,
  resumeGroup,
  seekGroup,
  deleteGroup,
  listLetters,
  showLetter,
  redriveLetters,
  discardLetters,
];

/** What a shell expects of a program that was interrupted. */
const INTERRUPTED = 130;

/**
 * Runs the command that `args` name.
 *
 * @returns The exit code: 0 when it was done, 1 when it could not be, 2 when it
 * was called wrongly, 130 when it was interrupted. Why is told in one sentence.
 */
export async function runCommandLine(
  args: readonly string[],
  terminal: Terminal,
): Promise<number> {
  try {
    return await dispatch(args, terminal);
  } catch (error) {
    if (error instanceof OutputClosed) return 0;
    if (error instanceof CommandFailed) {
      terminal.tell(error.message);
      return error.exitCode;
    }
    if (terminal.stop.aborted) return INTERRUPTED;
    throw error;
  }
}

async function dispatch(
  args: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const end = args.findIndex((arg) => arg.startsWith("-"));
  const said = end < 0 ? args : args.slice(0, end);
  const wantsHelp = args.includes("--help") || args.includes("-h");
  const words = said[0] === "help" ? said.slice(1) : said;
  const named = find(words);
  if (wantsHelp || said[0] === "help") {
    const text = named ? helpOf(named) : helpOfWords(words);
    await terminal.write(text);
    return 0;
  }
  if (args.includes("--version") && words.length === 0) {
    await terminal.write(`holdfast ${VERSION}\n`);
    return 0;
  }
  // A group of commands, alone, is its list.
  const command = named ?? find([...words, "list"]);
  if (!command) {
    const known = commandsBelow(words);
    throw known.length > 0
      ? new UsageError(`Cannot run ${words.join(" ")} alone: ${helpOn(words)}`)
      : unknown(words);
  }
  const taken = command.name.split(" ").filter((word, i) => words[i] === word);
  return await run(command, args.slice(taken.length), terminal);
}

async function run(
  command: Command,
  args: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const { positionals, values } = readOptions(command, args);
  const [least, most] = command.takes;
  if (positionals.length < least || positionals.length > most) {
    const what = positionals.length < least
      ? `something is missing`
      : `"${positionals[most]}" is too much`;
    throw new UsageError(
      `Cannot run ${command.name} as ${what}: ` +
        `${`holdfast ${command.name} ${command.usage}`.trim()}`,
    );
  }
  const { url, user, "api-key": apiKey, json, ...own } = values;
  const { environment, isOutputRead } = terminal;
  const address = {
    url: url ?? environment.url,
    user,
    apiKey: apiKey ?? environment.apiKey,
  };
  const isForPeople = json === undefined ? isOutputRead : !json;
  const service = createService(address, terminal);
  const call = {
    args: positionals,
    values: own,
    isForPeople,
    service,
    terminal,
  };
  return await command.run(call) ?? 0;
}

/** What was given, the options of every command by their types. */
function readOptions(command: Command, args: readonly string[]) {
  try {
    const { positionals, values } = parseArgs({
      args: [...args],
      options: optionsOf(command),
      allowPositionals: true,
      allowNegative: true,
    });
    return {
      positionals,
      values: values as {
        url?: string;
        user?: string;
        "api-key"?: string;
        json?: boolean;
      },
    };
  } catch (error) {
    // What follows the first sentence is about something else.
    const [reason] = (error as Error).message.split(". ");
    throw new UsageError(
      `Cannot run ${command.name} as ${reason}: see holdfast ${command.name} --help`,
      { cause: error },
    );
  }
}

function optionsOf({ options }: Command) {
  return Object.fromEntries(
    Object.entries({ ...COMMON, ...options }).map(([name, option]) => [
      name,
      { type: option.type, multiple: option.multiple ?? false },
    ]),
  );
}

/** The command that `words` begin with. */
function find(words: readonly string[]): Command | undefined {
  return COMMANDS.find(({ name }) =>
    name.split(" ").every((word, i) => words[i] === word)
  );
}

function commandsBelow(words: readonly string[]): readonly Command[] {
  const start = words.map((word) => `${word} `).join("");
  return COMMANDS.filter(({ name }) => name.startsWith(start));
}

function helpOfWords(words: readonly string[]): string {
  if (words.length === 0) return helpOfAll(COMMANDS);
  const below = commandsBelow(words);
  if (below.length === 0) throw unknown(words);
  return helpOfGroup(words.join(" "), below);
}

/** Says of the first word that means nothing what could stand there. */
function unknown(words: readonly string[]): UsageError {
  let count = 0;
  while (commandsBelow(words.slice(0, count + 1)).length > 0) count++;
  const known = words.slice(0, count);
  return new UsageError(
    harmless(
      `Cannot run "${
        words.slice(0, count + 1).join(" ")
      }" as there is no such command: ${helpOn(known)}`,
    ),
  );
}

/** What may follow `words`. */
function helpOn(words: readonly string[]): string {
  const next = commandsBelow(words)
    .map(({ name }) => name.split(" ")[words.length]!);
  const names = words.length === 0 ? ["serve", ...next, "paper-run"] : next;
  return `after ${["holdfast", ...words].join(" ")} comes one of ${
    [...new Set(names)].join(", ")
  }`;
}
