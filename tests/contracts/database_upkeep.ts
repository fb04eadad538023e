/**
 * The database upkeep contract: the laws every adapter of the port obeys.
 *
 * @module
 */
import type {
  DatabaseExamination,
  DatabaseUpkeep,
} from "../../ports/database_upkeep.ts";
import { deepEqual, equal, match, ok, rejects } from "../support/assert.ts";
import { testLaws, type Waivers } from "./law.ts";

/** A database that is not there yet, or empty. */
export interface DatabaseUpkeepSubject extends AsyncDisposable {
  readonly upkeep: DatabaseUpkeep;
  /** Changes the database behind the port's back. */
  change(sql: string): Promise<void>;
}

type Subject = DatabaseUpkeepSubject;

const failed = ({ findings }: DatabaseExamination) =>
  findings.filter(({ level }) => level === "fail").map(({ check }) => check);

/** The laws, for who wants to see one broken. */
export const DATABASE_UPKEEP_LAWS = {
  "a database that is not made yet is no fault, and is not made by looking":
    async (
      { upkeep },
    ) => {
      for (let looks = 0; looks < 2; looks++) {
        const { state, found, migrations } = await upkeep.schema();
        deepEqual([state, found], ["absent", 0]);
        ok(migrations.every(({ appliedAt }) => appliedAt === undefined));
        const examined = await upkeep.examine(false);
        deepEqual([failed(examined), examined.log], [[], undefined]);
      }
    },

  "migrate() applies everything once, and names it": async ({ upkeep }) => {
    const applied = await upkeep.migrate();
    const { state, known, found, migrations } = await upkeep.schema();
    deepEqual([state, found], ["current", known]);
    deepEqual(applied, migrations.map(({ name }) => name));
    ok(migrations.every(({ appliedAt }) => appliedAt! > 1.7e12));
    deepEqual(await upkeep.migrate(), []);
  },

  "a sound database has nothing to mend, however deeply it is looked at":
    async (
      { upkeep },
    ) => {
      await upkeep.migrate();
      for (const isDeep of [false, true]) {
        const examined = await upkeep.examine(isDeep);
        deepEqual(failed(examined), []);
        const { epoch, ...place } = examined.log!;
        match(epoch, /^[0-9a-f-]{36}$/);
        deepEqual(place, {
          position: 0,
          settingsPosition: 0,
          formerEpochs: [],
        });
      }
    },

  "migrations that are missing are told by their names, with what applies them":
    async (
      { upkeep, change },
    ) => {
      await upkeep.migrate();
      await change("DELETE FROM schema_migration WHERE version > 3");
      const { state, found, migrations } = await upkeep.schema();
      deepEqual([state, found], ["behind", 3]);
      ok(migrations[2]!.appliedAt! > 1.7e12);
      equal(migrations[3]!.appliedAt, undefined);
      const { findings } = await upkeep.examine(false);
      const [finding] = findings.filter(({ check }) => check === "migrations");
      deepEqual([finding!.level, finding!.mend], [
        "warn",
        "holdfast migrate up",
      ]);
    },

  "tables that are newer, made otherwise or another program's are told, and left alone":
    async (
      { upkeep, change },
    ) => {
      await upkeep.migrate();
      const worlds = [
        [
          "UPDATE schema_migration SET checksum = 'x' WHERE version = 2",
          "changed",
          "corrupt",
        ],
        [
          "INSERT INTO schema_migration VALUES (99, 'x', 'y', 0)",
          "newer",
          "unsupported",
        ],
        ["DROP TABLE schema_migration", "foreign", "unsupported"],
      ] as const;
      for (const [sql, state, code] of worlds) {
        await change(sql);
        equal((await upkeep.schema()).state, state);
        const examined = await upkeep.examine(false);
        deepEqual([failed(examined), examined.log], [
          ["migrations"],
          undefined,
        ]);
        await rejects(upkeep.migrate(), { code });
        await rejects(upkeep.beginEpoch(), { code });
      }
    },

  "beginEpoch() gives the log another epoch, and keeps the one before": async (
    { upkeep },
  ) => {
    await upkeep.migrate();
    const { log: before } = await upkeep.examine(false);
    const first = await upkeep.beginEpoch();
    const second = await upkeep.beginEpoch();
    equal(new Set([before!.epoch, first, second]).size, 3);
    const { log } = await upkeep.examine(false);
    equal(log!.epoch, second);
    deepEqual(new Set(log!.formerEpochs), new Set([before!.epoch, first]));
    equal(log!.position, before!.position);
  },

  "revokeKeys() drops all API keys, and says so to who goes by their revision":
    async (
      { upkeep, change },
    ) => {
      equal(await upkeep.countKeys(), 0, "it makes the tables where need be");
      for (const id of ["a", "b"]) {
        await change(
          `INSERT INTO api_key (id, name, scopes, created_at, created_by, hash)
            VALUES ('${id}', 'x', 'read', 1, 'y', 'z')`,
        );
      }
      equal(await upkeep.countKeys(), 2);
      // Keeps the revision as it is from here on.
      await change(
        "CREATE TABLE before_it AS SELECT revision AS r FROM api_key_state",
      );
      equal(await upkeep.revokeKeys(), 2);
      deepEqual([await upkeep.countKeys(), await upkeep.revokeKeys()], [0, 0]);
      // Fails where it is not another one.
      await change("CREATE UNIQUE INDEX one_each ON before_it (r)");
      await change("INSERT INTO before_it SELECT revision FROM api_key_state");
    },

  "a log that was changed by hand is a failure with what mends it": async (
    { upkeep, change },
  ) => {
    await upkeep.migrate();
    await change("DELETE FROM log_head");
    const examined = await upkeep.examine(false);
    deepEqual([failed(examined), examined.log], [["log"], undefined]);
    ok(examined.findings.find(({ check }) => check === "log")!.mend);
  },
} satisfies Record<string, (subject: Subject) => Promise<void>>;

/** Holds each port `open` returns to every law, save those waived by name. */
export function testDatabaseUpkeep(
  adapter: string,
  open: () => Promise<DatabaseUpkeepSubject>,
  waived: Waivers<typeof DATABASE_UPKEEP_LAWS> = {},
): void {
  testLaws(adapter, DATABASE_UPKEEP_LAWS, open, waived);
}
