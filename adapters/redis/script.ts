/**
 * Lua scripts and how they are called.
 *
 * @module
 */
import { createHash } from "node:crypto";
import fence from "./scripts/fence.lua" with { type: "text" };

/** A script as servers know it. */
export interface Script {
  /** What people call it. */
  readonly name: string;
  /** The program. */
  readonly text: string;
  /** What the server calls it. */
  readonly sha: string;
}

/** One call of a script. */
export interface ScriptCall {
  /** The script. */
  readonly script: Script;
  /** Names of keys. */
  readonly keys: readonly string[];
  /** Everything else. */
  readonly args: readonly string[];
}

/** A command with its arguments. */
export type Command = readonly string[];

/** An answer of Redis. */
export type RedisReply = string | number | null | Error | RedisReply[];

/** Makes a script of its text. */
export function createScript(name: string, text: string): Script {
  return { name, text, sha: createHash("sha1").update(text).digest("hex") };
}

/**
 * Makes a script that runs on a master only, and answers `fenced` unless the
 * history is that in its first argument, or that is empty. Its first key is the
 * checkpoint; what stands there is in `mark`, `false` when nothing does.
 */
export function createFencedScript(name: string, text: string): Script {
  return createScript(name, `${fence}\n${text}`);
}

/** The command that calls a script. */
export function evalsha({ script, keys, args }: ScriptCall): Command {
  return ["EVALSHA", script.sha, String(keys.length), ...keys, ...args];
}

/**
 * Whether `text` can be a history; anything else could be found in another
 * place of what the server says.
 */
export function isHistory(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text);
}
