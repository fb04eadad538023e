/**
 * The tables of settings fields: that they have every field of the facts, and
 * that they are sound.
 *
 * @module
 */
import { faultsOf } from "../../domain/settings/check.ts";
import {
  type Field,
  type FieldTree,
  type FieldType,
  type FieldValue,
  isField,
  TRADING_MODES,
} from "../../domain/settings/field.ts";
import {
  type DocumentShape,
  leavesOf,
  SHAPES,
} from "../../domain/settings/shape.ts";
import { deepEqual, equal, match, notEqual, ok } from "../support/assert.ts";
import facts from "../golden/settings_facts.json" with { type: "json" };

type Fact = {
  document: string;
  path: string;
  type: string;
  default: unknown;
  unit?: string;
  of?: string[];
  range?: Record<string, number>;
  risk?: string;
};

/** Defaults of the facts that are no value of their field, and ours. */
const OTHER_DEFAULTS: Record<string, { was: unknown; is: unknown }> = {
  "mode risk.risk_level": { was: "", is: "moderate" },
};

/** What we have and the facts of that version have not. */
const OURS_ALONE = ["trading global_trading.timezone"];

const KINDS: Record<string, readonly FieldType["kind"][]> = {
  "boolean": ["flag"],
  "number": ["number"],
  "integer": ["number"],
  "string": ["choice", "duration", "text"],
  "number[]": ["numbers"],
};

const FACTS = facts.fields as unknown as readonly Fact[];

const TABLES: Record<string, readonly DocumentShape[]> = {
  mode: TRADING_MODES.map((mode) => SHAPES[`mode:${mode}`]),
  scalp_reentry: [SHAPES.scalp_reentry],
  circuit_breaker: [SHAPES.circuit_breaker],
  capital_allocation: [SHAPES.capital_allocation],
  trading: [partOf("trading")],
};

const EVERY_SHAPE = Object.entries(SHAPES);

Deno.test("the facts are 139 fields a mode, 54, 9, 14, and 82 for all modes", () => {
  const counts = Object.groupBy(FACTS, ({ document }) => document);
  deepEqual(
    Object.entries(counts).map(([name, list]) => [name, list!.length]),
    [
      ["mode", 139],
      ["scalp_reentry", 54],
      ["circuit_breaker", 9],
      ["capital_allocation", 14],
      ["trading", 82],
    ],
  );
});

for (const [document, shapes] of Object.entries(TABLES)) {
  Deno.test(`${document}: the fields are those of the facts, none missing, none more`, () => {
    const expected = FACTS.filter((fact) => fact.document === document)
      .map(({ path }) => path)
      .concat(
        OURS_ALONE.filter((name) => name.startsWith(`${document} `))
          .map((name) => name.slice(document.length + 1)),
      );
    for (const shape of shapes) {
      deepEqual([...fieldsOf(shape).keys()].sort(), expected.toSorted());
    }
  });

  Deno.test(`${document}: type, default, unit, range and risk are those of the facts`, () => {
    for (const fact of FACTS) {
      if (fact.document !== document) continue;
      shapes.forEach((shape, mode) => {
        const field = fieldsOf(shape).get(fact.path)!;
        const value = document === "mode"
          ? (fact.default as unknown[])[mode]
          : fact.default;
        holdsFact(`${document} ${fact.path}`, field, fact, value);
      });
    }
  });
}

for (const [name, shape] of EVERY_SHAPE) {
  Deno.test(`${name}: the defaults keep every range and every rule`, () => {
    deepEqual(faultsOf(shape, defaultsOf(shape.fields)), []);
  });

  Deno.test(`${name}: every meaning is one short line, and said once`, () => {
    const seen = new Map<string, string>();
    for (const [path, { meaning }] of fieldsOf(shape)) {
      match(meaning, /^[A-Z].{8,109}[^.]$/, path);
      // The same field of two modes means the same.
      const place = path.replace(/(safety_settings)\.\w+/, "$1");
      equal(seen.get(meaning) ?? place, place, meaning);
      seen.set(meaning, place);
    }
  });

  Deno.test(`${name}: every number has bounds, and room between them`, () => {
    for (const [path, { type }] of fieldsOf(shape)) {
      if (type.kind !== "number" && type.kind !== "numbers") continue;
      const above = type.kind === "number" ? type.above : undefined;
      const least = type.min ?? above;
      ok(least !== undefined && type.max !== undefined, path);
      ok(least < type.max && Number.isFinite(least), path);
      ok(Number.isFinite(type.max), path);
    }
  });

  Deno.test(`${name}: where 0 is dangerous it is a number, and no default`, () => {
    for (const [path, field] of fieldsOf(shape)) {
      if (!field.isZeroDangerous) continue;
      equal(field.type.kind, "number", path);
      notEqual(field.default, 0, path);
    }
  });

  Deno.test(`${name}: an impact begins with how great it is`, () => {
    for (const [path, { impact }] of fieldsOf(shape)) {
      if (impact !== undefined) match(impact, /^(high|medium|low): \S/, path);
    }
  });

  Deno.test(`${name}: the rules are about fields that there are`, () => {
    const fields = fieldsOf(shape);
    for (const { paths } of shape.rules) {
      ok(paths.length >= 2);
      for (const path of paths) ok(fields.has(path), path);
    }
  });
}

Deno.test("every rule refuses something", () => {
  const broken: Record<string, [changes: Changes, path: string][]> = {
    "mode:scalp": [
      [{ "confidence.min_confidence": 75 }, "confidence.min_confidence"],
      [{ "confidence.ultra_confidence": 75 }, "confidence.high_confidence"],
      [
        { "size.base_size_usd": 2, "size.max_size_usd": 1 },
        "size.base_size_usd",
      ],
      [{ "size.size_multiplier_lo": 1.9 }, "size.size_multiplier_lo"],
      [
        { "size.risk_multiplier_conservative": 0.9 },
        "size.risk_multiplier_conservative",
      ],
      [
        { "size.risk_multiplier_aggressive": 0.7 },
        "size.risk_multiplier_moderate",
      ],
      [
        { "risk.risk_multiplier_conservative": 0.1 },
        "risk.risk_multiplier_conservative",
      ],
      [
        { "risk.risk_multiplier_moderate": 0.1 },
        "risk.risk_multiplier_moderate",
      ],
      [
        { "circuit_breaker.max_loss_per_hour": 101 },
        "circuit_breaker.max_loss_per_hour",
      ],
      [
        { "circuit_breaker.max_trades_per_minute": 21 },
        "circuit_breaker.max_trades_per_minute",
      ],
      [
        {
          "circuit_breaker.max_trades_per_minute": 51,
          "circuit_breaker.max_trades_per_hour": 0,
        },
        "circuit_breaker.max_trades_per_minute",
      ],
      [
        { "circuit_breaker.max_trades_per_hour": 51 },
        "circuit_breaker.max_trades_per_hour",
      ],
      [{ "sltp.stop_loss_percent": 3 }, "sltp.stop_loss_percent"],
      [{ "sltp.tp_gain_levels": [1, 2] }, "sltp.tp_gain_levels"],
      [{ "sltp.atr_sl_min": 2, "sltp.atr_sl_max": 1 }, "sltp.atr_sl_min"],
      [{ "sltp.atr_tp_min": 2, "sltp.atr_tp_max": 1 }, "sltp.atr_tp_min"],
      [{ "sltp.llm_weight": 0.4 }, "sltp.llm_weight"],
      [
        { "averaging.staged_entry_percent": [50, 50] },
        "averaging.staged_entry_percent",
      ],
      [{ "stale_release.stale_zone_lo": 0.5 }, "stale_release.stale_zone_lo"],
      [{ "assignment.volatility_max": "low" }, "assignment.volatility_min"],
      [
        { "assignment.expected_hold_min": "5h" },
        "assignment.expected_hold_min",
      ],
      [{ "assignment.confidence_max": 60 }, "assignment.confidence_min"],
      [
        { "assignment.profit_potential_min": 3.1 },
        "assignment.profit_potential_min",
      ],
      [
        {
          "funding_rate.max_funding_rate": 2,
          "funding_rate.extreme_funding_rate": 1,
        },
        "funding_rate.max_funding_rate",
      ],
      [{ "mtf.primary_weight": 0.42 }, "mtf.primary_weight"],
      [
        { "dynamic_ai_exit.max_hold_time_ms": 1 },
        "dynamic_ai_exit.min_hold_before_ai_ms",
      ],
    ],
    "scalp_reentry": [
      [{ tp1_percent: 0.7 }, "tp1_percent"],
      [{ tp3_percent: 0.7 }, "tp2_percent"],
      [{ neg_tp1_percent: 0.7 }, "neg_tp1_percent"],
      [{ neg_tp3_percent: 0.7 }, "neg_tp2_percent"],
      [{ dynamic_sl_protect_pct: 59 }, "dynamic_sl_protect_pct"],
      [{ adaptive_min_trades: 21 }, "adaptive_min_trades"],
    ],
    "circuit_breaker": [
      [{ max_loss_per_hour: 501 }, "max_loss_per_hour"],
      [{ max_daily_trades: 9 }, "max_trades_per_minute"],
    ],
    "capital_allocation": [
      [{ scalp_percent: 30.2 }, "ultra_fast_percent"],
    ],
    "settings:all": [
      [
        { "trading.position_optimization.averaging.staged_entry_levels": 2 },
        "trading.position_optimization.averaging.staged_entry_percent",
      ],
      [
        { "trading.position_optimization.hedging.max_hedge_size_percent": 49 },
        "trading.position_optimization.hedging.hedge_default_percent",
      ],
      ...TRADING_MODES.flatMap((mode): [Changes, string][] => {
        const at = `trading.safety_settings.${mode}.max_trades_per`;
        return [
          [
            { [`${at}_minute`]: 31 },
            `${at}_minute`,
          ],
          [{ [`${at}_minute`]: 101, [`${at}_hour`]: 0 }, `${at}_minute`],
          [{ [`${at}_hour`]: 101 }, `${at}_hour`],
        ];
      }),
    ],
  };
  for (const [name, cases] of Object.entries(broken)) {
    const shape = SHAPES[name as keyof typeof SHAPES];
    const refused = new Set<DocumentShape["rules"][number]>();
    for (const [changes, path] of cases) {
      const fields = fieldsOf(shape);
      const values = (paths: readonly string[]) =>
        paths.map((one) => changes[one] ?? fields.get(one)!.default);
      shape.rules.filter(({ paths, holds }) => !holds(...values(paths)))
        .forEach((rule) => refused.add(rule));
      const faults = faultsOf(shape, defaultsOf(shape.fields, changes));
      deepEqual(faults.map((fault) => fault.path), [path]);
    }
    const idle = shape.rules.filter((rule) => !refused.has(rule));
    deepEqual(idle.map(({ paths }) => paths), [], name);
  }
});

Deno.test("a limit of 0 is none, and lists and weights that fit are kept", () => {
  const kept: Record<string, Changes> = {
    "mode:scalp": {
      "size.base_size_usd": 500,
      "circuit_breaker.max_loss_per_day": 0,
      "circuit_breaker.max_trades_per_hour": 0,
      "circuit_breaker.max_trades_per_day": 0,
      "sltp.atr_sl_min": 1,
      "sltp.llm_weight": 0.4,
      "sltp.atr_weight": 0.6,
      "sltp.tp_gain_levels": [1, 2, 3, 4],
      "averaging.staged_entry_percent": [60, 40],
      "averaging.staged_entry_levels": 2,
      "dynamic_ai_exit.max_hold_time_ms": 0,
    },
    "settings:all": { "trading.safety_settings.scalp.max_trades_per_day": 0 },
  };
  for (const [name, changes] of Object.entries(kept)) {
    const shape = SHAPES[name as keyof typeof SHAPES];
    deepEqual(faultsOf(shape, defaultsOf(shape.fields, changes)), []);
  }
});

type Changes = Record<string, FieldValue>;

function holdsFact(
  name: string,
  field: Field,
  fact: Fact,
  value: unknown,
): void {
  const { type } = field;
  ok(KINDS[fact.type]!.includes(type.kind), `${name} is a ${type.kind}`);
  // Values alone, which is all that the facts have of trading, tell no type.
  if (type.kind === "number" && fact.document !== "trading") {
    equal(type.whole, fact.type === "integer", name);
  }
  const other = OTHER_DEFAULTS[name];
  if (other) deepEqual(value, other.was, name);
  deepEqual(field.default, other ? other.is : value, name);
  if (fact.unit) equal(field.unit, fact.unit, name);
  if (fact.risk) equal(field.risk, fact.risk, name);
  if (fact.of) deepEqual(type.kind === "choice" && type.of, fact.of, name);
  for (const [bound, limit] of Object.entries(fact.range ?? {})) {
    equal((type as Record<string, unknown>)[bound], limit, `${name} ${bound}`);
  }
}

function fieldsOf(shape: Pick<DocumentShape, "fields">): Map<string, Field> {
  return new Map(
    leavesOf(shape.fields).map(({ path, field }) => [path.join("."), field]),
  );
}

function defaultsOf(
  tree: FieldTree,
  changes: Changes = {},
  prefix = "",
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(tree).map(([name, node]) => {
      const path = prefix + name;
      if (!isField<Field>(node)) {
        return [name, defaultsOf(node, changes, `${path}.`)];
      }
      return [
        name,
        Object.hasOwn(changes, path) ? changes[path] : node.default,
      ];
    }),
  );
}

function partOf(name: string): DocumentShape {
  const { title, fields } = SHAPES["settings:all"];
  return { title, fields: fields[name] as FieldTree, rules: [] };
}
