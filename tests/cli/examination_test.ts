/**
 * What the doctor makes of what it was told.
 *
 * @module
 */
import { formatCheckpoint } from "../../domain/checkpoint.ts";
import type { DatabaseExamination } from "../../ports/database_upkeep.ts";
import { backUpCommands, restoreCommands } from "../../src/doctor/by_hand.ts";
import { clockFinding } from "../../src/doctor/clock.ts";
import { strayFindings } from "../../src/doctor/configuration.ts";
import { followFinding } from "../../src/doctor/examine.ts";
import { folderFindings, roomOf } from "../../src/doctor/folder.ts";
import { findForeignRedis } from "../../src/doctor/take_over.ts";
import { deepEqual, equal, match, ok, rejects } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { needs } from "../support/needs.ts";
import { createSeededEntropy } from "../support/seeded_entropy.ts";
import { recordingTerminal } from "../support/cli_terminal.ts";

const LOG = {
  epoch: "aaaa",
  formerEpochs: ["bbbb"],
  position: 9,
  settingsPosition: 4,
};

const SOUND: DatabaseExamination = { findings: [], log: LOG };
const EMPTY: DatabaseExamination = { findings: [], log: undefined };
const BROKEN: DatabaseExamination = {
  findings: [{ check: "database", level: "fail", says: "it is away" }],
  log: undefined,
};

const markOf = (epoch: string, position = 7) =>
  formatCheckpoint({ epoch, generation: "ab", position, settingsPosition: 1 });

const redis = (mark: string | undefined, isFit = true) => ({
  name: "Redis",
  findings: [],
  isFit,
  mark,
  others: 0,
});

const FOLLOWS: readonly [
  what: string,
  record: DatabaseExamination,
  mark: string | undefined,
  level: string,
  says: RegExp,
][] = [
  ["nothing", SOUND, undefined, "ok", /^no log yet/],
  ["this log", SOUND, markOf("aaaa", 9), "ok", /^this database$/],
  ["this log, late", SOUND, markOf("aaaa"), "ok", /2 events behind$/],
  ["what it was", SOUND, markOf("bbbb"), "ok", /^an earlier life of this/],
  ["another", SOUND, markOf("cccc"), "fail", /^another database$/],
  ["another, of none", EMPTY, markOf("cccc"), "fail", /^another database$/],
  ["whatever, of one away", BROKEN, markOf("aaaa"), "warn", /cannot be told/],
  ["a later form", SOUND, "99:aaaa:ab:1:1", "fail", /^a log, as a later/],
];

for (const [what, record, mark, level, says] of FOLLOWS) {
  Deno.test(`doctor: a Redis that follows ${what} is ${level}`, () => {
    const [found] = followFinding(record, redis(mark));
    equal(found!.level, level);
    match(found!.says, says);
    equal(found!.mend === undefined, level === "ok");
  });
}

Deno.test("doctor: of a Redis that cannot be used nobody asks what it follows", () => {
  deepEqual(followFinding(SOUND, redis(markOf("cccc"), false)), []);
  deepEqual(followFinding(SOUND, undefined), []);
});

function upkeepOf(
  record: DatabaseExamination,
  fast: ReturnType<typeof redis>,
  took: unknown[] = [],
) {
  return {
    clock: createFakeClock(),
    entropy: createSeededEntropy(1),
    telemetry: undefined as never,
    backup: undefined,
    database: { examine: async () => record } as never,
    fastLayer: {
      examine: async () => fast,
      async takeOver(...args: unknown[]) {
        took.push(args);
        return true;
      },
    },
  };
}

Deno.test("doctor: taken over is from what was looked at, to the head, under a new generation", async () => {
  const took: unknown[] = [];
  const foreign = await findForeignRedis(
    upkeepOf(SOUND, redis(markOf("cccc")), took),
  );
  equal(await foreign!.takeOver(), true);
  const [[mark, to]] = took as [[string, Record<string, unknown>]];
  equal(mark, markOf("cccc"));
  const { generation, ...place } = to;
  deepEqual(place, { epoch: "aaaa", position: 9, settingsPosition: 4 });
  match(`${generation}`, /^[0-9a-f]{16}$/);
});

Deno.test("doctor: what is ours, of a later version or not well is not taken over", async () => {
  for (const mark of [undefined, markOf("aaaa"), markOf("bbbb")]) {
    equal(await findForeignRedis(upkeepOf(SOUND, redis(mark))), undefined);
  }
  const later = upkeepOf(SOUND, redis("99:x:y:1:1"));
  await rejects(findForeignRedis(later), { code: "unsupported" });
  const away = upkeepOf(BROKEN, redis(markOf("cccc")));
  await rejects(findForeignRedis(away), {
    message: /not all is well: it is away$/,
  });
  const empty = upkeepOf(EMPTY, redis(markOf("cccc")));
  await rejects(findForeignRedis(empty), { message: /holdfast migrate up$/ });
  const unfit = upkeepOf(SOUND, redis(markOf("cccc"), false));
  await rejects(findForeignRedis(unfit), { code: "unavailable" });
});

Deno.test("doctor: a wall clock that is being set, or that stands in the past, is told", async () => {
  const { clock } = recordingTerminal(() => new Response());
  equal((await clockFinding(clock)).level, "ok");
  let hours = 0;
  const leaping = { ...clock, now: () => clock.now() + 3_600_000 * hours++ };
  equal((await clockFinding(leaping)).level, "warn");
  const past = { ...clock, now: () => 0 };
  equal((await clockFinding(past)).level, "fail");
});

Deno.test("doctor: room on the disk is judged by what is left", () => {
  const GIB = 2 ** 30;
  equal(roomOf(2 * GIB, "/x").level, "ok");
  equal(roomOf(GIB / 2, "/x").level, "warn");
  equal(roomOf(GIB / 20, "/x").level, "fail");
});

Deno.test("doctor: a mistyped variable of .env is told, with what it may be meant to be", () => {
  const found = strayFindings(["PORT", "REDIS_ULR", "NONSENSE", "PGPASSWORD"]);
  deepEqual(found.map(({ says, mend }) => [says, mend]), [
    [".env sets REDIS_ULR, which nothing reads", "did you mean REDIS_URL?"],
    [".env sets NONSENSE, which nothing reads", "take it out"],
  ]);
});

Deno.test("doctor: lines for Postgres's programs name what is meant, and no password", () => {
  const url =
    "postgres://ann:se%40cret@db.example:5433/trades?search_path=hf&sslmode=require&application_name=x";
  const lines = [
    ...backUpCommands({ url }, "my file's.dump"),
    ...restoreCommands({ url }, "x.dump", [], false),
  ];
  deepEqual(lines, [
    "pg_dump --format=custom --no-owner --no-privileges --schema=hf " +
    "'--file=my file'\\''s.dump' " +
    "'--dbname=postgres://ann@db.example:5433/trades?sslmode=require'",
    "pg_restore --clean --if-exists --no-owner --no-privileges " +
    "--single-transaction --exit-on-error " +
    "'--dbname=postgres://ann@db.example:5433/trades?sslmode=require' x.dump",
    "holdfast restore --new-epoch --yes",
  ]);
  ok(!lines.join("").includes("cret"));
  const odd = "postgres://ann@h/d?sslpassword=secret&password=secret";
  ok(!backUpCommands({ url: odd }, "f").join("").includes("secret"));
  match(
    backUpCommands({ url: "postgres://h/d" }, "f")[0]!,
    /--dbname=postgres:\/\/h\/d$/,
  );
});

Deno.test("doctor: Postgres's programs ask the same authorities as the service", () => {
  const database = { url: "postgres://h/d", caPath: "/etc/ca.pem" };
  const dbname =
    "'--dbname=postgres://h/d?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem'";
  ok(backUpCommands(database, "f")[0]!.endsWith(dbname));
  ok(restoreCommands(database, "f", [], false)[0]!.includes(dbname));
});

Deno.test("doctor: the epoch is set where the backup went, by flags too, and no address is shown", () => {
  const url = "postgres://ann:secret@h/d";
  for (
    const flags of [
      ["--store", "postgres", "--database-url", url, "--port", "1"],
      ["--store=postgres", `--database-url=${url}`, "--redis-url=redis://:s@h"],
    ]
  ) {
    equal(
      restoreCommands({ url }, "f", flags, false).at(-1),
      'holdfast restore --new-epoch --yes --store postgres --database-url "${DATABASE_URL:?}"',
    );
    equal(
      restoreCommands({ url }, "f", flags, true).at(-1),
      'holdfast restore --new-epoch --yes --revoke-keys --store postgres --database-url "${DATABASE_URL:?}"',
    );
  }
});

if (await needs(import.meta.url, ["read", "write"])) {
  Deno.test("doctor: no command that mends a data folder touches a folder above it", async () => {
    const above = await Deno.makeTempDir({ prefix: "holdfast-doctor-" });
    await using _ = {
      [Symbol.asyncDispose]: () => Deno.remove(above, { recursive: true }),
    };
    const before = Deno.writeTextFile;
    const refused = new Deno.errors.PermissionDenied(
      "Permission denied (os error 13): writefile '/x'",
    );
    Deno.writeTextFile = () => Promise.reject(refused);
    try {
      const [missing] = await folderFindings(`${above}/da ta/here`);
      equal(missing!.level, "fail");
      match(
        missing!.says,
        /is not there, and cannot be made in .*: Permission/,
      );
      equal(
        missing!.mend,
        `sudo install -d -o "$(id -un)" '${above}/da ta/here', or mend DATA_DIR`,
      );
      const [there] = await folderFindings(above);
      equal(
        there!.mend,
        `sudo chown "$(id -un)" ${above}, or mend DATA_DIR`,
      );
    } finally {
      Deno.writeTextFile = before;
    }
  });

  Deno.test("doctor: a data folder that is a file is called so", async () => {
    const path = await Deno.makeTempFile({ prefix: "holdfast-doctor-" });
    await using _ = { [Symbol.asyncDispose]: () => Deno.remove(path) };
    const [found] = await folderFindings(`${path}/data`);
    match(found!.says, new RegExp(`cannot be used: ${path} `));
    equal(found!.mend, "mend DATA_DIR");
  });
}
