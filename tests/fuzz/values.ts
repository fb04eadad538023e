/**
 * Values that a JSON schema allows.
 *
 * Names that mean something here, such as a symbol or a group, are mostly drawn
 * from a few that requests share, so that requests meet one another's work.
 *
 * @module
 */
import fc from "fast-check";
import type { Contract, Schema } from "./contract.ts";

/** Stands for a value that an earlier answer gave; see `harvest.ts`. */
export const earlier = (name: string): fc.Arbitrary<string> =>
  fc.nat(9).map((nth) => `«${name}:${nth}»`);

const some = (...values: readonly unknown[]) => fc.constantFrom(...values);

/** Values that names have in common. */
const SHARED: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  user: some("default", "ann", "bob"),
  symbol: some("SYNA", "SYNB", "SYNT"),
  ticker: some("SYNA", "SYNB"),
  symbols: fc.uniqueArray(some("SYNA", "SYNB", "SYNC", "SYND"), {
    minLength: 1,
  }),
  date: some("2024-03-28", "2024-03-27", "2024-06-28"),
  as_of_date: some("2024-03-28", "2024-03-27", "2024-06-28"),
  from_time: some("2026-01-02T00:00:00Z", "2026-01-02T03:05:00+01:00"),
  day: some("20260102", "20260103"),
  name: some("billing", "audit"),
  group: some("billing", "audit"),
  channel: some("signals.generated", "orders.*", ">"),
  event_type: some("signals.generated", "my.channel", "my.other"),
  start: some("head", "earliest", "1"),
  to: some("earliest", "1", "head"),
  include: some("all", "modes", "scalp,circuit_breaker"),
  channels: fc.uniqueArray(
    some("signals.*", "orders.executed", "my.*", ">"),
    { minLength: 1 },
  ),
  mode: some("ultra", "ultra_fast", "scalp", "swing", "position"),
  port: some("feature_store", "event_bus", "settings_store", "sequence"),
  adapter: some("memory", "noop", null, null),
  path: some("mode_configs.scalp.enabled", "circuit_breaker", ""),
  qty: fc.integer({ min: 1, max: 90 }).map(String),
  capital: some("100000", 5000, "12345.67"),
  max_position_size: some("20000", 1000),
  top_n: some(0, 1, 2),
  bottom_n: some(0, 1),
  expires_at: some("2027-01-01T00:00:00Z"),
  strategy_id: some("alpha_baseline", "mine"),
  limit_price: some("100", 99.5, "101.25"),
  run_id: earlier("run_id"),
  client_order_id: earlier("client_order_id"),
  chain: earlier("chain"),
  token: earlier("token"),
  position: earlier("position"),
  deliveries: fc.array(earlier("delivery"), { minLength: 1, maxLength: 3 }),
  id: earlier("id"),
  reply_to: some("my.other", "my.*"),
  traceparent: some(`00-${"1".repeat(32)}-${"2".repeat(16)}-01`),
  after: fc.oneof(some(0, 1, 5), earlier("after")),
  before: earlier("next"),
  "If-Match": fc.oneof(some("*"), earlier("etag")),
  "If-None-Match": fc.oneof(some("*"), earlier("etag")),
  "Idempotency-Key": some("order-key-1", "order-key-2", "order-key-3"),
  "Last-Event-ID": earlier("event_id"),
  wait: some(0, 0, 0, 0, 0, 0, 1, 60),
  timeout_ms: some(1, 50, 60_000),
};

/** How deep lists and objects of any shape go. */
const MAX_DEPTH = 6;

/** Draws values of schemas of `contract`. */
export function createValues(contract: Contract) {
  return { valueOf };

  /** A value that `schema` allows; `name` is what holds it. */
  function valueOf(
    schema: Schema,
    name = "",
    depth = 0,
  ): fc.Arbitrary<unknown> {
    const plain = fc.oneof(
      { weight: 4, arbitrary: bare(contract.follow(schema), depth) },
      ...contract.follow(schema).example === undefined ? [] : [{
        weight: 2,
        arbitrary: fc.constant(contract.follow(schema).example),
      }],
    );
    const shared = SHARED[name];
    return shared && isLeaf(contract.follow(schema))
      ? fc.oneof(
        { weight: 6, arbitrary: shared },
        { weight: 1, arbitrary: plain },
      )
      : plain;
  }

  function bare(schema: Schema, depth: number): fc.Arbitrary<unknown> {
    if (schema.const !== undefined) return fc.constant(schema.const);
    if (schema.enum) return fc.constantFrom(...schema.enum);
    if (schema.anyOf) {
      return fc.oneof(...schema.anyOf.map((one) => valueOf(one, "", depth)));
    }
    const types = typeof schema.type === "string"
      ? [schema.type]
      : schema.type ?? ["string", "object"];
    return fc.oneof(...types.map((type) => typed(type, schema, depth)));
  }

  function typed(
    type: string,
    schema: Schema,
    depth: number,
  ): fc.Arbitrary<unknown> {
    switch (type) {
      case "null":
        return fc.constant(null);
      case "boolean":
        return fc.boolean();
      case "integer":
        return fc.oneof(
          fc.integer(smallRange(schema)),
          fc.constantFrom(...bounds(schema)),
        );
      case "number":
        return fc.oneof(
          fc.integer(smallRange(schema)),
          fc.double({
            min: schema.minimum ?? schema.exclusiveMinimum ?? -1e6,
            max: schema.maximum ?? 1e6,
            noNaN: true,
          }),
        );
      case "array":
        return listOf(schema, depth);
      case "object":
        return objectOf(schema, depth);
      default:
        return textOf(schema);
    }
  }

  function listOf(schema: Schema, depth: number): fc.Arbitrary<unknown> {
    const { items = {}, minItems = 0, maxItems = 5 } = schema;
    if (depth > MAX_DEPTH) return fc.constant([]);
    const limits = {
      minLength: minItems,
      maxLength: Math.min(maxItems, minItems + 4),
    };
    const item = valueOf(items, "", depth + 1);
    return schema.uniqueItems
      ? fc.uniqueArray(item, { ...limits, comparator: "IsStrictlyEqual" })
      : fc.array(item, limits);
  }

  function objectOf(schema: Schema, depth: number): fc.Arbitrary<unknown> {
    const { properties = {}, required = [], additionalProperties } = schema;
    const members = Object.fromEntries(
      Object.entries(properties).map((
        [name, inner],
      ) => [name, valueOf(inner, name, depth + 1)]),
    );
    const known = fc.record(members, {
      requiredKeys: Object.keys(members).filter((name) =>
        required.includes(name)
      ),
    });
    if (additionalProperties === false || depth > MAX_DEPTH) return known;
    const more = typeof additionalProperties === "object"
      ? valueOf(additionalProperties, "", depth + 1)
      : fc.jsonValue({ maxDepth: 2 });
    return fc.tuple(known, fc.dictionary(keyOf(schema), more, { maxKeys: 2 }))
      .map(([one, other]) => ({ ...other, ...one }));
  }

  function keyOf({ propertyNames }: Schema): fc.Arbitrary<string> {
    return propertyNames
      ? valueOf(propertyNames) as fc.Arbitrary<string>
      : fc.string({ minLength: 1, maxLength: 12 });
  }
}

function isLeaf({ type, properties }: Schema): boolean {
  return type !== "object" && properties === undefined;
}

function smallRange(schema: Schema): { min: number; max: number } {
  const min = Math.ceil(schema.minimum ?? schema.exclusiveMinimum ?? -1000);
  return { min, max: Math.min(Math.floor(schema.maximum ?? 1000), min + 200) };
}

function bounds({ minimum = 0, maximum = 1 }: Schema): [number, number] {
  return [Math.ceil(minimum), Math.floor(maximum)];
}

function textOf(schema: Schema): fc.Arbitrary<string> {
  const { minLength = 0, maxLength = 40 } = schema;
  switch (schema.format) {
    case "date":
      return instant().map((at) => at.slice(0, 10));
    case "date-time":
      return instant();
    case "uuid":
      return fc.uuid();
    case "decimal":
      return fc.integer({ min: 0, max: 10 ** 9 }).map((n) => String(n / 100));
  }
  return schema.pattern === undefined
    ? fc.string({ minLength, maxLength: Math.min(maxLength, minLength + 40) })
    : matching(schema.pattern).filter((text) =>
      text.length >= minLength && text.length <= Math.max(maxLength, minLength)
    );
}

/** Texts of `pattern`; its parts that cannot be drawn from are filtered by. */
function matching(pattern: string): fc.Arbitrary<string> {
  const drawn = new RegExp(
    pattern.replace(/\(\?!.*?\)/, "").replaceAll("\\p{Cs}", ""),
    "u",
  );
  const whole = new RegExp(pattern, "u");
  return fc.stringMatching(drawn).filter((text) => whole.test(text));
}

function instant(): fc.Arbitrary<string> {
  return fc.date({
    min: new Date("1971-01-01"),
    max: new Date("2199-12-31"),
    noInvalidDate: true,
  }).map((at) => at.toISOString());
}
