/**
 * Every field of every document: bad values refused by its path, good ones
 * accepted and read back.
 *
 * @module
 */
import fc from "fast-check";
import type { JsonObject } from "../../domain/json_value.ts";
import { withValue } from "../../domain/settings/catalogue.ts";
import { faultsOf } from "../../domain/settings/check.ts";
import { leavesOf, SHAPES } from "../../domain/settings/shape.ts";
import { deepEqual, equal, ok } from "../support/assert.ts";
import { defaultDocument } from "../support/default_documents.ts";
import { badValue, goodValue, RUNS } from "../support/settings_values.ts";
import { openSettings, PLACES } from "./settings_client.ts";

/** As JSON that a client may send: beyond a double where the value is. */
function textOf(value: unknown): string {
  return JSON.stringify(
    value,
    (_, one) => one === Infinity ? "1e999" : one === -Infinity ? "-1e999" : one,
  ).replaceAll(/"(-?1e999)"/g, "$1");
}

function nested(path: readonly string[], value: unknown): JsonObject {
  return withValue({}, path, value);
}

for (const [document, place] of PLACES) {
  const shape = SHAPES[document];
  const leaves = leavesOf(shape.fields);
  const base = defaultDocument(document) as JsonObject;
  const ruleOf = (path: string) =>
    shape.rules.filter(({ paths }) => paths.includes(path));

  Deno.test(`${document}: a bad value of any field is refused with that path, and that alone`, async () => {
    const { harness } = openSettings();
    for (const [i, { path, field }] of leaves.entries()) {
      const runs = { seed: RUNS.seed + i, numRuns: 8 };
      const bad = fc.sample(badValue(field), runs);
      const { type } = field;
      if (type.kind === "number" && type.above !== undefined) {
        bad.push(type.above);
      }
      for (const value of bad) {
        const faults = faultsOf(shape, withValue(base, path, value));
        const paths = faults.map((fault) => fault.path);
        deepEqual(paths, [path.join(".")], `${path} ${textOf(value)}`);
      }
      const value = bad[0];
      const { status, json } = await harness.send("PATCH", place, {
        body: textOf(nested(path, value)),
      });
      equal(status, 422, `${path} ${textOf(value)}`);
      const paths = json.errors.map((error: { path: string }) => error.path);
      deepEqual(paths, [path.join(".")]);
    }
    const { json } = await harness.send("GET", "/api/v1/events?after=9");
    deepEqual(json.events, []);
  });

  Deno.test(`${document}: a good value of any field is accepted and read back, unless a rule is against it`, async () => {
    const { get, patch } = openSettings();
    let accepted = 0;
    for (const [i, { path, field }] of leaves.entries()) {
      const runs = { seed: RUNS.seed + i, numRuns: 8 };
      const name = path.join(".");
      const good = fc.sample(goodValue(field), runs);
      for (const value of good) {
        const faults = faultsOf(shape, withValue(base, path, value));
        const rules = ruleOf(name).map(({ paths }) => paths[0]);
        for (const fault of faults) {
          ok(rules.includes(fault.path), `${name} ${textOf(value)}`);
        }
      }
      const value = good.at(-1);
      const { status } = await patch(place, nested(path, value));
      if (status === 422) {
        ok(ruleOf(name).length > 0, name);
        continue;
      }
      equal(status, 200, name);
      const { json } = await get(place);
      deepEqual(path.reduce((at, step) => at[step], json), value, name);
      equal((await patch(place, nested(path, field.default))).status, 200);
      accepted++;
    }
    ok(accepted >= leaves.length / 2, `${accepted} of ${leaves.length}`);
    deepEqual((await get(place)).json, base);
  });

  Deno.test(`${document}: a field that is missing, or another one beside it, is told by its path`, () => {
    for (const { path } of leaves) {
      const without = withValue(base, path, undefined);
      deepEqual(faultsOf(shape, without), [{
        path: path.join("."),
        message: "is required",
      }]);
      const other = [...path.slice(0, -1), `${path.at(-1)}_`];
      deepEqual(
        faultsOf(shape, withValue(base, other, 1)).map((f) => f.path),
        [other.join(".")],
      );
    }
  });
}
