/**
 * Whether a Redis server can be relied on, and whose it is.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";
import { skewFinding } from "../../ports/clock_skew.ts";
import type { FastLayerExamination } from "../../ports/fast_layer_upkeep.ts";
import type { Finding } from "../../ports/finding.ts";
import { parseRedisAddress, type RedisLocation } from "./address.ts";
import { createDeadlines } from "./deadlines.ts";
import { connectionFaultOf, faultOf, serverName } from "./errors.ts";
import { CHECKPOINT } from "./keys.ts";
import { type Link, openLink } from "./link.ts";
import { inspectServer } from "./preflight.ts";
import { judgeServer } from "./server_findings.ts";

/** How long looking may take, all in all. */
const LOOK_MS = 1000;

/**
 * Looks at the server at `location`; leaves nothing behind, and throws nothing
 * that the server is to blame for.
 *
 * @throws {PortError} `invalid` when the location is malformed.
 */
export async function examineRedis(
  location: RedisLocation,
  clock: Clock,
): Promise<FastLayerExamination> {
  const address = parseRedisAddress(location);
  const name = serverName(address);
  const deadlines = createDeadlines(clock);
  const dueAt = clock.monotonic() + LOOK_MS;
  let link: Link | undefined;
  try {
    const limits = { connectMs: LOOK_MS, dueAt };
    link = await openLink(address, deadlines, limits);
    const { lost } = link;
    return { name, ...await look(link, address.db, clock, dueAt, lost) };
  } catch (error) {
    const { reason } = connectionFaultOf(error);
    const finding: Finding = {
      check: "redis",
      level: "fail",
      says: `Cannot use ${name} as ${reason}`,
      mend:
        "start Redis, or mend REDIS_URL; until then the service runs on the database",
    };
    const nothing = { mark: undefined, others: undefined, isFit: false };
    return { name, findings: [finding], ...nothing };
  } finally {
    link?.close();
    deadlines.stop();
  }
}

async function look(
  link: Link,
  db: number,
  clock: Clock,
  dueAt: number,
  lost: AbortSignal,
): Promise<Omit<FastLayerExamination, "name">> {
  const send = (...command: string[]) => link.send(command, dueAt);
  const info = String(await send("INFO"));
  const findings: Finding[] = [...judgeServer(info)];
  const isFit = await rehearse(link, dueAt, findings);
  lost.throwIfAborted();

  const askedAt = clock.now();
  const time = await send("TIME").catch(() => undefined);
  if (Array.isArray(time)) {
    const [seconds, micros] = time.map(Number);
    const serverAt = seconds! * 1000 + micros! / 1000;
    findings.push(skewFinding("redis", askedAt, serverAt, clock.now()));
  }
  const mark = await send("GET", CHECKPOINT).catch(() => null);
  const clients = await send("CLIENT", "LIST").catch(() => undefined);
  return {
    findings,
    isFit,
    mark: typeof mark === "string" ? mark : undefined,
    others: clients === undefined ? undefined : countIn(String(clients), db),
  };
}

/** Does on keys that hold nothing what the service does; tells what it may not. */
async function rehearse(
  link: Link,
  dueAt: number,
  findings: Finding[],
): Promise<boolean> {
  const check = "redis use";
  try {
    await inspectServer(link, dueAt, () => dueAt);
    const says = "the user may do all that the service does";
    findings.push({ check, level: "ok", says });
    return true;
  } catch (error) {
    const { reason } = faultOf(error) ?? connectionFaultOf(error);
    findings.push({
      check,
      level: "fail",
      says: `it cannot be used: ${reason}`,
      mend: mendOf(reason),
    });
    return false;
  }
}

function mendOf(reason: string): string {
  if (/permission/.test(reason)) {
    return "redis-cli ACL SETUSER NAME on '>PASSWORD' '~*' '&*' +@all -@dangerous +info +client";
  }
  if (/maxmemory-policy/.test(reason)) {
    return "redis-cli CONFIG SET maxmemory-policy noeviction";
  }
  if (/it is a replica/.test(reason)) return "name the master in REDIS_URL";
  return "mend it, or use another server";
}

/** Connections to database `db`, besides the one that asks. */
function countIn(clients: string, db: number): number {
  const lines = clients.split("\n")
    .filter((line) => new RegExp(`\\bdb=${db}\\b`).test(line));
  return Math.max(0, lines.length - 1);
}
