/**
 * Whether a server can be used, found out before it is.
 *
 * @module
 */
import { Unfit } from "./errors.ts";
import type { Link } from "./link.ts";
import { createScript, evalsha } from "./script.ts";
import preflight from "./scripts/preflight.lua" with { type: "text" };

/** Keys that hold nothing, one of each kind that is used. */
const KEYS = [
  "hf:scratch",
  "hf:scratch:preflight",
  "user:hf:scratch",
  "admin:defaults:scratch",
  "features:hf:scratch",
];

const REHEARSAL = createScript("preflight", preflight);

/** The oldest version that has everything. */
const OLDEST = [6, 2] as const;

/**
 * Looks at the server and rehearses what is going to be asked of it.
 *
 * @param dueAt When to give up looking, on the monotonic clock.
 * @param rehearsalDueAt When to give up a rehearsal that begins now: a server
 * that is slower than a call may be would be given up again at once.
 * @throws {Unfit} When it cannot be used.
 * @throws What `Link.send` throws.
 */
export async function inspectServer(
  link: Link,
  dueAt: number,
  rehearsalDueAt: () => number,
): Promise<void> {
  const info = (section: string) => link.send(["INFO", section], dueAt);
  const said = await Promise.all(["server", "replication", "memory"].map(info));
  judge(said.join("\n"));
  const load = ["SCRIPT", "LOAD", REHEARSAL.text];
  await link.send(load, dueAt);
  const call = { script: REHEARSAL, keys: KEYS, args: [] };
  await link.send(evalsha(call), rehearsalDueAt());
}

/** Throws unless `info` is that of a server that can be used. */
export function judge(info: string): void {
  const fact = (name: string) =>
    new RegExp(`^${name}:(.*?)\\s*$`, "m").exec(info)?.[1];
  // Valkey calls it by another name.
  const mode = fact("redis_mode") ?? fact("server_mode") ?? "standalone";
  if (mode !== "standalone") {
    throw new Unfit(
      "setup",
      `it runs in ${mode} mode; name a server that stands alone`,
    );
  }
  const version = fact("redis_version") ?? "unknown";
  if (fact("valkey_version") === undefined && isTooOld(version)) {
    throw new Unfit(
      "setup",
      `its version is ${version}; the oldest that does is ${OLDEST.join(".")}`,
    );
  }
  if (fact("role") !== "master") {
    throw new Unfit("state", "it is a replica; name the master, or promote it");
  }
  const loss = evictionFault(info);
  if (loss !== undefined) throw new Unfit("setup", loss);
}

/** What is wrong with the way in which a server makes room, by its `info`. */
export function evictionFault(info: string): string | undefined {
  const policy = /^maxmemory_policy:(allkeys-\w+)/m.exec(info)?.[1];
  return policy &&
    `its maxmemory-policy is ${policy}, which loses keys that are in use; set it to noeviction`;
}

function isTooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return !(major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]));
}
