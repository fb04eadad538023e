/**
 * What was given to a command: arguments, options, flags of the configuration.
 *
 * @module
 */
import { parseArgs } from "node:util";
import type { Command, Options } from "./command.ts";
import { UsageError } from "./failures.ts";
import { COMMON, COMMON_LOCAL } from "./help.ts";
import type { Machine } from "./machine.ts";
import { didYouMean } from "./nearest.ts";
import { harmless } from "./print.ts";

/** What was given. */
export interface Given {
  readonly positionals: readonly string[];
  /** The options, those of every command by their types. */
  readonly values: {
    readonly url?: string;
    readonly user?: string;
    readonly "api-key"?: string;
    readonly json?: boolean;
  };
  /** What a local command hands on to the configuration. */
  readonly flags: readonly string[];
}

/** The options of `command`, with those of every one. */
export function allOptionsOf({ isLocal, options }: Command): Options {
  return { ...(isLocal ? COMMON_LOCAL : COMMON), ...options };
}

/**
 * Reads `args`, which `command` was called with.
 *
 * @throws {UsageError} When there is something that it does not know.
 */
export function readOptions(
  command: Command,
  args: readonly string[],
): Given {
  const options = allOptionsOf(command);
  const { own, flags } = command.isLocal
    ? parted(args, options)
    : { own: args, flags: [] };
  try {
    const { positionals, values } = parseArgs({
      args: own.map((arg) => NEGATIVE.test(arg) ? `${TAKEN}${arg}` : arg),
      options: Object.fromEntries(
        Object.entries(options).map(([name, option]) => [
          name,
          { type: option.type, multiple: option.multiple ?? false },
        ]),
      ),
      allowPositionals: true,
      allowNegative: true,
    });
    return {
      positionals: asGiven(positionals) as string[],
      values: Object.fromEntries(
        Object.entries(values).map(([name, value]) => [name, asGiven(value)]),
      ),
      flags,
    };
  } catch (error) {
    // What follows the first sentence is about something else.
    const [reason] = (error as Error).message.split(". ");
    const unknown = /^Unknown option '(--?[^']*)'/.exec(reason!)?.[1];
    const names = Object.keys(options).map((name) => `--${name}`);
    const meant = unknown === undefined ? "" : didYouMean(unknown, names);
    throw new UsageError(
      `Cannot run ${command.name} as ${reason}: see holdfast ${command.name} --help${meant}`,
      { cause: error },
    );
  }
}

/**
 * Lets pass flags that the configuration knows.
 *
 * @throws {UsageError} When there is another, saying what may be meant.
 */
export function checkFlags(
  command: Command,
  flags: readonly string[],
  { flags: known }: Pick<Machine, "flags">,
): void {
  for (let i = 0; i < flags.length; i++) {
    const flag = flags[i]!;
    const [name] = flag.split("=");
    if (!flag.includes("=")) i++;
    if (known.includes(name!)) continue;
    const own = Object.keys(allOptionsOf(command)).map((own) => `--${own}`);
    throw new UsageError(
      harmless(
        `Cannot run ${command.name} as Unknown option '${name}': see holdfast ${command.name} --help${
          didYouMean(name!, [...own, ...known])
        }`,
      ),
    );
  }
}

/** No option begins so: it is a value, such as that of a setting. */
const NEGATIVE = /^-\.?\d/;

/** Marks what would be taken for an option. */
const TAKEN = "\0";

/** `value` as it was typed; of a list each. */
function asGiven(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asGiven);
  return typeof value === "string" ? value.replace(TAKEN, "") : value;
}

/** What is the command's own, and what the configuration is to make of the rest. */
function parted(
  args: readonly string[],
  options: Options,
): { readonly own: readonly string[]; readonly flags: readonly string[] } {
  const own: string[] = [];
  const flags: string[] = [];
  const isOwn = (name: string) =>
    name in options || name.replace(/^no-/, "") in options;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    const [, name, value] = /^--([^=]+)(=.*)?$/s.exec(arg) ?? [];
    if (name === undefined) {
      own.push(arg);
    } else if (!isOwn(name)) {
      flags.push(arg);
      // Every flag of the configuration has a value.
      if (value === undefined && i + 1 < args.length) flags.push(args[++i]!);
    } else {
      own.push(arg);
      const takesNext = value === undefined && options[name]?.type === "string";
      if (takesNext && i + 1 < args.length) own.push(args[++i]!);
    }
  }
  return { own, flags };
}
