/**
 * A model registry over a LightGBM file obeys the contract of its port, and says
 * what is wrong with the file.
 *
 * @module
 */
import { openLightgbmModelRegistry } from "../../adapters/lightgbm/model_registry.ts";
import { createMemoryModelRegistry } from "../../adapters/memory/model_registry.ts";
import { ALPHA158_NAMES } from "../../domain/alpha158/alpha158.ts";
import { PortError } from "../../ports/port_error.ts";
import {
  type ModelSource,
  testModelRegistry,
} from "../contracts/model_registry.ts";
import constant from "../golden/lightgbm/constant.txt" with { type: "text" };
import expected from "../golden/lightgbm/expected.json" with { type: "json" };
import regression from "../golden/lightgbm/regression.txt" with {
  type: "text",
};
import { deepEqual, equal, rejects } from "../support/assert.ts";
import { createFakeClock } from "../support/fake_clock.ts";
import { leaf, modelText, split } from "../support/lightgbm_models.ts";
import { subject } from "../support/memory_world.ts";
import { needs } from "../support/needs.ts";

const ROWS = (expected.rows as (number | string | null)[][])
  .map((row) => Float64Array.from(row, (x) => x === null ? NaN : Number(x)));

const FEATURES = ["a", "b"];

testModelRegistry("memory", async () => {
  const clock = createFakeClock();
  let held: ModelSource = "absent";
  const about = { objective: "none", treeCount: 1, featureCount: 2 };
  const refusal = (code: "corrupt" | "invalid") => {
    throw new PortError(code, `Cannot use the model as it is ${held}`);
  };
  const registry = createMemoryModelRegistry({
    strategy: "test",
    clock,
    source: () => {
      if (held === "absent") return undefined;
      if (held === "damaged") return refusal("corrupt");
      if (held !== "first" && held !== "second") return refusal("invalid");
      const score = held === "first" ? 1 : 2;
      return { ...about, version: held, score: () => score };
    },
  });
  const put = async (source: ModelSource) => void (held = source);
  return subject(
    { registry, featureCount: 2, put, elapse: clock.advance },
    registry,
  );
});

const TEXTS: Record<Exclude<ModelSource, "absent">, string> = {
  first: modelText([split()]),
  second: modelText([split({ leaf_value: "1 2" })]),
  damaged: modelText([split()]).slice(0, -50),
  "other features": modelText([split()], { feature_names: "a c" }),
  "two outputs": modelText([leaf(1), leaf(2)], {
    objective: "",
    num_class: 2,
    num_tree_per_iteration: 2,
  }),
};

if (await needs(import.meta.url, ["read", "write"])) {
  const openFile = async (featureNames: readonly string[] = FEATURES) => {
    const dir = await Deno.makeTempDir();
    const path = `${dir}/model.txt`;
    const clock = createFakeClock();
    const registry = await openLightgbmModelRegistry({
      path,
      featureNames,
      strategy: "alpha_baseline",
      clock,
    });
    const replace = async (text: string) => {
      await Deno.writeTextFile(`${path}.new`, text);
      await Deno.rename(`${path}.new`, path);
    };
    const put = async (source: ModelSource) => {
      if (source !== "absent") return await replace(TEXTS[source]);
      await Deno.remove(path).catch(() => {});
    };
    const parts = { registry, path, dir, clock, replace, put };
    return subject(
      { ...parts, featureCount: featureNames.length, elapse: clock.advance },
      registry,
      { [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }) },
    );
  };

  testModelRegistry("lightgbm", () => openFile());

  Deno.test("lightgbm: a file becomes a model that says what it is", async () => {
    await using file = await openFile(ALPHA158_NAMES);
    await file.replace(regression);
    const { model } = await file.registry.reload();
    const digest = await crypto.subtle.digest(
      "SHA-256",
      new TextEncoder().encode(regression),
    );
    deepEqual(model.info, {
      strategy: "alpha_baseline",
      version: new Uint8Array(digest).toHex().slice(0, 12),
      activatedAt: file.clock.now(),
      objective: "regression",
      treeCount: 20,
      featureCount: 158,
    });
    ROWS.forEach((row, i) => {
      const features = row.slice(0, 158);
      equal(model.predict(features), expected.models.regression.raw[i]![0]);
    });
  });

  Deno.test("lightgbm: a constant model is usable", async () => {
    await using file = await openFile(ALPHA158_NAMES);
    await file.replace(constant);
    const { model } = await file.registry.reload();
    equal(model.predict(new Float64Array(158)), 0.18553496438402445);
  });

  Deno.test("lightgbm: the reason of a refusal is named", async () => {
    await using file = await openFile();
    const refuses = (code: string, message: RegExp) =>
      rejects(file.registry.reload(), { name: "PortError", code, message });

    await refuses("not_found", new RegExp(`${file.path} as there is no such`));
    await file.replace(modelText([leaf(1)], { feature_names: "a z" }));
    await refuses("invalid", /feature 1 must be b: current value is z/);
    const wide = { max_feature_idx: 2, feature_names: "a b c" };
    await file.replace(modelText([leaf(1)], wide));
    await refuses("invalid", /2 features: .* 3, the first unknown one is c/);
    const narrow = { max_feature_idx: 0, feature_names: "a" };
    await file.replace(modelText([leaf(1)], narrow));
    await refuses("invalid", /feature 1 must be b: current value is absent/);
    await file.put("two outputs");
    await refuses("invalid", /one output a row: current value is 2/);
    await file.replace(modelText([leaf(1e308), leaf(1e308)]));
    await refuses("corrupt", /finite number: current value is Infinity/);
    await Deno.writeFile(file.path, Uint8Array.of(0xff, 0xfe));
    await refuses("corrupt", /not UTF-8/);
    await Deno.remove(file.path);
    await Deno.mkdir(file.path);
    await refuses("invalid", /must be a file .* current value is no file/);
    await Deno.remove(file.path);
    await Deno.symlink("model.txt", file.path);
    await refuses("unavailable", /cannot be read/);
  });

  Deno.test("lightgbm: a registry closed while it loads activates nothing", async () => {
    await using file = await openFile();
    await file.put("first");
    const reload = file.registry.reload();
    await file.registry[Symbol.asyncDispose]();
    await rejects(reload, { code: "closed" });
    equal(file.registry.active(), undefined);
  });

  Deno.test("lightgbm: an abort stops the read", async () => {
    await using file = await openFile();
    await file.put("first");
    const stop = new AbortController();
    const reload = file.registry.reload(stop.signal);
    await Promise.resolve();
    await Promise.resolve();
    stop.abort(new Error("gone"));
    await rejects(reload, { message: "gone" });
    equal(file.registry.active(), undefined);
  });
}
