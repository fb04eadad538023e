/**
 * Everything that `holdfast doctor` looks at, at once.
 *
 * @module
 */
import { parseCheckpoint } from "../../domain/checkpoint.ts";
import type { DatabaseExamination } from "../../ports/database_upkeep.ts";
import type { FastLayerExamination } from "../../ports/fast_layer_upkeep.ts";
import type { Finding } from "../../ports/finding.ts";
import { hasCode } from "../../ports/port_error.ts";
import type { Diagnosis } from "../cli/machine.ts";
import type { Upkeep } from "../composition/upkeep.ts";
import { type Config, ConfigError } from "../config.ts";
import { tryAddress } from "../http/address.ts";
import { readCertificate } from "../tls_files.ts";
import { clockFinding } from "./clock.ts";
import { folderFindings } from "./folder.ts";
import { listenerFinding } from "./listener.ts";
import { sourceFindings } from "./sources.ts";

/** Nothing is waited for any longer; what looks has shorter deadlines itself. */
const LOOK_MS = 1400;

/**
 * Looks at everything that `config` names.
 *
 * @param isDeep Whether every page of a database file is read.
 */
export async function examine(
  config: Config,
  upkeep: Upkeep,
  isDeep: boolean,
): Promise<Diagnosis["findings"]> {
  const { clock, database, fastLayer } = upkeep;
  const over = new AbortController();
  const late = clock.sleep(LOOK_MS, over.signal).catch(() => {});

  /** What `look` finds, or that it took too long. */
  async function inTime(
    check: string,
    look: () => Promise<Finding[]>,
  ): Promise<Finding[]> {
    const found = look().catch((error): Finding[] => [{
      check,
      level: "fail",
      says: `it could not be looked at: ${(error as Error).message}`,
    }]);
    const nothing = late.then((): Finding[] => [{
      check,
      level: "fail",
      says: `it has not answered within ${LOOK_MS} ms`,
      mend: "see whether it hangs, and start it again",
    }]);
    return isDeep ? await found : await Promise.race([found, nothing]);
  }

  const isTls = config.tls.certPath !== undefined;
  const record = database?.examine(isDeep);
  const fast = fastLayer?.examine();
  const findings = await Promise.all([
    inTime("clock", async () => [await clockFinding(clock)]),
    config.store === "sqlite"
      ? inTime("data folder", () => folderFindings(config.dataDir))
      : [],
    inTime("port", async () => [
      await listenerFinding("PORT", config.host, config.port, isTls),
    ]),
    config.adminPort === undefined ? [] : inTime("admin port", async () => [
      await listenerFinding(
        "ADMIN_PORT",
        config.host,
        config.adminPort!,
        isTls,
      ),
    ]),
    inTime("tls", () => certificateFindings(config)),
    inTime("database", async () => [...(await record)?.findings ?? []]),
    inTime("redis", async () => [...(await fast)?.findings ?? []]),
    inTime(
      "redis",
      async () => [...followFinding(await record, await fast)],
    ),
    inTime("market data", () => sourceFindings(config, upkeep)),
  ]);
  over.abort();
  return findings.flat();
}

/** Whether the certificate of the listeners can be used. */
async function certificateFindings({ tls }: Config): Promise<Finding[]> {
  const check = "tls";
  try {
    const certificate = await readCertificate(tls);
    if (!certificate) return [];
    tryAddress({ hostname: "127.0.0.1", port: 0, certificate });
    return [{ check, level: "ok", says: "certificate and key do, together" }];
  } catch (error) {
    const isWrong = error instanceof ConfigError || hasCode(error, "invalid");
    if (!isWrong) throw error;
    const mend = "mend TLS_CERT_PATH and TLS_KEY_PATH";
    return [{ check, level: "fail", says: (error as Error).message, mend }];
  }
}

/** Whose log the Redis follows. */
export function followFinding(
  record: DatabaseExamination | undefined,
  fast: FastLayerExamination | undefined,
): readonly Finding[] {
  if (!fast?.isFit) return [];
  const check = "redis follows";
  const { mark } = fast;
  const at = mark === undefined ? undefined : parseCheckpoint(mark);
  if (at === undefined) {
    return [{ check, level: "ok", says: "no log yet; the first start begins" }];
  }
  if (at === "newer") {
    return [{
      check,
      level: "fail",
      says: "a log, as a later version of Holdfast has it",
      mend: "update Holdfast, or use another REDIS_DB",
    }];
  }
  const log = record?.log;
  if (isOurs(at.epoch, log)) {
    const behind = log!.position - at.position;
    const says = at.epoch !== log!.epoch
      ? "an earlier life of this database; the next start begins anew"
      : behind > 0
      ? `this database, ${behind} events behind`
      : "this database";
    return [{ check, level: "ok", says }];
  }
  const isSound = record?.findings.every(({ level }) => level !== "fail");
  if (!isSound) {
    return [{
      check,
      level: "warn",
      says: "a log, and it cannot be told whether it is this database's",
      mend: "mend the database first",
    }];
  }
  const first = log ? "" : "holdfast migrate up && ";
  return [{
    check,
    level: "fail",
    says: "another database",
    mend:
      `use another REDIS_DB, or take it over: ${first}holdfast doctor --take-over`,
  }];
}

function isOurs(
  epoch: string,
  log: DatabaseExamination["log"],
): boolean {
  return log !== undefined &&
    (log.epoch === epoch || log.formerEpochs.includes(epoch));
}
