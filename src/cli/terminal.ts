/**
 * What a command has of the world: where it is typed, read and stopped.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";
import type { Entropy } from "../../ports/entropy.ts";
import type { Machine } from "./machine.ts";
import type { SettingsTree } from "./settings_tree.ts";

/** Whoever reads the output has gone, as `head` does: an end, not a failure. */
export class OutputClosed extends Error {
  /** Tells this error from others. */
  override readonly name = "OutputClosed";
}

/** The surroundings of the command line. */
export interface Terminal {
  /** Tells the time and waits. */
  readonly clock: Clock;
  /** Makes ids, and keeps those who come back together apart. */
  readonly entropy: Entropy;
  /** Asks the service. */
  fetch(url: URL, init: RequestInit): Promise<Response>;
  /** Aborts on Ctrl-C. */
  readonly stop: AbortSignal;
  /** What the environment says, where nothing else does. */
  readonly environment: {
    /** Where the service is. */
    readonly url?: string | undefined;
    /** The key of the caller; never printed. */
    readonly apiKey?: string | undefined;
  };
  /** Whether the input comes from somebody who types. */
  readonly isInputTyped: boolean;
  /** Whether the output goes to somebody who reads. */
  readonly isOutputRead: boolean;
  /** Whether that somebody wants colours. */
  readonly hasColours: boolean;

  /** The bytes of standard input. */
  readonly input: ReadableStream<Uint8Array>;

  /**
   * Opens the file at `path`.
   *
   * @throws An error with a message for people when it cannot be read.
   */
  open(path: string): Promise<ReadableStream<Uint8Array>>;

  /**
   * Writes to standard output; resolves when it is taken.
   *
   * @throws {OutputClosed} When nobody takes it any more.
   */
  write(text: string): Promise<void>;

  /** Writes a line to standard error. */
  tell(line: string): void;

  /**
   * Shows how far something is, in the place of what was shown before; nothing
   * where nobody sees it. An empty line takes it away.
   */
  show(line: string): void;

  /** The table of all settings, which is large: loaded only when it is asked for. */
  openSettingsTree(): Promise<SettingsTree>;

  /** What is done on this machine; loaded only when it is asked for. */
  openMachine(): Promise<Machine>;

  /** Asks a question that is answered yes or no; no when interrupted. */
  confirm(question: string): Promise<boolean>;
}
