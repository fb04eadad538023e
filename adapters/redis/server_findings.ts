/**
 * What a Redis server says of itself, judged.
 *
 * @module
 */
import type { Finding } from "../../ports/finding.ts";

/** Of the memory that it may use, from here on it is nearly full. */
const FULL_SHARE = 0.8;

/** Judges version, policy, memory and persistence by what `INFO` says. */
export function judgeServer(info: string): Finding[] {
  const fact = (name: string) =>
    new RegExp(`^${name}:(.*?)\\s*$`, "m").exec(info)?.[1];
  const version = fact("valkey_version")
    ? `Valkey ${fact("valkey_version")}`
    : `Redis ${fact("redis_version") ?? "of an unknown version"}`;
  return [
    { check: "redis", level: "ok", says: `${version} answers` },
    policyFinding(fact("maxmemory_policy")),
    memoryFinding(Number(fact("maxmemory")), Number(fact("used_memory"))),
    persistenceFinding({
      appends: fact("aof_enabled") === "1",
      appendsFail: fact("aof_last_write_status") === "err",
      saveFails: fact("rdb_last_bgsave_status") === "err",
    }),
  ];
}

function policyFinding(policy = "unknown"): Finding {
  const check = "redis policy";
  if (policy === "noeviction") {
    return { check, level: "ok", says: "nothing is evicted" };
  }
  const isLosing = policy.startsWith("allkeys-");
  return {
    check,
    level: isLosing ? "fail" : "warn",
    says: isLosing
      ? `maxmemory-policy is ${policy}, which loses keys that are in use`
      : `maxmemory-policy is ${policy}, which drops vectors before they expire`,
    mend: "redis-cli CONFIG SET maxmemory-policy noeviction",
  };
}

function memoryFinding(limit: number, used: number): Finding {
  const check = "redis memory";
  const mib = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;
  if (!(limit > 0)) {
    return {
      check,
      level: "warn",
      says: `${mib(used)} are used and there is no limit`,
      mend: "redis-cli CONFIG SET maxmemory 512mb",
    };
  }
  const isFull = used > limit * FULL_SHARE;
  return {
    check,
    level: isFull ? "warn" : "ok",
    says: `${mib(used)} of ${mib(limit)} are used`,
    ...isFull && { mend: `redis-cli CONFIG SET maxmemory ${2 * limit}` },
  };
}

function persistenceFinding(
  { appends, appendsFail, saveFails }: {
    readonly appends: boolean;
    readonly appendsFail: boolean;
    readonly saveFails: boolean;
  },
): Finding {
  const check = "redis persistence";
  if (appendsFail || saveFails) {
    return {
      check,
      level: "fail",
      says: `its last ${
        appendsFail ? "append" : "save"
      } to the disk has failed`,
      mend: "look into its log and at its disk: df -h",
    };
  }
  if (appends) return { check, level: "ok", says: "it appends to its file" };
  return {
    check,
    level: "warn",
    says:
      "it does not append to a file: after its restart all is read from the database anew",
    mend: "redis-cli CONFIG SET appendonly yes",
  };
}
