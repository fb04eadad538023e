/**
 * The defaults file, and the copies of defaults that are replaced.
 *
 * @module
 */
import { openDefaultsFile } from "../../adapters/system/defaults_file.ts";
import { BUILT_IN_TREE } from "../../domain/settings/catalogue.ts";
import { readDefaultsFile } from "../../domain/settings/defaults.ts";
import { PortError } from "../../ports/port_error.ts";
import { deepEqual, equal, match, ok, rejects } from "../support/assert.ts";
import { needs } from "../support/needs.ts";

Deno.test("without a path there is no file", async () => {
  const source = openDefaultsFile({ path: undefined, dataDir: "/nowhere" });
  equal(source.path, undefined);
  equal(await source.load(), undefined);
});

if (await needs(import.meta.url, ["read", "write"])) {
  Deno.test("a file is read as it is now, each time", async () => {
    await using dir = await folder();
    const path = `${dir.path}/defaults.json`;
    const source = openDefaultsFile({ path, dataDir: dir.path });
    equal(source.path, path);
    for (const value of [{ a: 1 }, [1], "x", null]) {
      await Deno.writeTextFile(path, JSON.stringify(value));
      deepEqual(await source.load(), value);
    }
  });

  Deno.test("a file that is missing, not JSON or no file at all is told apart", async () => {
    await using dir = await folder();
    const { path: dataDir } = dir;
    const cases: [name: string, text: string | undefined, code: string][] = [
      ["missing.json", undefined, "not_found"],
      ["empty.json", "", "corrupt"],
      ["half.json", '{"a":', "corrupt"],
      ["nan.json", '{"a": NaN}', "corrupt"],
      ["comment.json", "{} // mine", "corrupt"],
    ];
    for (const [name, text, code] of cases) {
      const path = `${dataDir}/${name}`;
      if (text !== undefined) await Deno.writeTextFile(path, text);
      await rejects(
        openDefaultsFile({ path, dataDir }).load(),
        (error: unknown) => {
          ok(error instanceof PortError);
          equal(error.code, code, name);
          match(error.message, /^Cannot read the default settings /);
          ok(error.message.includes(path));
          ok(error.cause instanceof Error);
          return true;
        },
      );
    }
    await rejects(openDefaultsFile({ path: dataDir, dataDir }).load(), {
      code: "corrupt",
      message:
        `Cannot read the default settings ${dataDir} as it is a directory: name a file in it`,
    });
  });

  Deno.test("a file that is ambiguous or nested too deep is told so", async () => {
    await using dir = await folder();
    const path = `${dir.path}/odd.json`;
    const source = openDefaultsFile({ path, dataDir: dir.path });
    const deep = (levels: number) =>
      `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
    for (
      const [text, says] of [
        [deep(65), "it is nested more than 64 levels deep"],
        [deep(20_000), "it is nested more than 64 levels deep"],
        [
          '{"b":{"a":1},"a":[{"x":"}{","x":2}]}',
          '"x" stands twice in one object: leave one out',
        ],
        [
          '{"a":1,"\\u0061":2}',
          '"a" stands twice in one object: leave one out',
        ],
      ] as const
    ) {
      await Deno.writeTextFile(path, text);
      await rejects(source.load(), {
        code: "corrupt",
        message: `Cannot read the default settings ${path} as ${says}`,
      });
    }
    await Deno.writeTextFile(
      path,
      '{"a":{"a":"a"},"b":["a","a",{"a":"\\"a\\":"}]}',
    );
    await source.load();
    await Deno.writeTextFile(path, deep(64));
    await source.load();
  });

  Deno.test("a byte order mark before the JSON is no harm", async () => {
    await using dir = await folder();
    const path = `${dir.path}/mark.json`;
    await Deno.writeTextFile(path, '\ufeff{"a":1}');
    const source = openDefaultsFile({ path, dataDir: dir.path });
    deepEqual(await source.load(), { a: 1 });
  });

  Deno.test("a copy is kept in a folder that is made for it, and nothing else", async () => {
    await using dir = await folder();
    const dataDir = `${dir.path}/data`;
    const source = openDefaultsFile({ path: undefined, dataDir });
    const kept = await source.backup("admin-defaults-7", '{"a":1}');
    equal(kept, `${dataDir}/backups/admin-defaults-7.json`);
    equal(await Deno.readTextFile(kept), '{"a":1}');
    await source.backup("admin-defaults-9", "{}");
    deepEqual(await namesIn(`${dataDir}/backups`), [
      "admin-defaults-7.json",
      "admin-defaults-9.json",
    ]);
  });

  Deno.test("a copy is there whole or not at all", async () => {
    await using dir = await folder();
    const source = openDefaultsFile({ path: undefined, dataDir: dir.path });
    // What a crash has left of another attempt is no copy, and in nobody's way.
    await Deno.mkdir(`${dir.path}/backups`);
    const file = `${dir.path}/backups/admin-defaults-7.json`;
    await Deno.writeTextFile(`${file}.new`, "half of a much longer tex");
    const watched = await whileWriting(file, async () => {
      await source.backup("admin-defaults-7", "x".repeat(5_000_000));
    });
    for (const size of watched) equal(size, 5_000_000);
    deepEqual(await namesIn(`${dir.path}/backups`), ["admin-defaults-7.json"]);
  });

  Deno.test("a copy that cannot be kept is told with its place, and none is left", async () => {
    await using dir = await folder();
    const dataDir = `${dir.path}/data`;
    await Deno.writeTextFile(dataDir, "no folder");
    const source = openDefaultsFile({ path: undefined, dataDir });
    await rejects(source.backup("admin-defaults-7", "{}"), {
      name: "PortError",
      code: "unavailable",
      message:
        /^Cannot keep a copy of the default settings as .*admin-defaults-7\.json: /,
    });
  });

  Deno.test("a full disk is told as one", async () => {
    for (const code of ["ENOSPC", "EDQUOT"]) {
      await using dir = await folder();
      const source = openDefaultsFile({ path: undefined, dataDir: dir.path });
      const { writeTextFile } = Deno;
      const full = Object.assign(new Error("no space left"), { code });
      Deno.writeTextFile = () => Promise.reject(full);
      try {
        await rejects(source.backup("a", "{}"), { code: "full", cause: full });
      } finally {
        Deno.writeTextFile = writeTextFile;
      }
      deepEqual(await namesIn(`${dir.path}/backups`), []);
    }
  });

  Deno.test("a file of the older program is accepted as it is", async () => {
    await using dir = await folder();
    const path = `${dir.path}/default-settings.json`;
    await Deno.writeTextFile(path, JSON.stringify(LEGACY));
    const source = openDefaultsFile({ path, dataDir: dir.path });
    // deno-lint-ignore no-explicit-any
    const tree = readDefaultsFile(await source.load()) as any;
    equal(tree.global_trading.risk_level, "conservative");
    equal(tree.mode_configs.ultra.enabled, true);
    equal(tree.mode_configs.ultra.size.leverage, 4);
    equal(tree.safety_settings.ultra.max_trades_per_day, 40);
    equal(tree.circuit_breaker.global.max_daily_loss, 450);
    equal(tree.capital_allocation.ultra_fast_percent, 20);
    // What it leaves out is as the program has it.
    // deno-lint-ignore no-explicit-any
    const own = BUILT_IN_TREE as any;
    deepEqual(tree.scalp_reentry, own.scalp_reentry);
    deepEqual(tree.mode_configs.swing, own.mode_configs.swing);
    deepEqual(Object.keys(tree), Object.keys(own));
  });
}

const LEGACY = {
  metadata: {
    version: "1.0.0",
    schema_version: 1,
    last_updated: "2026-01-01",
    updated_by: "admin",
    description: "Defaults",
  },
  global_trading: {
    risk_level: "conservative",
    max_usd_allocation: 2500,
    _risk_info: { risk_level: { impact: "high", recommendation: "moderate" } },
  },
  mode_configs: {
    ultra_fast: {
      enabled: true,
      size: { leverage: 4, _risk_info: { leverage: { impact: "high" } } },
    },
  },
  safety_settings: { ultra_fast: { max_trades_per_day: 40 } },
  circuit_breaker: { global: { max_daily_loss: 450 }, _note: "for all" },
  _settings_risk_index: { high: ["mode_configs.ultra_fast.enabled"] },
};

/** The sizes that a file at `path` had while `work` ran, looked at often. */
async function whileWriting(
  path: string,
  work: () => Promise<void>,
): Promise<number[]> {
  const sizes: number[] = [];
  let isDone = false;
  const watching = (async () => {
    while (!isDone) {
      const stat = await Deno.stat(path).catch(() => undefined);
      if (stat) sizes.push(stat.size);
    }
  })();
  await work();
  isDone = true;
  await watching;
  sizes.push((await Deno.stat(path)).size);
  return sizes;
}

async function namesIn(path: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(path));
  return entries.map(({ name }) => name).sort();
}

async function folder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir({ prefix: "holdfast-defaults-" });
  return {
    path,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}
