/**
 * Comparison, reset, load-defaults and PATCH against a plain model: a value by
 * path, for each user and for the defaults.
 *
 * @module
 */
import fc from "fast-check";
import {
  BUILT_IN_TREE,
  SETTINGS,
  TREE_SHAPE,
} from "../../domain/settings/catalogue.ts";
import { deepEqual, equal } from "../support/assert.ts";
import {
  beneath,
  type Flat,
  flatten,
  isSame,
  placeOf,
  unflatten,
  valuesIn,
} from "../support/settings_model.ts";
import { goodValue, RUNS } from "../support/settings_values.ts";
import {
  clientOf,
  openSettings,
  PATHS,
  PLACES,
  type SettingsClient,
} from "./settings_client.ts";

const RULED = new Set(TREE_SHAPE.rules.flatMap(({ paths }) => paths));

/** Settings that no rule speaks of, so that any good value is accepted. */
const FREE = SETTINGS.filter(({ path }) => !RULED.has(path));

/** Few of them, three a document, so that what is done meets what was done. */
const MET = PLACES.flatMap(([document]) =>
  FREE.filter((setting) => setting.document === document).slice(0, 3)
);
const RISKS = new Map(SETTINGS.map(({ path, field }) => [path, field.risk]));

/** What the service should know. */
interface Model {
  defaults: Flat;
  /** By user; who is not there has never been seen. */
  readonly users: Map<string, Flat>;
}

type Step = (
  model: Model,
  client: (user: string) => SettingsClient,
  operator: SettingsClient,
) => Promise<void>;

/** The settings of `user`, who gets the defaults when he is new. */
function settingsOf(model: Model, user: string): Flat {
  return model.users.getOrInsertComputed(user, () => new Map(model.defaults));
}

const anyUser = fc.constantFrom("ann", "bob");
const anySetting = fc.oneof(
  { arbitrary: fc.constantFrom(...MET), weight: 5 },
  fc.constantFrom(...FREE),
);
const anyChange = anySetting.chain((setting) =>
  goodValue(setting.field).map((value) => ({ path: setting.path, value }))
);
const anyPath = fc.tuple(
  fc.oneof(
    { arbitrary: fc.constantFrom(...MET), weight: 5 },
    fc.constantFrom(...SETTINGS),
  ),
  fc.constantFrom(1, 2, 3, 9, 9, 9),
)
  .map(([{ path }, depth]) => path.split(".").slice(0, depth).join("."));

const anyPatch = fc.tuple(
  anyUser,
  fc.array(anyChange, { minLength: 1, maxLength: 4 }),
)
  .map(([user, changes]): Step => async (model, client) => {
    const settings = settingsOf(model, user);
    // Those of the first one's document, in one request.
    const { document } = placeOf(changes[0]!.path);
    const mine = changes.filter(({ path }) =>
      placeOf(path).document === document
    );
    const patch = unflatten(
      mine.map(({ path, value }) => [placeOf(path).at.join("."), value]),
    );
    for (const { path, value } of mine) settings.set(path, value);
    const place = PATHS[document as keyof typeof PATHS];
    const { status, json } = await client(user).patch(place, patch);
    equal(status, 200);
    deepEqual(flatten(json), valuesIn(settings, document));
  });

const anyReset = fc.tuple(anyUser, anyPath)
  .map(([user, path]): Step => async (model, client) => {
    const settings = settingsOf(model, user);
    const paths = beneath(settings, path);
    const differing = paths.filter((one) =>
      !isSame(settings.get(one), model.defaults.get(one))
    );
    const expected = differing.map((one) => ({
      path: one,
      old_value: settings.get(one),
      new_value: model.defaults.get(one),
    }));
    const { status, json } = await client(user)
      .post("/api/user/settings/reset", { path });
    equal(status, 200);
    deepEqual(json.changes.toSorted(byPath), expected.toSorted(byPath));
    deepEqual(
      Object.keys(json.versions).sort(),
      [...new Set(differing.map((one) => placeOf(one).document))].sort(),
    );
    for (const one of differing) settings.set(one, model.defaults.get(one));
  });

const anyLoad = fc.tuple(anyUser, fc.boolean())
  .map(([user, preview]): Step => async (model, client) => {
    const settings = settingsOf(model, user);
    const differing = [...settings.keys()].filter((path) =>
      !isSame(settings.get(path), model.defaults.get(path))
    );
    const { status, json } = await client(user)
      .post(`/api/user/settings/load-defaults?preview=${preview}`);
    equal(status, 200);
    equal(json.total_changes, differing.length);
    equal(json.changes_applied, preview ? 0 : differing.length);
    deepEqual(
      json.differences.map(({ path }: { path: string }) => path).sort(),
      differing.toSorted(),
    );
    if (preview) return;
    for (const path of differing) settings.set(path, model.defaults.get(path));
  });

const anyComparison = anyUser.map((user): Step => async (model, client) => {
  const settings = settingsOf(model, user);
  const expected = [...settings]
    .filter(([path, value]) => !isSame(value, model.defaults.get(path)))
    .map(([path, current]) => ({
      path,
      current,
      default: model.defaults.get(path),
      risk_level: RISKS.get(path),
    }));
  const { json } = await client(user).get("/api/user/settings/comparison");
  const groups = Object.values<{
    change_count: number;
    differences: { path: string; impact: string; recommendation: string }[];
  }>(json.groups);
  deepEqual(
    groups.flatMap(({ differences }) => differences)
      .map(({ impact: _, recommendation: __, ...rest }) => rest)
      .toSorted(byPath),
    expected.toSorted(byPath),
  );
  for (const risk of ["high", "medium", "low"]) {
    equal(
      json[`${risk}_risk_count`],
      expected.filter(({ risk_level }) => risk_level === risk).length,
    );
  }
  equal(json.total_settings, settings.size);
  equal(json.all_match, expected.length === 0);
  for (const { change_count, differences } of groups) {
    equal(change_count, differences.length);
  }
});

const anyDefaults = fc.array(anyChange, { minLength: 1, maxLength: 3 })
  .map((changes): Step => async (model, _, operator) => {
    const next = new Map(model.defaults);
    // A zero may be dangerous there, and is another test's.
    for (const { path, value } of changes) {
      if (value !== 0) next.set(path, value);
    }
    const { status } = await operator
      .put("/api/admin/defaults", unflatten(next));
    equal(status, 200);
    model.defaults = next;
  });

const anyRead = anyUser.map((user): Step => async (model, client) => {
  const settings = settingsOf(model, user);
  for (const [document, path] of PLACES) {
    const { json } = await client(user).get(path);
    deepEqual(sorted(flatten(json)), sorted(valuesIn(settings, document)));
  }
});

Deno.test("settings are as a plain model says, whatever is done with them", async () => {
  const anySteps = fc.array(
    fc.oneof(
      { arbitrary: anyPatch, weight: 6 },
      { arbitrary: anyReset, weight: 3 },
      anyLoad,
      { arbitrary: anyComparison, weight: 2 },
      anyDefaults,
      anyRead,
    ),
    { minLength: 1, maxLength: 25, size: "max" },
  );
  await fc.assert(
    fc.asyncProperty(anySteps, async (steps) => {
      const { harness, ...operator } = openSettings();
      const client = (user: string) => clientOf(harness, user);
      const model: Model = {
        defaults: flatten(BUILT_IN_TREE),
        users: new Map(),
      };
      for (const step of steps) await step(model, client, operator);
      for (const [user, settings] of model.users) {
        const { json } = await client(user).get(
          "/api/user/settings?include=all",
        );
        for (const [document] of PLACES) {
          deepEqual(
            sorted(flatten(json.documents[document].value)),
            sorted(valuesIn(settings, document)),
          );
        }
      }
    }),
    { ...RUNS, numRuns: 40 },
  );
});

Deno.test("the model is of every setting, in its document", () => {
  const flat = flatten(BUILT_IN_TREE);
  deepEqual([...flat.keys()].sort(), SETTINGS.map(({ path }) => path).sort());
  for (const { path, document, at } of SETTINGS) {
    deepEqual(placeOf(path), { document, at });
  }
});

function byPath(one: { path: string }, other: { path: string }): number {
  return one.path < other.path ? -1 : 1;
}

function sorted(flat: Flat): [string, unknown][] {
  return [...flat].sort(([a], [b]) => a < b ? -1 : 1);
}
