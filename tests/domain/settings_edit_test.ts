/**
 * Settings documents changed, and what is told of the change.
 *
 * @module
 */
import fc from "fast-check";
import { isSameValue, type JsonObject } from "../../domain/json_value.ts";
import { withValue } from "../../domain/settings/catalogue.ts";
import {
  changedPaths,
  merged,
  withValuesOf,
} from "../../domain/settings/edit.ts";
import { SETTINGS } from "../../domain/settings/catalogue.ts";
import { leavesOf, SHAPES } from "../../domain/settings/shape.ts";
import { USER_DOCUMENTS } from "../../domain/settings.ts";
import { MAX_PATHS_CHARS } from "../../ports/settings_store.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";
import { defaultDocument, userSettings } from "../support/default_documents.ts";
import { RUNS } from "../support/settings_values.ts";

const SCALP = SHAPES["mode:scalp"];

Deno.test("what has changed is told field by field", () => {
  const before = defaultDocument("mode:scalp");
  const after = structuredClone(before);
  deepEqual(changedPaths(SCALP, before, after), []);
  after.enabled = !after.enabled;
  after.sltp.tp_allocation = [50, 50];
  after.size.leverage = 1;
  deepEqual(changedPaths(SCALP, before, after), [
    "enabled",
    "size.leverage",
    "sltp.tp_allocation",
  ]);
});

Deno.test("what is kept under custom is told as one", () => {
  const shape = SHAPES["settings:all"];
  const paths = (before: JsonObject, after: JsonObject) =>
    changedPaths(shape, userSettings(before), userSettings(after));
  deepEqual(paths({ a: 1, b: 2 }, { b: 2, a: 1 }), []);
  deepEqual(paths({ a: { b: 1 } }, { a: { b: 2 } }), ["custom"]);
  const { custom: _, ...without } = userSettings({});
  deepEqual(changedPaths(shape, without, userSettings({})), ["custom"]);
});

Deno.test("what is told never is too long for an event, and covers every change", () => {
  for (const document of USER_DOCUMENTS) {
    const shape = SHAPES[document];
    const leaves = leavesOf(shape.fields);
    const before = defaultDocument(document) as JsonObject;
    const anyLeaves = fc.oneof(
      fc.subarray([...leaves]),
      fc.constant([...leaves]),
      fc.constant(leaves.slice(0, 20)),
    );
    fc.assert(
      fc.property(anyLeaves, (changed) => {
        let after = before;
        for (const { path } of changed) {
          after = withValue(after, path, "changed");
        }
        const paths = changedPaths(shape, before, after);
        const names = changed.map(({ path }) => path.join("."));
        const told = (name: string) =>
          !paths ||
          paths.some((path) => name === path || name.startsWith(`${path}.`));
        for (const name of names) ok(told(name), name);
        if (paths) {
          ok(paths.join().length <= 600 && 600 < MAX_PATHS_CHARS);
          equal(new Set(paths).size, paths.length);
          // Nothing is told where nothing has changed.
          for (const path of paths) {
            ok(
              names.some((name) =>
                name === path || name.startsWith(`${path}.`)
              ),
              path,
            );
          }
        }
        // No shorter than need be.
        if (names.join().length + 3 * names.length <= 600) {
          deepEqual(paths, names);
        }
      }),
      { ...RUNS, numRuns: 60 },
    );
  }
});

Deno.test("too many fields are told by their groups, and where there are none not at all", () => {
  const change = (document: "mode:scalp" | "scalp_reentry" | "settings:all") =>
    changedPaths(SHAPES[document], undefined, defaultDocument(document));
  deepEqual(change("mode:scalp"), Object.keys(SCALP.fields));
  const parts = change("settings:all")!;
  ok(parts.includes("trading.global_trading"));
  equal(change("scalp_reentry"), undefined);
});

Deno.test("values are the same whatever the order of names, and else not", () => {
  const same: [unknown, unknown][] = [
    [1, 1],
    [null, null],
    [[], []],
    [{}, {}],
    [{ a: 1, b: [{ c: null }] }, { b: [{ c: null }], a: 1 }],
  ];
  for (const [one, other] of same) equal(isSameValue(one, other), true);
  const different: [unknown, unknown][] = [
    [1, "1"],
    [0, false],
    [null, undefined],
    [[], {}],
    [{}, null],
    [[1, 2], [2, 1]],
    [[1], [1, 2]],
    [{ a: 1 }, { a: 1, b: 2 }],
    [{ a: undefined }, { b: undefined }],
    [JSON.parse('{"__proto__":1}'), {}],
    [{ a: 1 }, JSON.parse('{"__proto__":{"a":1}}')],
    [{ toString: 1 }, {}],
  ];
  for (const [one, other] of different) {
    equal(isSameValue(one, other), false, JSON.stringify([one, other]));
    equal(isSameValue(other, one), false, JSON.stringify([other, one]));
  }
});

Deno.test("a merge changes nothing that was given, and keeps the order of names", () => {
  const document = defaultDocument("mode:scalp");
  const copy = structuredClone(document);
  const next = merged(SCALP, document, { sltp: { stop_loss_percent: 1 } });
  deepEqual(document, copy);
  deepEqual(Object.keys(next), Object.keys(document));
  deepEqual(
    Object.keys(next["sltp"] as JsonObject),
    Object.keys(document.sltp),
  );
});

Deno.test("a merge of nothing is nothing, and of a whole document that document", () => {
  for (const document of USER_DOCUMENTS) {
    const value = defaultDocument(document) as JsonObject;
    deepEqual(merged(SHAPES[document], value, {}), value);
    deepEqual(merged(SHAPES[document], value, value), value);
    deepEqual(merged(SHAPES[document], {}, value), value);
  }
});

Deno.test("under custom a merge is a JSON merge patch", () => {
  // The table of RFC 7396, appendix A, where both are objects.
  const cases: [target: string, patch: string, result: string][] = [
    ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
    ['{"a":"b"}', '{"a":null}', "{}"],
    ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
    ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
    ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
    ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
    ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
    ["{}", '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
  ];
  const shape = SHAPES["settings:all"];
  for (const [target, patch, result] of cases) {
    const document = userSettings(JSON.parse(target));
    const next = merged(shape, document, { custom: JSON.parse(patch) });
    equal(JSON.stringify(next["custom"]), result);
  }
});

Deno.test("values are taken from one set of documents into another, and nothing else", () => {
  const mine = {
    "mode:scalp": defaultDocument("mode:scalp"),
    "circuit_breaker": defaultDocument("circuit_breaker"),
  };
  const theirs = structuredClone(mine);
  theirs["mode:scalp"].sltp.stop_loss_percent = 1;
  theirs["mode:scalp"].enabled = false;
  theirs.circuit_breaker.max_daily_loss = 7;
  const only = SETTINGS.filter(({ path }) =>
    path === "mode_configs.scalp.sltp.stop_loss_percent"
  );
  const next = withValuesOf(mine, only, theirs);
  const expected = structuredClone(mine);
  expected["mode:scalp"].sltp.stop_loss_percent = 1;
  deepEqual(next, expected);
  equal(next["circuit_breaker"], mine.circuit_breaker);
  equal(mine["mode:scalp"].sltp.stop_loss_percent, 1.5);
});

Deno.test("null removes the free member, and nothing else", () => {
  const document = { trading: { a: 1 }, notifications: {}, custom: { b: 2 } };
  const { custom: _, ...others } = document;
  deepEqual(merged(SHAPES["settings:all"], document, { custom: null }), others);
});
