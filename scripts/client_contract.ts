/**
 * The types of the client package, written from the OpenAPI document.
 *
 * @module
 */

/** A JSON schema, as far as the document uses it. */
interface Schema {
  readonly $ref?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
}

/** The document, as far as it is needed. */
export interface ContractDocument {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** What each file of types holds. */
const FILES: Readonly<Record<string, readonly string[]>> = {
  mode_config: ["ModeConfig"],
  scalp_reentry: ["ScalpReentry"],
  settings: [
    "UserSettings",
    "GlobalCircuitBreaker",
    "CapitalAllocation",
    "SettingsBundle",
  ],
  parts: ["TradingSettings", "NotificationSettings"],
  signals: [
    "SignalRequest",
    "Signals",
    "Model",
    "FeatureVector",
    "FeatureBatch",
    "FeatureStats",
  ],
  events: [
    "Event",
    "FlatEvent",
    "CloudEvent",
    "PublishedEvent",
    "PublishedEvents",
    "EventList",
  ],
  groups: ["GroupInput", "Group", "GroupList", "NextDeliveries", "Settled"],
  orders: [
    "OrderRequest",
    "Order",
    "OrderList",
    "Positions",
    "SequenceRequest",
    "SequenceRange",
    "ClientOrderIdRequest",
    "ClientOrderId",
  ],
  health: ["Health", "Readiness", "Problem"],
};

/** Columns of a line. */
const WIDTH = 80;

/** The files of types by their names, printed as they are kept. */
export function printContract(
  { components: { schemas } }: ContractDocument,
): Map<string, string> {
  const homes = new Map(
    Object.entries(FILES).flatMap(([file, names]) =>
      names.map((name) => [name, file] as const)
    ),
  );
  const bodies = new Map(
    [...homes.keys()].flatMap((name) => {
      const schema = schemas[name];
      return schema?.properties ? [[print(schema, "", 0), name] as const] : [];
    }),
  );
  return new Map(
    Object.entries(FILES).map(([file, names]) => {
      const found = names.map((name) => {
        const schema = schemas[name];
        if (schema) return [name, withNames(schema, bodies)] as const;
        throw new Error(`Cannot write the client as there is no ${name}`);
      });
      const foreign = new Set(
        found.flatMap(([, schema]) => refsOf(schema))
          .filter((name) => homes.get(name) !== file),
      );
      const imports = [...foreign].sort().map((name) => {
        const home = homes.get(name);
        if (home) return `import type { ${name} } from "./${home}.ts";\n`;
        throw new Error(`Cannot write the client as it lacks a home: ${name}`);
      });
      const types = found.map(([name, schema]) => printType(name, schema));
      const heading =
        "/**\n * Written by `deno task openapi` from the contract" +
        ` of the service.\n *\n * @module\n */\n`;
      const text = [heading + imports.join(""), ...types].join("\n");
      return [`${file}.ts`, text.replaceAll(": \n", ":\n")];
    }),
  );
}

/** Names what stands within `schema` and has a name elsewhere. */
function withNames(
  schema: Schema,
  names: ReadonlyMap<string, string>,
): Schema {
  const within = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(within);
    const { properties } = value as Schema;
    const name = properties && names.get(print(value, "", 0));
    return name === undefined ? entriesOf(value) : { $ref: name };
  };
  const entriesOf = (value: object) =>
    Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, within(inner)]),
    );
  return entriesOf(schema) as Schema;
}

function refsOf(schema: unknown): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]) =>
    key === "$ref" ? [nameOf(value)] : refsOf(value)
  );
}

function nameOf(ref: string): string {
  return ref.slice(ref.lastIndexOf("/") + 1);
}

function printType(name: string, schema: Schema): string {
  const says = schema.description ?? `\`${name}\` of the contract.`;
  const comment = `/** ${says.replaceAll("*/", "*\\/")} */\n`;
  if (schema.properties) {
    const body = membersOf(schema, "  ").join("\n");
    return `${comment}export interface ${name} {\n${body}\n}\n`;
  }
  return `${comment}export type ${name} = ${print(schema, "", 14)};\n`;
}

/** The members of an object, a line or more each. */
function membersOf(schema: Schema, indent: string): string[] {
  const { properties = {}, required = [], additionalProperties } = schema;
  const members = Object.entries(properties).map(([name, of]) => {
    const mark = required.includes(name) ? "" : "?";
    const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
    const start = `${indent}readonly ${key}${mark}: `;
    return `${start}${print(of, indent, start.length + 1)};`;
  });
  const isOpen = additionalProperties !== undefined &&
    additionalProperties !== false;
  return isOpen
    ? [...members, `${indent}readonly [name: string]: unknown;`]
    : members;
}

/** Prints a type that begins at `column` within a block that is `indent`ed. */
function print(schema: Schema, indent: string, column: number): string {
  const { $ref, const: value, enum: values, anyOf, type, items } = schema;
  if ($ref) return nameOf($ref);
  if (value !== undefined) return JSON.stringify(value);
  if (values) {
    return union(values.map((one) => JSON.stringify(one)), indent, column);
  }
  if (anyOf) {
    const types = anyOf.map((one) => print(one, indent, column));
    return union([...new Set(types)], indent, column);
  }
  if (Array.isArray(type)) {
    const types = type.map((one) => print({ ...schema, type: one }, indent, 0));
    return union(types, indent, column);
  }
  if (type === "array") {
    const item = print(items ?? {}, indent, column);
    const isUnion = item.includes(" | ") && !item.startsWith("{");
    return isUnion ? `readonly (${item})[]` : `readonly ${item}[]`;
  }
  if (type === "object") return printObject(schema, indent);
  if (type === "integer" || type === "number") return "number";
  return type === undefined ? "unknown" : String(type);
}

function printObject(schema: Schema, indent: string): string {
  const { properties = {}, additionalProperties: rest } = schema;
  if (Object.keys(properties).length === 0) {
    const of = print(typeof rest === "object" ? rest : {}, `${indent}  `, 0);
    return of.includes("\n")
      ? `{\n${indent}  readonly [name: string]: ${of};\n${indent}}`
      : `Readonly<Record<string, ${of}>>`;
  }
  const members = membersOf(schema, `${indent}  `);
  return `{\n${members.join("\n")}\n${indent}}`;
}

function union(types: readonly string[], indent: string, column: number) {
  const line = types.join(" | ");
  if (types.length === 1 || column + line.length <= WIDTH) return line;
  // An object that may be null: its braces break the line.
  if (line.endsWith("} | null")) return line;
  return types.map((type) => `\n${indent}  | ${type}`).join("");
}
