/**
 * Whether a Postgres server can be relied on.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";
import {
  type DatabaseExamination,
  type LogIdentity,
  schemaFinding,
} from "../../ports/database_upkeep.ts";
import { skewFinding } from "../../ports/clock_skew.ts";
import type { Finding } from "../../ports/finding.ts";
import type { Link } from "./link.ts";
import { readSchema } from "./schema.ts";

/** Links that an instance may open: readers, writers, the log, the doorbell. */
const LINKS_OF_AN_INSTANCE = 8;

const FACTS = `/* upkeep */ SELECT current_setting('server_version'),
    current_setting('fsync'), current_setting('full_page_writes'),
    current_setting('synchronous_commit'),
    current_setting('max_connections')::integer
      - current_setting('superuser_reserved_connections')::integer,
    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
    current_schema(),
    coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)`;

type Facts = [
  version: string,
  fsync: string,
  fullPageWrites: string,
  synchronousCommit: string,
  maxConnections: number,
  connections: number,
  schema: string | null,
  mayCreate: boolean,
];

const LOG = `/* upkeep */ SELECT epoch, pos, set_pos,
    (SELECT count(*) FROM event_log e WHERE e.pos > h.pos)
  FROM log_head h WHERE id = 1`;

/**
 * Looks at the server behind `link`.
 *
 * @throws What the link throws.
 */
export async function examineServer(
  link: Link,
  clock: Clock,
  name: string,
): Promise<DatabaseExamination> {
  const askedAt = clock.now();
  const [time] = await link.query<[number]>(
    "/* upkeep */ SELECT extract(epoch FROM clock_timestamp())::float8 * 1000",
  );
  const skew = skewFinding("postgres", askedAt, time![0], clock.now());
  const [facts] = await link.query<Facts>(FACTS);
  const schema = await readSchema(link);
  const findings: Finding[] = [
    {
      check: "database",
      level: "ok",
      says: `${name} answers: Postgres ${facts![0]}`,
    },
    ...judgeSettings(facts!),
    schemaFinding(schema),
    skew,
  ];
  const log = schema.state === "current" ? await readLog(link) : undefined;
  if (log) {
    const says = `ends at position ${log.position}`;
    findings.push({ check: "log", level: "ok", says });
  } else if (schema.state === "current") {
    findings.push({
      check: "log",
      level: "fail",
      says: "it has no head, or events beyond it: it was changed by hand",
      mend: "holdfast restore FILE, from the last backup",
    });
  }
  return { findings, log };
}

async function readLog(link: Link): Promise<LogIdentity | undefined> {
  const [head] = await link.query<[string, number, number, number]>(LOG);
  if (!head) return undefined;
  const [epoch, position, settingsPosition, beyond] = head;
  if (beyond > 0) return undefined;
  const former = await link.query<[string]>(
    "/* upkeep */ SELECT epoch FROM log_epoch ORDER BY ended_at",
  );
  const formerEpochs = former.map(([epoch]) => epoch);
  return { epoch, position, settingsPosition, formerEpochs };
}

/** What is wrong with the way in which the server is set up. */
export function judgeSettings(
  [, fsync, fullPageWrites, commit, max, used, schema, mayCreate]: Facts,
): Finding[] {
  const findings: Finding[] = [];
  const isDurable = fsync === "on" && fullPageWrites === "on" &&
    commit === "on";
  if (isDurable) {
    findings.push({
      check: "durability",
      level: "ok",
      says: "fsync, full_page_writes and synchronous_commit are on",
    });
  }
  for (
    const [setting, value] of [
      ["fsync", fsync],
      ["full_page_writes", fullPageWrites],
      ["synchronous_commit", commit],
    ] as const
  ) {
    if (value === "on") continue;
    findings.push({
      check: "durability",
      level: "fail",
      says:
        `${setting} is ${value}, so that acknowledged writes are lost with the machine`,
      mend:
        `psql -c "ALTER SYSTEM SET ${setting} = on" -c "SELECT pg_reload_conf()"`,
    });
  }
  const free = max - used;
  findings.push(
    free >= LINKS_OF_AN_INSTANCE
      ? {
        check: "connections",
        level: "ok",
        says: `${used} of ${max} are in use`,
      }
      : {
        check: "connections",
        level: "warn",
        says:
          `${used} of ${max} are in use, and an instance opens up to ${LINKS_OF_AN_INSTANCE}`,
        mend:
          'psql -c "ALTER SYSTEM SET max_connections = 200", and start Postgres again',
      },
  );
  if (schema === null || !mayCreate) {
    findings.push({
      check: "permissions",
      level: "fail",
      says: schema === null
        ? "the search_path names no schema that exists"
        : `the user may make no tables in schema ${schema}`,
      mend: schema === null
        ? "create the schema, or mend search_path in DATABASE_URL"
        : `psql -c "GRANT CREATE, USAGE ON SCHEMA ${schema} TO …"`,
    });
  } else {
    findings.push({
      check: "permissions",
      level: "ok",
      says: `the user may make tables in schema ${schema}`,
    });
  }
  return findings;
}
