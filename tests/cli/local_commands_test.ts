/**
 * Commands that need no service: what they hand on, say, and end with.
 *
 * @module
 */
import manifest from "../../deno.json" with { type: "json" };
import type { KeysAfterRestore } from "../../ports/database_backup.ts";
import type { Finding } from "../../ports/finding.ts";
import type { Machine } from "../../src/cli/machine.ts";
import { COMMANDS, runCommandLine } from "../../src/cli/mod.ts";
import { didYouMean, nearest } from "../../src/cli/nearest.ts";
import { VARIABLE_NAMES } from "../../src/variables.ts";
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { recordingTerminal } from "../support/cli_terminal.ts";

type Given = Omit<
  NonNullable<Parameters<typeof recordingTerminal>[1]>,
  "machine"
>;

/** Runs `words` on `machine`; nobody may be asked. */
async function run(
  words: string,
  machine: Partial<Machine>,
  given: Given & { answers?: boolean[] } = {},
) {
  const flags = ["--data-dir", "--port"];
  const terminal = recordingTerminal(() => {
    throw new Error("Nobody is to be asked");
  }, { ...given, machine: { flags, ...machine } });
  terminal.answers.push(...given.answers ?? []);
  const code = await runCommandLine(words.split(" "), terminal);
  const { said, told } = terminal;
  return { code, said: said.join(""), told: told.join("\n") };
}

const OK: Finding = { check: "clock", level: "ok", says: "runs evenly" };
const WARN: Finding = {
  check: "redis memory",
  level: "warn",
  says: "there is no limit",
  mend: "redis-cli CONFIG SET maxmemory 512mb",
};
const FAIL: Finding = { check: "port", level: "fail", says: "taken \x1b[2J" };

const examining = (
  findings: readonly Finding[],
  isConfigured = true,
): Partial<Machine> => ({ examine: async () => ({ findings, isConfigured }) });

const ENDS: readonly [
  findings: Finding[],
  isConfigured: boolean,
  code: number,
][] = [
  [[OK], true, 0],
  [[OK, WARN], true, 0],
  [[OK, WARN, FAIL], true, 1],
  [[FAIL], false, 2],
];

for (const [findings, isConfigured, expected] of ENDS) {
  const levels = findings.map(({ level }) => level).join(", ");
  const what = isConfigured ? levels : "a wrong configuration";
  Deno.test(`cli doctor: ${what} ends with ${expected}, as JSON and for people`, async () => {
    const machine = examining(findings, isConfigured);
    const { code, said } = await run("doctor", machine);
    equal(code, expected);
    deepEqual(JSON.parse(said), { ok: expected === 0, findings });
    const people = await run("doctor --no-json", machine);
    equal(people.code, expected);
    for (const { check, mend } of findings) {
      ok(people.said.includes(check));
      if (mend !== undefined) ok(people.said.includes(`→ ${mend}`));
    }
    // What came from elsewhere steers no terminal.
    ok(!people.said.includes("\x1b"));
  });
}

Deno.test("cli doctor: colours are for those who want them", async () => {
  const { said } = await run("doctor --no-json", examining([OK, FAIL]), {
    hasColours: true,
  });
  ok(said.includes("\x1b[32mok  \x1b[0m"));
  ok(said.includes("\x1b[31mfail\x1b[0m"));
});

Deno.test("cli doctor: flags of the configuration are handed on, its own are not", async () => {
  const handed: (readonly string[])[] = [];
  let wasDeep: boolean | undefined;
  const machine: Partial<Machine> = {
    async examine(flags, isDeep) {
      handed.push(flags);
      wasDeep = isDeep;
      return { findings: [OK], isConfigured: true };
    },
  };
  await run("doctor --port 9 --json --data-dir=/x --deep", machine);
  deepEqual(handed, [["--port", "9", "--data-dir=/x"]]);
  equal(wasDeep, true);
});

const MISTYPED: readonly [words: string, meant: string][] = [
  ["doctr", "doctor"],
  ["migrate sttaus", "status"],
  ["stauts", "status"],
  ["settings gte", "get"],
  ["doctor --jsno", "--json"],
  ["doctor --data-dri /x", "--data-dir"],
  ["doctor --prot=7", "--port"],
  ["status --evrey 2", "--every"],
  ["server", "serve"],
];

for (const [words, meant] of MISTYPED) {
  Deno.test(`cli: ${words} is asked whether ${meant} was meant`, async () => {
    const { code, told } = await run(words, {});
    equal(code, 2);
    ok(told.endsWith(`; did you mean ${meant}?`), told);
  });
}

Deno.test("cli: nothing is guessed of what is like nothing", () => {
  const names = ["serve", "doctor", "status"];
  equal(nearest("xyzzy", names), undefined);
  equal(didYouMean("bananas", names), "");
  equal(nearest("STATUS", names), "status");
  equal(nearest("sevre", names), "serve");
});

Deno.test("cli: no local command asks a service, whatever HOLDFAST_URL is", async () => {
  const { code } = await run("doctor", examining([OK]), { url: "nonsense" });
  equal(code, 0);
});

function redis(others: number | undefined, isTaken = true) {
  let count = 0;
  const machine: Partial<Machine> = {
    foreignRedis: async () => ({
      name: "Redis at there:6379/0",
      others,
      async takeOver() {
        count++;
        return isTaken;
      },
    }),
  };
  return { machine, count: () => count };
}

Deno.test("cli doctor --take-over: asks before, says who is connected, and does it once", async () => {
  const typed = { isInputTyped: true, isOutputRead: true };
  const no = redis(2);
  const left = await run("doctor --take-over", no.machine, {
    ...typed,
    answers: [false],
  });
  deepEqual([left.code, no.count()], [1, 0]);
  match(left.told, /2 other connections to it are open\./);
  match(left.told, /Really let Redis at there:6379\/0 follow this database\?/);

  const yes = redis(0);
  const taken = await run("doctor --take-over", yes.machine, {
    ...typed,
    answers: [true],
  });
  deepEqual([taken.code, yes.count()], [0, 1]);
  match(taken.told, /Nobody else is connected to it/);

  const nobody = redis(undefined);
  const unsure = await run("doctor --take-over", nobody.machine);
  deepEqual([unsure.code, nobody.count()], [2, 0]);
  match(unsure.told, /say so with --yes$/);
  const sure = await run("doctor --take-over --yes", nobody.machine);
  deepEqual([sure.code, nobody.count(), sure.said], [
    0,
    1,
    '{"taken_over":true}\n',
  ]);
});

Deno.test("cli doctor --take-over: who changes it meanwhile wins, and our own is left alone", async () => {
  const raced = redis(1, false);
  const lost = await run("doctor --take-over --yes", raced.machine);
  equal(lost.code, 1);
  match(lost.told, /as somebody has just changed it/);
  const own = { foreignRedis: async () => undefined };
  const { code, said } = await run("doctor --take-over --yes", own);
  deepEqual([code, said], [0, '{"taken_over":false}\n']);
});

for (
  const [state, code] of [
    ["absent", 0],
    ["current", 0],
    ["behind", 0],
    ["newer", 1],
    ["foreign", 1],
    ["changed", 1],
  ] as const
) {
  Deno.test(`cli migrate status: ${state} ends with ${code}`, async () => {
    const status = {
      state,
      known: 2,
      found: 1,
      migrations: [
        { name: "0001_state", appliedAt: 0 },
        { name: "0002_leases", appliedAt: undefined },
      ],
    };
    const machine = { schema: async () => ({ name: "database x", status }) };
    const json = await run("migrate status", machine);
    equal(json.code, code);
    deepEqual(JSON.parse(json.said), {
      database: "database x",
      state,
      found: 1,
      known: 2,
      migrations: [
        { name: "0001_state", applied_at: "1970-01-01T00:00:00.000Z" },
        { name: "0002_leases", applied_at: null },
      ],
    });
    const people = await run("migrate status --no-json", machine);
    match(people.said, /0002_leases {2}-\n\nIn database x, /);
  });
}

Deno.test("cli restore: a database is replaced only by who means it", async () => {
  let count = 0;
  const machine: Partial<Machine> = {
    async restore(_flags, _path, _revokesKeys, beforeReplacing) {
      await beforeReplacing();
      count++;
      return {
        position: 3,
        epoch: "e",
        replacedPosition: 5,
        kept: "old.db",
        keys: "kept",
        keyCount: 4,
      };
    },
  };
  const unsure = await run("restore b.db", machine);
  deepEqual([unsure.code, count], [2, 0]);
  const sure = await run("restore b.db --yes --no-json", machine);
  deepEqual([sure.code, count], [0, 1]);
  match(
    sure.said,
    /Left behind: 2 events after it\nWhat was there before is old\.db\nAPI keys are as they were: 4\n$/,
  );
  equal(sure.told, "");
  for (const words of ["restore", "restore b.db --new-epoch"]) {
    const { code, told } = await run(words, machine);
    equal(code, 2);
    match(told, /^Cannot tell what to restore/);
  }
});

Deno.test("cli restore: that the database before could not be read is said, as its numbers may come again", async () => {
  const kept = {
    ...{ position: 3, epoch: "e", kept: "old.db" },
    ...{ keys: "kept", keyCount: 1 } as const,
  };
  const over = async (replacedPosition: number | undefined) => {
    const restore = async () => ({ ...kept, replacedPosition });
    return await run("restore b.db --yes --no-json", { restore });
  };
  match(
    (await over(undefined)).told,
    /could not be read: order numbers .* may/,
  );
  equal((await over(3)).told, "");
});

Deno.test("cli restore: keys that may be good again are told loudly; they can be ended with it", async () => {
  const asked: boolean[] = [];
  const over = (keys: KeysAfterRestore, keyCount: number, words = "") =>
    run(`restore b.db --yes --no-json${words}`, {
      async restore(_flags, _path, revokesKeys) {
        asked.push(revokesKeys);
        const report = { position: 3, epoch: "e", kept: undefined };
        return { ...report, replacedPosition: undefined, keys, keyCount };
      },
    });
  match(
    (await over("restored", 2)).told,
    /^API keys are those of the backup \(2\): any that was revoked or rotated since is good again; .* holdfast restore --new-epoch --revoke-keys$/m,
  );
  equal((await over("restored", 0)).told, "");
  const revoked = await over("revoked", 0, " --revoke-keys");
  equal(revoked.told, "");
  match(
    revoked.said,
    /^No API key is left: the next start prints a first one/m,
  );
  deepEqual(asked, [false, false, true]);

  const anew = (words: string, keyCount: number) =>
    run(`restore --new-epoch --yes ${words}`, {
      async beginEpoch(_flags, revokesKeys) {
        asked.push(revokesKeys);
        return { name: "database x", epoch: "e", keyCount };
      },
    });
  match((await anew("--no-json", 1)).told, /those of the backup \(1\): /);
  const ended = await anew("--revoke-keys --no-json", 0);
  equal(ended.told, "");
  match(ended.said, /has the epoch e now\nNo API key is left/);
  const json = await anew("--revoke-keys", 0);
  deepEqual(JSON.parse(json.said), {
    ...{ database: "database x", epoch: "e", keyCount: 0 },
  });
  deepEqual(asked.slice(3), [false, true, true]);
});

Deno.test("cli backup: what it writes is said, and what it has removed", async () => {
  const leftovers = ["a.db.partial-0123abcd"];
  const machine: Partial<Machine> = {
    backUp: async () => ({ position: 3, epoch: "e", bytes: 2048, leftovers }),
  };
  const { code, said, told } = await run("backup b --no-json", machine);
  deepEqual([code, said], [0, "Wrote b: 2 KiB, up to position 3 of the log\n"]);
  equal(
    told,
    "Removed a.db.partial-0123abcd, which a backup that was killed had left",
  );
});

Deno.test("cli backup: what others have to do is said, and is no success", async () => {
  const machine: Partial<Machine> = {
    backUp: async () => ({ commands: ["pg_dump --file=b"] }),
  };
  const { code, said, told } = await run("backup b --no-json", machine);
  deepEqual([code, said], [1, "pg_dump --file=b\n"]);
  match(told, /^Nothing was written; .*PGPASSWORD/);
});

Deno.test("cli: every command can be read by programs", () => {
  for (const { name, options } of COMMANDS) {
    ok(!("json" in options) && !("help" in options), name);
  }
});

Deno.test("cli: deno task holdfast has the rights of a service, and the address of one", () => {
  const { start, holdfast } = manifest.tasks;
  const variables = (command: string) =>
    /--allow-env=([\w,]+)/.exec(command)![1]!.split(",").sort();
  deepEqual(
    variables(holdfast.command),
    [...VARIABLE_NAMES, "NO_COLOR", "HOLDFAST_KEY", "HOLDFAST_URL"].sort(),
  );
  const rest = (command: string) =>
    command.replace(/ --allow-env=\S+/, "").replace(" --allow-sys=statfs", "");
  equal(
    `${rest(holdfast.command)} serve --sample-desk on`,
    rest(start.command),
  );
});
