/**
 * `holdfast migrate`: the tables of the database.
 *
 * @module
 */
import type { SchemaState } from "../../../ports/database_upkeep.ts";
import { command, machineOf } from "../command.ts";
import { counted, table } from "../print.ts";

const SAYS: Readonly<Record<SchemaState, string>> = {
  absent: "there are no tables yet: holdfast migrate up makes them",
  current: "all migrations are applied",
  behind: "some migrations are missing: holdfast migrate up applies them",
  newer: "a newer program made its tables: update Holdfast",
  foreign: "its tables are another program's: name another database",
  changed:
    "other scripts than this program's made its tables: use the release that made them",
};

/** Applies what is missing. */
export const migrateUp = command({
  name: "migrate up",
  summary: "Apply the migrations that the database lacks",
  usage: "",
  takes: [0, 0],
  isLocal: true,
  details: [
    "A start of the service does the same. A database that a newer program has made",
    "is refused. There is no way down: restore a backup.",
  ],
  options: {},
  async run(call) {
    const { flags, terminal, isForPeople } = call;
    const { name, applied } = await (await machineOf(call)).migrate(flags);
    await terminal.write(
      !isForPeople
        ? `${JSON.stringify({ database: name, applied })}\n`
        : applied.length === 0
        ? `Nothing to do: ${name} has all migrations\n`
        : `Applied ${counted(applied.length, "migration")} to ${name}: ${
          applied.join(", ")
        }\n`,
    );
  },
});

/** Shows which are applied. */
export const migrateStatus = command({
  name: "migrate status",
  summary: "Show which migrations the database has",
  usage: "",
  takes: [0, 0],
  isLocal: true,
  details: [
    "Ends with 1 when a service of this release could not use the database.",
  ],
  options: {},
  async run(call) {
    const { flags, terminal, isForPeople } = call;
    const { name, status } = await (await machineOf(call)).schema(flags);
    const { state, known, found } = status;
    const rows = status.migrations.map(({ name, appliedAt }) => ({
      name,
      applied_at: appliedAt === undefined
        ? null
        : new Date(appliedAt).toISOString(),
    }));
    await terminal.write(
      isForPeople
        ? `${
          table(
            ["migration", "applied"],
            rows.map(({ name, applied_at }) => [name, applied_at ?? "-"]),
          )
        }\n\nIn ${name}, ${SAYS[state]}\n`
        : `${
          JSON.stringify({
            database: name,
            state,
            found,
            known,
            migrations: rows,
          })
        }\n`,
    );
    return ["newer", "foreign", "changed"].includes(state) ? 1 : 0;
  },
});
