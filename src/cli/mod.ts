/**
 * The command line: its commands, and which of them is meant.
 *
 * @module
 */
import { VERSION } from "../version.ts";
import type { Command } from "./command.ts";
import {
  listAdapters,
  pinAdapter,
  releaseAdapter,
} from "./commands/adapters.ts";
import { backup, restore } from "./commands/backup.ts";
import { bench } from "./commands/bench.ts";
import { completionsOf } from "./commands/completions.ts";
import {
  discardLetters,
  listLetters,
  redriveLetters,
  showLetter,
} from "./commands/dead_letters.ts";
import { doctor } from "./commands/doctor.ts";
import { exportEvents } from "./commands/export.ts";
import {
  featureStats,
  invalidateFeatures,
  warmFeatures,
} from "./commands/features.ts";
import {
  createGroup,
  deleteGroup,
  listGroups,
  pauseGroup,
  resumeGroup,
  seekGroup,
  showGroup,
} from "./commands/groups.ts";
import { health } from "./commands/health.ts";
import { importEvents } from "./commands/import.ts";
import { migrateStatus, migrateUp } from "./commands/migrate.ts";
import { createKey, listKeys, revokeKey, rotateKey } from "./commands/keys.ts";
import { publish } from "./commands/publish.ts";
import { replay } from "./commands/replay.ts";
import { sequence } from "./commands/sequence.ts";
import {
  diffSettings,
  getSettings,
  historyOfSettings,
  resetSettings,
  setSetting,
} from "./commands/settings.ts";
import { status } from "./commands/status.ts";
import { tail } from "./commands/tail.ts";
import { CommandFailed, UsageError } from "./failures.ts";
import { helpOf, helpOfAll, helpOfGroup, PROGRAMS } from "./help.ts";
import { createService } from "./http_client.ts";
import { didYouMean } from "./nearest.ts";
import { checkFlags, readOptions } from "./options.ts";
import { harmless, quoted } from "./print.ts";
import { OutputClosed, type Terminal } from "./terminal.ts";

/** Every command; what they are, their help says. */
export const COMMANDS: readonly Command[] = [
  status,
  health,
  doctor,
  migrateUp,
  migrateStatus,
  backup,
  restore,
  getSettings,
  setSetting,
  diffSettings,
  resetSettings,
  historyOfSettings,
  warmFeatures,
  invalidateFeatures,
  featureStats,
  sequence,
  listAdapters,
  pinAdapter,
  releaseAdapter,
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
  listKeys,
  createKey,
  rotateKey,
  revokeKey,
  completionsOf(() => COMMANDS),
  bench,
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
  const { positionals, values, flags } = readOptions(command, args);
  if (flags.length > 0) {
    checkFlags(command, flags, await terminal.openMachine());
  }
  const [least, most] = command.takes;
  if (positionals.length < least || positionals.length > most) {
    const what = positionals.length < least
      ? `something is missing`
      : `${quoted(positionals[most]!)} is too much`;
    throw new UsageError(
      `Cannot run ${command.name} as ${what}: ` +
        `${`holdfast ${command.name} ${command.usage}`.trim()}`,
    );
  }
  const { url, user, "api-key": apiKey, json, ...own } = values;
  const { environment, isOutputRead } = terminal;
  const address = command.isLocal ? {} : {
    url: url ?? environment.url,
    user,
    apiKey: apiKey ?? environment.apiKey,
  };
  const isForPeople = json === undefined ? isOutputRead : !json;
  const service = createService(address, terminal);
  const call = {
    args: positionals,
    values: own,
    flags,
    isForPeople,
    service,
    terminal,
  };
  return await command.run(call) ?? 0;
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
  const meant = didYouMean(words[count] ?? "", nextAfter(known));
  return new UsageError(
    harmless(
      `Cannot run ${
        quoted(words.slice(0, count + 1).join(" "))
      } as there is no such command: ${helpOn(known)}${meant}`,
    ),
  );
}

/** What may follow `words`, said. */
function helpOn(words: readonly string[]): string {
  return `after ${["holdfast", ...words].join(" ")} comes one of ${
    nextAfter(words).join(", ")
  }`;
}

/** What may follow `words`. */
function nextAfter(words: readonly string[]): readonly string[] {
  const next = commandsBelow(words)
    .map(({ name }) => name.split(" ")[words.length]!);
  const programs = words.length === 0 ? PROGRAMS.map(({ name }) => name) : [];
  return [...new Set([...programs, ...next])];
}
