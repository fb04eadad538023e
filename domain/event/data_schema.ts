/**
 * Schemas of event data as operators write them: a part of JSON Schema.
 *
 * Understood are `type` (object, array, string, number, integer, boolean),
 * `properties`, `required`, `items`, `enum`, `minimum`, `maximum`, `maxLength`,
 * `title` and `description`. Any other keyword is a fault: what is written
 * there would not be held to. Members that a schema does not name are kept.
 *
 * @module
 */
import { z, type ZodType } from "zod";
import { isJsonObject, type JsonObject } from "../json_value.ts";
import type { DataSchema } from "./channel.ts";
import type { Faults } from "./event_data.ts";
import { must, mustBe } from "./fields.ts";

/** Levels of nesting. */
const MAX_DEPTH = 16;

/** Most members of an object, and most values of an `enum`. */
const MAX_NAMES = 500;

/** Keywords by the type that they belong to. */
const KEYWORDS: Readonly<Record<string, readonly string[]>> = {
  object: ["properties", "required"],
  array: ["items"],
  string: ["enum", "maxLength"],
  number: ["enum", "minimum", "maximum"],
  integer: ["enum", "minimum", "maximum"],
  boolean: ["enum"],
};

/** What may stand beside any type, and says nothing that could be broken. */
const ANNOTATIONS = ["type", "title", "description"];

/**
 * Reads the schema of a channel's data, or tells `fault` every reason why it
 * cannot be.
 *
 * @param key The member of the data that is the key of its event: required, and
 * a text fit for the log or a whole number.
 */
export function parseDataSchema(
  schema: unknown,
  key: string,
  at: readonly PropertyKey[],
  fault: Faults,
): DataSchema | undefined {
  let isSound = true;
  const tell: Faults = (path, message) => {
    isSound = false;
    fault(path, message);
  };
  if (!isJsonObject(schema) || schema.type !== "object") {
    const type = isJsonObject(schema) ? schema.type : schema;
    const where = isJsonObject(schema) ? [...at, "type"] : at;
    const be = isJsonObject(schema) ? '"object"' : "an object";
    tell(where, mustBe(be, type));
    return undefined;
  }
  const shape = readObject(schema, at, tell, 1);
  const keySchema = isJsonObject(schema.properties) &&
      Object.hasOwn(schema.properties, key)
    ? schema.properties[key]
    : undefined;
  const keyType = isJsonObject(keySchema) ? keySchema.type : undefined;
  if (keyType !== "string" && keyType !== "integer") {
    tell(
      [...at, "properties"],
      `must have the key of the channel, ${
        JSON.stringify(key)
      }, as a string or an integer`,
    );
  } else if (!namesOf(schema.required).includes(key)) {
    tell(
      [...at, "required"],
      `must name the key of the channel, ${JSON.stringify(key)}`,
    );
  }
  if (!isSound) return undefined;
  const field = shape[key]!;
  return z.looseObject({
    ...shape,
    ...(keyType === "string" && { [key]: asKey(field) }),
  });
}

function namesOf(required: unknown): readonly unknown[] {
  return Array.isArray(required) ? required : [];
}

/** A field that is fit to be a key of the log. */
function asKey(field: ZodType): ZodType {
  const isFit = (value: unknown) =>
    value === undefined || /^[^\p{Cc}\p{Cs}]{1,256}$/u.test(String(value));
  return field.refine(
    isFit,
    must("a text of 1 to 256 printable characters"),
  );
}

function readObject(
  schema: JsonObject,
  at: readonly PropertyKey[],
  fault: Faults,
  depth: number,
): Record<string, ZodType> {
  checkKeywords(schema, "object", at, fault);
  const { properties = {}, required = [] } = schema;
  if (!isJsonObject(properties)) {
    fault([...at, "properties"], mustBe("an object", properties));
    return {};
  }
  const names = Object.keys(properties);
  // What every object has is never absent.
  const inherited = names.find((name) => name in Object.prototype);
  if (names.length > MAX_NAMES || inherited !== undefined) {
    const be = `an object of at most ${MAX_NAMES} names, none of them ${
      inherited ?? "__proto__"
    }`;
    fault([...at, "properties"], mustBe(be, properties));
    return {};
  }
  const isList = Array.isArray(required) &&
    required.every((name) => typeof name === "string");
  if (!isList) fault([...at, "required"], mustBe("a list of names", required));
  for (const name of isList ? required as string[] : []) {
    if (names.includes(name)) continue;
    fault([...at, "required"], `names ${name}, which properties has not`);
  }
  const isRequired = new Set(isList ? required : []);
  return Object.fromEntries(names.map((name) => {
    const path = [...at, "properties", name];
    const field = readSchema(properties[name], path, fault, depth + 1);
    return [name, isRequired.has(name) ? field : field.optional()];
  }));
}

function readSchema(
  schema: unknown,
  at: readonly PropertyKey[],
  fault: Faults,
  depth: number,
): ZodType {
  if (depth > MAX_DEPTH) {
    fault(at, `must not be nested more than ${MAX_DEPTH} levels deep`);
    return z.unknown();
  }
  if (!isJsonObject(schema)) {
    fault(at, mustBe("an object", schema));
    return z.unknown();
  }
  const { type } = schema;
  if (typeof type !== "string" || !Object.hasOwn(KEYWORDS, type)) {
    const be = `one of ${Object.keys(KEYWORDS).join(", ")}`;
    fault([...at, "type"], mustBe(be, type));
    return z.unknown();
  }
  if (type === "object") {
    const shape = readObject(schema, at, fault, depth);
    return z.looseObject(shape, must("an object"));
  }
  checkKeywords(schema, type, at, fault);
  if (type === "array") {
    const { items } = schema;
    const item = items === undefined
      ? z.unknown()
      : readSchema(items, [...at, "items"], fault, depth + 1);
    return z.array(item, must("a list"));
  }
  return withEnum(readScalar(type, schema, at, fault), schema, at, fault);
}

function readScalar(
  type: string,
  schema: JsonObject,
  at: readonly PropertyKey[],
  fault: Faults,
): ZodType {
  if (type === "boolean") return z.boolean(must("true or false"));
  if (type === "string") {
    const most = limit(schema, "maxLength", at, fault);
    if (most === undefined) return z.string(must("a text"));
    const be = must(`a text of at most ${most} characters`);
    // JSON Schema counts characters, not UTF-16 units.
    return z.string(be).refine((text) => Array.from(text).length <= most, be)
      .meta({ maxLength: most });
  }
  const least = limit(schema, "minimum", at, fault);
  const most = limit(schema, "maximum", at, fault);
  if (least !== undefined && most !== undefined && least > most) {
    fault([...at, "maximum"], `must not be below minimum, ${least}`);
  }
  const kind = type === "integer" ? "a whole number" : "a number";
  const be = must([
    kind,
    ...(least === undefined ? [] : [`at least ${least}`]),
    ...(most === undefined ? [] : [`at most ${most}`]),
  ].join(", "));
  let number = type === "integer" ? z.int(be) : z.number(be);
  if (least !== undefined) number = number.min(least, be);
  if (most !== undefined) number = number.max(most, be);
  return number;
}

function withEnum(
  field: ZodType,
  schema: JsonObject,
  at: readonly PropertyKey[],
  fault: Faults,
): ZodType {
  const { enum: values } = schema;
  if (values === undefined) return field;
  if (
    !Array.isArray(values) || values.length === 0 ||
    values.length > MAX_NAMES || new Set(values).size !== values.length
  ) {
    const be = `a list of 1 to ${MAX_NAMES} values, none of them twice`;
    fault([...at, "enum"], mustBe(be, values));
    return field;
  }
  values.forEach((value, i) => {
    const issue = field.safeParse(value).error?.issues[0];
    if (issue) fault([...at, "enum", i], issue.message);
  });
  const be = must(`one of ${values.join(", ")}`);
  return field.refine((value) => values.includes(value), be)
    .meta({ enum: values });
}

/** A limit, where there is one. */
function limit(
  schema: JsonObject,
  name: string,
  at: readonly PropertyKey[],
  fault: Faults,
): number | undefined {
  const value = schema[name];
  if (value === undefined) return undefined;
  const isFit = typeof value === "number" && Number.isFinite(value) &&
    (name !== "maxLength" || Number.isInteger(value) && value > 0);
  if (isFit) return value;
  const be = name === "maxLength" ? "a whole number above 0" : "a number";
  fault([...at, name], mustBe(be, value));
  return undefined;
}

function checkKeywords(
  schema: JsonObject,
  type: string,
  at: readonly PropertyKey[],
  fault: Faults,
): void {
  for (const name of Object.keys(schema)) {
    if (ANNOTATIONS.includes(name) || KEYWORDS[type]!.includes(name)) continue;
    fault([...at, name], `is not understood beside type ${type}`);
  }
}
