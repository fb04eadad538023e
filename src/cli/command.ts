/**
 * What a command is.
 *
 * @module
 */
import { CommandFailed, UsageError } from "./failures.ts";
import type { Service } from "./http_client.ts";
import type { Machine } from "./machine.ts";
import type { Terminal } from "./terminal.ts";

/** An option such as `--from FROM`. */
export interface Option {
  /** `boolean` is given without a value. */
  readonly type: "string" | "boolean";
  /** Whether it may be given several times. */
  readonly multiple?: true;
  /** What stands for its value in the help. */
  readonly value?: string;
  /** One line of the help. */
  readonly help: string;
}

/** The options of a command, by their names without `--`. */
export type Options = Readonly<Record<string, Option>>;

/** What was given for `O`. */
export type Values<O extends Options> = {
  readonly [Name in keyof O]?: O[Name] extends { type: "boolean" } ? boolean
    : O[Name] extends { multiple: true } ? readonly string[]
    : string;
};

/** A command as it was called. */
export interface Call<O extends Options = Options> {
  /** What was given without a name. */
  readonly args: readonly string[];
  /** The options. */
  readonly values: Values<O>;
  /** Whether the output is lines for people, and not a JSON text a line. */
  readonly isForPeople: boolean;
  /** The service that is meant; of a local command nobody is asked. */
  readonly service: Service;
  /** The flags of the configuration, as they were given to a local command. */
  readonly flags: readonly string[];
  /** The surroundings. */
  readonly terminal: Terminal;
}

/** One command. */
export interface Command<O extends Options = Options> {
  /** The words that call it, such as `events groups list`. */
  readonly name: string;
  /** What it does, in a few words. */
  readonly summary: string;
  /** Its arguments as the help shows them. */
  readonly usage: string;
  /** How few and how many arguments it takes. */
  readonly takes: readonly [least: number, most: number];
  /** More for its own help, a line each. */
  readonly details?: readonly string[];
  /**
   * Whether it is done on this machine, by this configuration: it asks no
   * service, and takes the flags of `serve`.
   */
  readonly isLocal?: true;
  /** Its options, besides those of every command. */
  readonly options: O;
  /**
   * Does it.
   *
   * @returns The exit code; 0 when absent.
   * @throws {CommandFailed} With a sentence for people.
   */
  run(call: Call<O>): Promise<number | void>;
}

/** What local commands work on; loaded only now. */
export async function machineOf(
  { terminal }: { readonly terminal: Terminal },
): Promise<Machine> {
  return await terminal.openMachine();
}

/** Types a command by its options, then forgets them. */
export function command<const O extends Options>(given: Command<O>): Command {
  return given as unknown as Command;
}

/**
 * Reads the whole number that was given for `--name`.
 *
 * @throws {UsageError} When it is none from `from` to `to`.
 */
export function numberOption(
  name: string,
  text: string | undefined,
  [from, to]: readonly [from: number, to: number],
): number | undefined {
  if (text === undefined) return undefined;
  const number = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (number >= from && number <= to) return number;
  throw new UsageError(
    `Cannot use ${name} ${text} as it must be a whole number from ${from} to ${to}`,
  );
}

/**
 * Reads the word that was given for `--name`.
 *
 * @throws {UsageError} When it is none of `words`.
 */
export function wordOption<const Word extends string>(
  name: string,
  text: string | undefined,
  words: readonly Word[],
): Word | undefined {
  const found = words.find((word) => word === text);
  if (text === undefined || found !== undefined) return found;
  throw new UsageError(
    `Cannot use ${name} ${text} as it must be one of ${words.join(", ")}`,
  );
}

/**
 * Lets pass what cannot be undone when `--yes` was given or somebody says so.
 *
 * @throws {UsageError} When nobody can be asked.
 * @throws {CommandFailed} When the answer is no.
 */
export async function confirmed(
  { values, terminal }: Call<{ yes: { type: "boolean"; help: string } }>,
  what: string,
): Promise<void> {
  if (values.yes) return;
  if (!terminal.isInputTyped || !terminal.isOutputRead) {
    throw new UsageError(
      `Cannot ${what} without being sure: say so with --yes`,
    );
  }
  if (await terminal.confirm(`Really ${what}?`)) return;
  terminal.stop.throwIfAborted();
  throw new CommandFailed("Nothing was done");
}

/** The option that `confirmed` reads. */
export const YES = {
  type: "boolean",
  help: "Do not ask whether this is meant",
} as const;
