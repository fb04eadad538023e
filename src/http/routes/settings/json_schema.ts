/**
 * Settings documents as JSON schemas, for the reference.
 *
 * @module
 */
import {
  type FieldTree,
  type FieldValue,
  isField,
  type ModeField,
  type ModeFieldTree,
  type PerMode,
  TRADING_MODES,
} from "../../../../domain/settings/field.ts";
import type { DocumentShape } from "../../../../domain/settings/shape.ts";

/** A document of one mode, or of any. */
export type PrintedShape = Pick<DocumentShape, "free"> & {
  readonly fields: FieldTree | ModeFieldTree;
};

type Json = Record<string, unknown>;

/** Writes the JSON schema of a document. */
export function jsonSchemaOf({ fields, free }: PrintedShape): Json {
  const schema = groupSchema(fields);
  if (free === undefined) return schema;
  const custom = {
    type: "object",
    description: "Whatever you like to keep here: it is not read.",
    additionalProperties: true,
  };
  return {
    ...schema,
    properties: { ...schema["properties"] as Json, [free]: custom },
  };
}

function groupSchema(tree: FieldTree | ModeFieldTree): Json {
  return {
    type: "object",
    properties: Object.fromEntries(
      Object.entries(tree).map(([name, node]) => [
        name,
        isField<ModeField>(node) ? fieldSchema(node) : groupSchema(node),
      ]),
    ),
    required: Object.keys(tree),
    additionalProperties: false,
  };
}

function fieldSchema(
  { type, meaning, unit, risk, impact, recommendation, ...field }: ModeField,
): Json {
  const about = {
    description: `${meaning}.`,
    ...defaultOf(field.default),
    "x-unit": unit,
    "x-risk": risk,
    "x-impact": impact,
    "x-recommendation": recommendation,
  };
  switch (type.kind) {
    case "flag":
      return { type: "boolean", ...about };
    case "number":
      return {
        type: type.whole ? "integer" : "number",
        ...(type.min === undefined ? {} : { minimum: type.min }),
        ...(type.above === undefined ? {} : { exclusiveMinimum: type.above }),
        ...(type.max === undefined ? {} : { maximum: type.max }),
        ...about,
      };
    case "choice":
      return { type: "string", enum: [...type.of], ...about };
    case "text":
      return { type: "string", maxLength: type.maxLength, ...about };
    case "duration":
      return { type: "string", pattern: "^(0|(\\d+(ms|[smhd]))+)$", ...about };
    case "time zone":
      return { type: "string", ...about };
    case "numbers":
      return {
        type: type.isNullable ? ["array", "null"] : "array",
        items: { type: "number", minimum: type.min, maximum: type.max },
        maxItems: type.maxItems,
        ...about,
      };
  }
}

/** The default, or that of each mode where they differ. */
function defaultOf(value: PerMode<FieldValue>): Json {
  const isByMode = typeof value === "object" && value !== null &&
    "byMode" in value;
  if (!isByMode) return { default: value };
  const entries = TRADING_MODES.map((mode, i) => [mode, value.byMode[i]]);
  return { "x-default-by-mode": Object.fromEntries(entries) };
}
