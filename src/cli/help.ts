/**
 * What commands say about themselves.
 *
 * @module
 */
import type { Command, Options } from "./command.ts";

/** What has a command line of its own. */
export const PROGRAMS: readonly Pick<Command, "name" | "summary">[] = [
  {
    name: "serve",
    summary: "Serve until told to stop; what is done without a command",
  },
  {
    name: "paper-run",
    summary: "Trade the strategy over past bars, on paper; needs no service",
  },
];

/** The options that every command has. */
export const COMMON: Options = {
  url: {
    type: "string",
    value: "URL",
    help: "The service; HOLDFAST_URL, or the one of HOST and PORT, when absent",
  },
  user: {
    type: "string",
    value: "ID",
    help: "Ask as this user; as the operator when absent",
  },
  "api-key": {
    type: "string",
    value: "KEY",
    help: "Key of the caller; better in HOLDFAST_KEY, where nobody sees it",
  },
  json: {
    type: "boolean",
    help: "JSON lines, as when no terminal reads; --no-json: lines for people",
  },
  help: { type: "boolean", help: "Show this" },
};

/** The options that every local command has. */
export const COMMON_LOCAL: Options = {
  json: COMMON.json!,
  help: COMMON.help!,
};

/** The help of one command. */
export function helpOf(
  { name, usage, summary, details = [], options, isLocal }: Command,
) {
  return [
    `Usage: holdfast ${`${name} ${usage}`.trim()} [OPTION…]`,
    "",
    `${summary}.`,
    ...details.length > 0 ? ["", ...details] : [],
    ...Object.keys(options).length > 0
      ? ["", "Options:", ...lines(options)]
      : [],
    "",
    "Of every command:",
    ...lines(isLocal ? COMMON_LOCAL : COMMON),
    ...isLocal
      ? [
        "",
        "And the flags of holdfast serve, such as --data-dir: see its --help.",
      ]
      : [],
    "",
  ].join("\n");
}

/** The list of the commands that begin with `words`. */
export function helpOfGroup(
  words: string,
  commands: readonly Command[],
): string {
  return [
    `Usage: holdfast ${words} COMMAND`,
    "",
    "Commands:",
    ...columns(commands.map(({ name, summary }) => [
      name.slice(words.length + 1),
      summary,
    ])),
    "",
    `Each tells more with --help: holdfast ${commands[0]!.name} --help`,
    "",
  ].join("\n");
}

/** The help of the program. */
export function helpOfAll(commands: readonly Command[]): string {
  return [
    "Holdfast, the state layer of a trading platform.",
    "",
    "Usage: holdfast [serve] [FLAG…]     serve, with --port 9090 and the like",
    "       holdfast COMMAND [OPTION…]   ask a running service, or look after this machine",
    "",
    "Commands:",
    ...columns([
      ...[...PROGRAMS, ...commands]
        .map(({ name, summary }) => [name, summary] as const),
    ]),
    "",
    "Each tells more with --help. --version prints the version.",
    "",
  ].join("\n");
}

function lines(options: Options): string[] {
  return columns(
    Object.entries(options).map(([name, { value, help }]) => [
      `--${name}${value === undefined ? "" : ` ${value}`}`,
      help,
    ]),
  );
}

function columns(rows: readonly (readonly [left: string, right: string])[]) {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
