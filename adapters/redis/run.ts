/**
 * Running scripts, which a server may have forgotten.
 *
 * @module
 */
import { codeOf } from "./errors.ts";
import type { Link } from "./link.ts";
import {
  type Command,
  evalsha,
  type RedisReply,
  type ScriptCall,
} from "./script.ts";

/**
 * Calls a script; makes it known first if the server does not know it.
 *
 * @throws As `Link.send` does.
 */
export function runScript(
  link: Link,
  call: ScriptCall,
  dueAt: number,
): Promise<RedisReply> {
  const command = evalsha(call);
  return loading([call], link, dueAt, () => link.send(command, dueAt));
}

/**
 * Runs commands and scripts as one transaction.
 *
 * @returns Their answers; an error among them is thrown.
 * @throws As `Link.transact` does.
 */
export function runTransaction(
  link: Link,
  steps: readonly (Command | ScriptCall)[],
  dueAt: number,
): Promise<readonly RedisReply[]> {
  const calls = steps.filter((step) => "script" in step);
  const commands = steps.map((s) => "script" in s ? evalsha(s) : s);
  return loading(calls, link, dueAt, async () => {
    const replies = await link.transact(commands, dueAt);
    const error = replies.find((reply) => reply instanceof Error);
    if (error) throw error;
    return replies;
  });
}

async function loading<T>(
  calls: readonly ScriptCall[],
  link: Link,
  dueAt: number,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (codeOf(error) !== "NOSCRIPT") throw error;
    const loads = calls.map(({ script }) =>
      link.send(["SCRIPT", "LOAD", script.text], dueAt)
    );
    const [result] = await Promise.all([work(), ...loads]);
    return result;
  }
}
