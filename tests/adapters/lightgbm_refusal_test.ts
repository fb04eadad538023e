/**
 * Models that are not understood are refused, whatever is wrong with them.
 *
 * @module
 */
import fc from "fast-check";
import {
  type LightgbmModel,
  parseLightgbmModel,
} from "../../adapters/lightgbm/parse_model.ts";
import { PortError } from "../../ports/port_error.ts";
import constant from "../golden/lightgbm/constant.txt" with { type: "text" };
import linearTree from "../golden/lightgbm/linear_tree.txt" with {
  type: "text",
};
import multiclass3 from "../golden/lightgbm/multiclass3.txt" with {
  type: "text",
};
import regressionCat from "../golden/lightgbm/regression_cat.txt" with {
  type: "text",
};
import rf from "../golden/lightgbm/rf.txt" with { type: "text" };
import { equal, match, ok, throws } from "../support/assert.ts";
import { leaf, modelText, predict, split } from "../support/lightgbm_models.ts";

Deno.test("lightgbm: what is not understood is refused in one sentence", () => {
  const set = {
    decision_type: 1,
    num_cat: 1,
    threshold: 0,
    cat_boundaries: "0 1",
    cat_threshold: 1,
  };
  const linear = {
    is_linear: 1,
    leaf_const: "1 2",
    num_features: "1 0",
    leaf_features: "0",
    leaf_coeff: "2",
  };
  const three = {
    num_leaves: 3,
    split_feature: "0 0",
    threshold: "1 2",
    decision_type: "2 2",
    leaf_value: "1 2 3",
  };
  const cases: [string, "corrupt" | "invalid", RegExp][] = [
    ["", "corrupt", /does not begin like a LightGBM text model/],
    ["{}", "corrupt", /does not begin like a LightGBM text model/],
    ["tree\n", "corrupt", /cut off/],
    [modelText([]), "corrupt", /no trees/],
    [
      modelText([leaf(1)], { version: "v9" }),
      "invalid",
      /version is not known: current value is v9/,
    ],
    [modelText([leaf(1)], { version: "" }), "corrupt", /header lacks version/],
    [
      modelText([leaf(1)], { objective: "magic" }),
      "invalid",
      /objective is not known: current value is magic/,
    ],
    [
      modelText([leaf(1)], { objective: "toString" }),
      "invalid",
      /objective is not known/,
    ],
    [
      modelText([leaf(1)], { objective: "regression cubed" }),
      "invalid",
      /unknown option: current value is cubed/,
    ],
    [
      modelText([leaf(1)], { objective: "binary" }),
      "corrupt",
      /sigmoid must be a number above 0: current value is absent/,
    ],
    [
      modelText([leaf(1)], { objective: "binary sigmoid:-1" }),
      "corrupt",
      /sigmoid must be a number above 0: current value is -1/,
    ],
    [
      modelText([leaf(1)], { objective: "multiclass num_class:3" }),
      "corrupt",
      /disagrees with num_tree_per_iteration=1/,
    ],
    [
      modelText([leaf(1), leaf(2)], {
        num_class: 2,
        num_tree_per_iteration: 2,
      }),
      "corrupt",
      /regression disagrees with num_tree_per_iteration=2/,
    ],
    [
      modelText([leaf(1)], { num_class: 2 }),
      "corrupt",
      /num_class must equal/,
    ],
    [
      modelText([leaf(1), leaf(2), leaf(3)], {
        objective: "",
        num_class: 2,
        num_tree_per_iteration: 2,
      }),
      "corrupt",
      /multiple of 2: current value is 3/,
    ],
    [
      modelText([leaf(1)], { tree_sizes: "1 1" }),
      "corrupt",
      /must have 2 trees, as tree_sizes says: current value is 1/,
    ],
    [
      modelText([leaf(1)], { feature_names: "a" }),
      "corrupt",
      /feature_names must be 2/,
    ],
    [
      modelText([leaf(1)], { feature_names: "a a" }),
      "corrupt",
      /names a feature twice: current value is a/,
    ],
    [
      modelText([leaf(1)], { surprise: 1 }),
      "corrupt",
      /header has a line that is not understood: current value is surprise=1/,
    ],
    [
      modelText([leaf(1)], { average_output: 1 }),
      "corrupt",
      /not understood: current value is average_output=1/,
    ],
    [
      modelText([leaf(1)], { max_feature_idx: "flag" }),
      "corrupt",
      /not understood: current value is max_feature_idx/,
    ],
    [
      modelText([leaf(1)]).replace("Tree=0", "Tree=1"),
      "corrupt",
      /tree 0 does not follow: current value is Tree=1/,
    ],
    [
      modelText([leaf(1)]).replace("shrinkage", "num_leaves"),
      "corrupt",
      /tree 0 says num_leaves twice/,
    ],
    [
      modelText([leaf(1)]).replace("num_leaves=1\n", ""),
      "corrupt",
      /tree 0 lacks num_leaves/,
    ],
    [modelText([leaf(NaN)]), "corrupt", /leaf_value of its tree 0 must be fin/],
    [modelText([split({ threshold: "1e999" })]), "corrupt", /finite/],
    [modelText([split({ threshold: "0x1" })]), "corrupt", /finite/],
    [
      modelText([split({ threshold: "1 2" })]),
      "corrupt",
      /threshold of its tree 0 must have 1 values: current value is 2 values/,
    ],
    [
      modelText([split({ num_leaves: 2147483647 })]),
      "corrupt",
      /must have 2147483646 values: current value is 1 values/,
    ],
    [
      modelText([split({ split_feature: 2 })]),
      "corrupt",
      /split_feature .* from 0 to 1: current value is 2/,
    ],
    [
      modelText([split({ left_child: -3 })]),
      "corrupt",
      /left_child .* from -2 to 0: current value is -3/,
    ],
    [
      modelText([split({ left_child: 0 })]),
      "corrupt",
      /split 0 of its tree 0 must lead to a later one: current value is 0/,
    ],
    [
      modelText([
        split({ ...three, left_child: "1 1", right_child: "-1 -2" }),
      ]),
      "corrupt",
      /split 1 of its tree 0 must lead to a later one/,
    ],
    [
      modelText([
        split({ ...three, left_child: "1 -2", right_child: "1 -3" }),
      ]),
      "corrupt",
      /two splits of its tree 0 lead to the same place: current value is 1/,
    ],
    [
      modelText([split({ decision_type: 12 })]),
      "invalid",
      /decision_type of split 0 of its tree 0 is not known: current value is 12/,
    ],
    [
      modelText([split({ decision_type: 16 })]),
      "invalid",
      /decision_type/,
    ],
    [
      modelText([split({ ...set, decision_type: 3 })]),
      "invalid",
      /decision_type/,
    ],
    [
      modelText([split({ ...set, threshold: 1 })]),
      "corrupt",
      /category set of its own below 1: current value is 1/,
    ],
    [
      modelText([split({ ...set, threshold: "0.5" })]),
      "corrupt",
      /category set/,
    ],
    [
      modelText([split({ ...set, decision_type: 0 })]),
      "corrupt",
      /must have 1 categorical splits: current value is 0/,
    ],
    [
      modelText([split({ ...set, cat_boundaries: "1 1" })]),
      "corrupt",
      /cat_boundaries .* do not ascend from 0/,
    ],
    [
      modelText([split({ ...set, cat_threshold: 4294967296 })]),
      "corrupt",
      /from 0 to 4294967295: current value is 4294967296/,
    ],
    [
      modelText([split({ ...linear, leaf_const: "" })]),
      "corrupt",
      /tree 0 lacks leaf_const/,
    ],
    [
      modelText([split({ ...linear, is_linear: 0 })]),
      "corrupt",
      /tree 0 is not linear and yet has leaf_const/,
    ],
    [
      modelText([split({ ...linear, leaf_features: 2 })]),
      "corrupt",
      /leaf_features .* from 0 to 1: current value is 2/,
    ],
    [
      modelText([split({ ...linear, is_linear: 2 })]),
      "corrupt",
      /is_linear .* from 0 to 1: current value is 2/,
    ],
  ];
  for (const [text, code, message] of cases) {
    throws(() => parseLightgbmModel(text), (error: unknown) => {
      ok(error instanceof PortError, `${error}`);
      match(error.message, message);
      match(error.message, /^Cannot use the model as [^\n]+$/);
      equal(error.code, code, error.message);
      return true;
    });
  }
});

Deno.test("lightgbm: rows and results of another length are refused", () => {
  const model = parseLightgbmModel(modelText([leaf(1)]));
  const refused = { name: "PortError", code: "invalid" };
  const [row, out] = [new Float64Array(2), new Float64Array(1)];
  throws(() => model.predict(new Float64Array(1), out), refused);
  throws(() => model.predictRaw(new Float64Array(3), out), refused);
  throws(() => model.predict(row, new Float64Array(2)), refused);
});

/** Values that try every branch: missing, zeros, categories, extremes. */
const PROBES = [NaN, 0, -0, 1e-36, 2, -3.5, 1e300, Infinity, -Infinity];

/** A damaged model is refused, or scores every row. */
function survives(text: string): LightgbmModel | undefined {
  let model: LightgbmModel;
  try {
    model = parseLightgbmModel(text);
  } catch (error) {
    ok(error instanceof PortError, `${error}`);
    ok(["corrupt", "invalid"].includes(error.code), error.code);
    return undefined;
  }
  for (const probe of PROBES) {
    const row = new Float64Array(model.featureNames.length).fill(probe);
    equal(predict(model, row).length, model.outputs);
  }
  return model;
}

Deno.test("lightgbm: a model cut off after any line is refused until its trees are whole", () => {
  for (const text of [constant, regressionCat, linearTree, rf]) {
    const lines = text.split("\n");
    const end = lines.indexOf("end of trees");
    for (let count = 0; count < lines.length; count++) {
      const model = survives(lines.slice(0, count).join("\n"));
      equal(model !== undefined, count > end, `after ${count} lines`);
    }
  }
});

Deno.test("lightgbm: a model that lacks any line that matters is refused", () => {
  const idle =
    /^(label_index|feature_infos|split_gain|leaf_weight|leaf_count|internal_|tree_sizes|objective|average_output|shrinkage|is_linear=0|Tree=0$|$)/;
  for (const text of [regressionCat, linearTree, rf]) {
    const lines = text.split("\n");
    const end = lines.indexOf("end of trees");
    for (let i = 0; i <= end; i++) {
      const model = survives(lines.toSpliced(i, 1).join("\n"));
      if (!idle.test(lines[i]!)) equal(model, undefined, lines[i]);
    }
  }
});

Deno.test("lightgbm: a model with any value replaced is refused or scores", () => {
  const values = ["", "x", "-1", "0", "3", "2147483648", "nan", "inf", "1e5"];
  for (const text of [linearTree, regressionCat]) {
    const lines = text.split("\n").slice(0, 60);
    const rest = "\n\nend of trees\n";
    const whole = [
      ...lines.slice(0, lines.indexOf("Tree=1")).filter((line) =>
        !line.startsWith("tree_sizes")
      ),
    ];
    ok(survives(whole.join("\n") + rest));
    whole.forEach((line, i) => {
      const [key, value = ""] = line.split("=");
      const words = value.split(" ").slice(0, 12);
      words.forEach((_, at) => {
        for (const other of values) {
          const damaged = value.split(" ").with(at, other).join(" ");
          survives(whole.with(i, `${key}=${damaged}`).join("\n") + rest);
        }
      });
    });
  }
});

Deno.test("lightgbm: a model with characters changed at random is refused or scores", () => {
  const texts = [constant, regressionCat, linearTree, multiclass3, rf]
    .map((text) => text.slice(0, text.indexOf("end of trees") + 13));
  const edit = fc.record({
    at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    drop: fc.integer({ min: 0, max: 3 }),
    put: fc.oneof(
      fc.constantFrom("0", "9", "-", " ", "\n", "=", ".", "e", "1 ", "Tree=1"),
      fc.string({ maxLength: 3 }),
    ),
  });
  fc.assert(
    fc.property(
      fc.constantFrom(...texts),
      fc.array(edit, { minLength: 1, maxLength: 4 }),
      (text, edits) => {
        for (const { at, drop, put } of edits) {
          // Most edits go where the first tree is, past the long feature lists.
          const from = at < 0.2 ? 0 : text.indexOf("Tree=0");
          const span = at < 0.2 ? text.length : 2500;
          const place = Math.floor(from + at * span);
          text = text.slice(0, place) + put + text.slice(place + drop);
        }
        survives(text);
      },
    ),
    { numRuns: 500 },
  );
});
