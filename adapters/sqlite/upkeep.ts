/**
 * The upkeep of a SQLite file.
 *
 * @module
 */
import type {
  DatabaseExamination,
  DatabaseUpkeep,
  SchemaStatus,
} from "../../ports/database_upkeep.ts";
import { judgeSchema, schemaFinding } from "../../ports/database_upkeep.ts";
import type { Finding } from "../../ports/finding.ts";
import { PortError } from "../../ports/port_error.ts";
import { countKeys, dropKeys } from "./api_key_store.ts";
import type { Waiting } from "./busy.ts";
import { openSqliteDatabase } from "./database.ts";
import { isBusy, isFileThere, toOpenError } from "./errors.ts";
import { checkLogHead } from "./log.ts";
import { knownMigrations } from "./migrate.ts";
import { openReadOnly, type ReadOnlySql } from "./read_only.ts";
import { openSqliteRecordStore } from "./record_store.ts";
import { readLogIdentity, readSchema } from "./schema.ts";

/** Up to this size every page of a file is read in well under a second. */
const QUICK_BYTES = 64 * 2 ** 20;

/** Looks after the file at `path`; opens nothing yet. */
export function createSqliteUpkeep(
  options: Waiting & { readonly path: string },
): DatabaseUpkeep {
  const { path } = options;
  const name = `database ${path}`;

  return {
    name,

    async examine(isDeep) {
      if (!isFileThere(path)) {
        const says = `${path} is not there yet; the first start makes it`;
        const found = { check: "database", level: "ok", says } as const;
        return { findings: [found], log: undefined };
      }
      try {
        using sql = look(path);
        return judge(sql, path, isDeep);
      } catch (error) {
        const known = toOpenError(error, path);
        if (!(known instanceof PortError)) throw error;
        return {
          findings: [{
            check: "database",
            level: "fail",
            says: known.message,
            mend: known.code === "corrupt"
              ? "holdfast restore FILE, from the last backup"
              : known.code === "full"
              ? "make room on its disk"
              : isBusy(error)
              ? `see who has it open: fuser ${path}`
              : "let this user read and write the file and its folder",
          }],
          log: undefined,
        };
      }
    },

    async schema(): Promise<SchemaStatus> {
      if (!isFileThere(path)) {
        return judgeSchema(knownMigrations(), undefined, false);
      }
      try {
        using sql = look(path);
        return readSchema(sql);
      } catch (error) {
        throw toOpenError(error, path);
      }
    },

    async migrate() {
      const before = await this.schema();
      await using _ = await openSqliteDatabase(options);
      return before.migrations
        .filter(({ appliedAt }) => appliedAt === undefined)
        .map(({ name }) => name);
    },

    async beginEpoch() {
      await using db = await openSqliteDatabase(options);
      await using record = openSqliteRecordStore(db);
      const { head } = await record.read([]);
      await record.leaveEpoch(head.epoch);
      return (await record.read([])).head.epoch;
    },

    async countKeys() {
      await using db = await openSqliteDatabase(options);
      return await db.read(countKeys);
    },

    async revokeKeys() {
      await using db = await openSqliteDatabase(options);
      return await db.write(dropKeys);
    },
  };
}

/** Opens the file and reads its first page, so that a damaged one shows. */
function look(path: string): ReadOnlySql {
  const sql = openReadOnly(path);
  try {
    sql.get("SELECT 1 FROM sqlite_schema LIMIT 1");
    return sql;
  } catch (error) {
    sql[Symbol.dispose]();
    throw error;
  }
}

function judge(
  sql: ReadOnlySql,
  path: string,
  isDeep: boolean,
): DatabaseExamination {
  const [version] = sql.get<[string]>("SELECT sqlite_version()")!;
  const [pages] = sql.get<[number]>("PRAGMA page_count")!;
  const [pageBytes] = sql.get<[number]>("PRAGMA page_size")!;
  const bytes = pages * pageBytes;
  const size = `${Math.ceil(bytes / 2 ** 20)} MiB`;
  const schema = readSchema(sql);
  const findings: Finding[] = [
    {
      check: "database",
      level: "ok",
      says: `${path} opens: SQLite ${version}, ${size}`,
    },
    schemaFinding(schema),
    isDeep || bytes <= QUICK_BYTES ? integrity(sql, isDeep) : {
      check: "integrity",
      level: "ok",
      says: `not looked at, as the file has ${size}: --deep does`,
    },
  ];
  if (schema.state !== "current") return { findings, log: undefined };
  try {
    checkLogHead(sql, path);
  } catch (error) {
    if (!(error instanceof PortError)) throw error;
    const mend = "holdfast restore FILE, from the last backup";
    findings.push({ check: "log", level: "fail", says: error.message, mend });
    return { findings, log: undefined };
  }
  const log = readLogIdentity(sql);
  findings.push({
    check: "log",
    level: "ok",
    says: `ends at position ${log.position}`,
  });
  return { findings, log };
}

function integrity(sql: ReadOnlySql, isDeep: boolean): Finding {
  const said = sql.all<[string]>(
    isDeep ? "PRAGMA integrity_check(5)" : "PRAGMA quick_check(5)",
  ).map(([line]) => line);
  const check = "integrity";
  if (said.length === 1 && said[0] === "ok") {
    return { check, level: "ok", says: "every page is sound" };
  }
  return {
    check,
    level: "fail",
    says: `the file is damaged: ${said.join("; ")}`,
    mend: "holdfast restore FILE, from the last backup",
  };
}
