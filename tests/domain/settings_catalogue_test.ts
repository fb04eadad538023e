/**
 * All settings as one tree, and the defaults that are written so.
 *
 * @module
 */
import type { JsonObject } from "../../domain/json_value.ts";
import {
  BUILT_IN_TREE,
  documentsOfTree,
  GROUP_TITLES,
  SETTINGS,
  settingsAt,
  TREE_SHAPE,
  treeOfDocuments,
  treePathOf,
  treePathsOf,
  valueAt,
  valueOf,
  withValue,
} from "../../domain/settings/catalogue.ts";
import { faultsOf } from "../../domain/settings/check.ts";
import {
  completedDefaults,
  readDefaults,
  readDefaultsFile,
} from "../../domain/settings/defaults.ts";
import { leavesOf, SHAPES } from "../../domain/settings/shape.ts";
import { USER_DOCUMENTS } from "../../domain/settings.ts";
import { deepEqual, equal, match, ok, throws } from "../support/assert.ts";

Deno.test("every field of every document has one place in the tree", () => {
  const fields = USER_DOCUMENTS.flatMap((document) =>
    leavesOf(SHAPES[document].fields).map(({ path }) =>
      `${document} ${path.join(".")}`
    )
  );
  const placed = SETTINGS.map(({ document, at }) =>
    `${document} ${at.join(".")}`
  );
  deepEqual(placed.toSorted(), fields.toSorted());
  const paths = SETTINGS.map(({ path }) => path);
  equal(new Set(paths).size, paths.length);
  for (const { path, document, at, group } of SETTINGS) {
    equal(treePathOf(document, at.join(".")), path);
    equal(group, path.split(".")[0]);
    ok(GROUP_TITLES[group], group);
  }
});

Deno.test("a path that the tree has no place for is told as it is in its document", () => {
  equal(treePathOf("settings:all", "custom"), "custom");
  equal(treePathOf("mode:scalp", "turbo"), "mode_configs.scalp.turbo");
  equal(treePathOf("mode:scalp", ""), "mode_configs.scalp");
  equal(treePathOf("settings:all", "trading.turbo.x"), "trading.turbo.x");
  equal(
    treePathOf("settings:all", "trading.llm_config.provider"),
    "llm_config.global.provider",
  );
});

Deno.test("a group of a document may be several of the tree", () => {
  deepEqual(treePathsOf("settings:all", "trading"), [
    "global_trading",
    "safety_settings",
    "position_optimization",
    "llm_config.global",
    "early_warning",
  ]);
  deepEqual(treePathsOf("settings:all", "notifications"), ["notifications"]);
  deepEqual(treePathsOf("settings:all", "trading.early_warning"), [
    "early_warning",
  ]);
  deepEqual(treePathsOf("settings:all", "custom"), ["custom"]);
  deepEqual(treePathsOf("mode:ultra", "sltp"), ["mode_configs.ultra.sltp"]);
  deepEqual(treePathsOf("circuit_breaker", "enabled"), [
    "circuit_breaker.global.enabled",
  ]);
});

Deno.test("the tree and the documents are the same settings", () => {
  const tree = BUILT_IN_TREE;
  const documents = documentsOfTree(tree);
  for (const document of USER_DOCUMENTS) {
    deepEqual(faultsOf(SHAPES[document], documents[document]), []);
  }
  for (const setting of SETTINGS) {
    deepEqual(valueOf(documents, setting), setting.field.default);
    deepEqual(valueAt(tree, setting.path.split(".")), setting.field.default);
  }
  deepEqual(faultsOf(TREE_SHAPE, tree), []);
  deepEqual(treeOfDocuments(documents), tree);
  deepEqual(treeOfDocuments({}), {});
  deepEqual(documentsOfTree({})["mode:scalp"], {});
  equal(valueOf({}, SETTINGS[0]!), undefined);
});

Deno.test("a rule of a document is one of the tree, told by its paths there", () => {
  const { length } = TREE_SHAPE.rules;
  equal(
    length,
    USER_DOCUMENTS.reduce((sum, name) => sum + SHAPES[name].rules.length, 0),
  );
  const paths = new Set(SETTINGS.map(({ path }) => path));
  for (const rule of TREE_SHAPE.rules) {
    for (const path of rule.paths) ok(paths.has(path), path);
    // What it says names the others as they are called there.
    for (const path of rule.paths.slice(1)) {
      ok(rule.says.includes(path), `${rule.paths[0]} ${rule.says}`);
    }
  }
  const tree = withValue(
    BUILT_IN_TREE,
    "mode_configs.swing.sltp.stop_loss_percent".split("."),
    50,
  );
  deepEqual(faultsOf(TREE_SHAPE, tree).map(({ path }) => path), [
    "mode_configs.swing.sltp.stop_loss_percent",
  ]);
});

Deno.test("settings are found at and beneath a path, whole names only", () => {
  const count = (path: string) => settingsAt(path).length;
  equal(count("mode_configs"), 4 * 139);
  equal(count("mode_configs.ultra_fast"), 139);
  equal(count("safety_settings.ultra_fast"), 11);
  equal(count("scalp_reentry"), 54);
  equal(count("mode_configs.scalp.sltp.stop_loss_percent"), 1);
  equal(count("all"), leavesOf(SHAPES["settings:all"].fields).length);
  equal(count("trading") + count("notifications"), count("all"));
  equal(
    settingsAt("capital_allocation.ultra_fast_percent")[0]!.path,
    "capital_allocation.ultra_fast_percent",
  );
  for (
    const path of [
      "",
      "mode",
      "mode_configs.",
      "mode_configs.sca",
      ".",
      "ultra_fast",
      "constructor",
    ]
  ) {
    throws(() => settingsAt(path), { name: "InvalidInput" }, path);
  }
  throws(() => settingsAt("x".repeat(9999)), (error: Error) => {
    ok(error.message.length < 500);
    return true;
  });
});

Deno.test("a value is set without changing what was given", () => {
  const given = { a: { b: 1 }, c: 2 };
  deepEqual(withValue(given, ["a", "b"], 3), { a: { b: 3 }, c: 2 });
  deepEqual(withValue(given, ["c", "d"], 3), { a: { b: 1 }, c: { d: 3 } });
  deepEqual(given, { a: { b: 1 }, c: 2 });
  const evil = withValue({}, ["__proto__", "x"], 1);
  deepEqual(Object.keys(evil), ["__proto__"]);
  equal(Object.getPrototypeOf(evil), Object.prototype);
  equal(valueAt({}, ["constructor"]), undefined);
  equal(valueAt({ a: [1] }, ["a", "0"]), undefined);
});

Deno.test("remarks and old names of a defaults file mean nothing but what they say", () => {
  const tree = readDefaultsFile({
    metadata: { version: 1 },
    _remark: 7,
    mode_configs: {
      _note: "x",
      ultra_fast: { enabled: true, _risk_info: {}, sltp: { _why: "" } },
    },
  });
  const expected = withValue(
    BUILT_IN_TREE,
    ["mode_configs", "ultra", "enabled"],
    true,
  );
  deepEqual(tree, expected);
});

Deno.test("what a file leaves out is the program's own, what the defaults leave out is missing", () => {
  deepEqual(readDefaultsFile({}), BUILT_IN_TREE);
  deepEqual(completedDefaults({ notifications: {} }), BUILT_IN_TREE);
  throws(() => readDefaults({}), {
    name: "InvalidInput",
    message: /^Cannot accept these defaults as mode_configs is required/,
  });
  deepEqual(readDefaults(BUILT_IN_TREE), BUILT_IN_TREE);
});

Deno.test("a mode by both of its names is refused, as nobody knows which was meant", () => {
  const file = {
    mode_configs: { ultra: { enabled: true }, ultra_fast: { enabled: false } },
    safety_settings: { ultra_fast: {}, ultra: {} },
  };
  throws(() => readDefaultsFile(file), (error: unknown) => {
    const { errors } = error as { errors: { path: string; message: string }[] };
    deepEqual(errors.map(({ path }) => path), [
      "mode_configs.ultra_fast",
      "safety_settings.ultra_fast",
    ]);
    match(errors[0]!.message, /^must not stand beside ultra, /);
    return true;
  });
});

Deno.test("a file that is none of a tree is refused", () => {
  for (const value of [null, 7, "x", [], [{}], true]) {
    throws(() => readDefaultsFile(value), (error: Error) => {
      match(
        error.message,
        /^Cannot accept these defaults as it must be an object: current value is /,
      );
      return true;
    });
  }
  for (
    const [value, path] of [
      [{ mode_configs: [] }, "mode_configs"],
      [{ mode_configs: { scalp: null } }, "mode_configs.scalp"],
      [{ custom: {} }, "custom"],
      [{ mode_configs: { scalp_reentry: {} } }, "mode_configs.scalp_reentry"],
    ] as [JsonObject, string][]
  ) {
    throws(() => readDefaultsFile(value), (error: unknown) => {
      const { errors } = error as { errors: { path: string }[] };
      deepEqual(errors.map((one) => one.path), [path]);
      return true;
    });
  }
});
