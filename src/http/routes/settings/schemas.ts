/**
 * Schemas of settings, written from the tables of fields.
 *
 * @module
 */
import { z } from "zod";
import {
  isJsonObject,
  type JsonObject,
} from "../../../../domain/json_value.ts";
import { faultsOf } from "../../../../domain/settings/check.ts";
import {
  BUILT_IN_DOCUMENTS,
  BUILT_IN_TREE,
  TREE_SHAPE,
} from "../../../../domain/settings/catalogue.ts";
import {
  type DocumentShape,
  PARTS,
  type SettingsPart,
  SHAPES,
} from "../../../../domain/settings/shape.ts";
import type { SettingsSource } from "../../../../ports/settings_store.ts";
import { parseUserId } from "../../../../domain/user_id.ts";
import { MODE_FIELDS } from "../../../../domain/settings/mode_fields.ts";
import { etagOf } from "../../etag.ts";
import type { AnswerHeaders } from "../../route.ts";
import { textReadBy } from "../../schemas.ts";
import { jsonSchemaOf, type PrintedShape } from "./json_schema.ts";

/** Largest body of a settings document: 5 MiB. */
export const BODY_LIMIT = 5 * 1024 * 1024;

/** The group of the reference page. */
export const TAGS = ["Settings"];

/** Names whose settings are meant. */
export const UserQuery = textReadBy(parseUserId).optional().meta({
  description: "Whose settings; the caller's own when absent.",
  example: "default",
});

/** What an answer with a document says of it. */
export const SettingsHeaders = z.object({
  ETag: z.string().meta({
    description: "Version of the document, in quotes.",
    example: '"7"',
  }),
  "X-Holdfast-Source": z.enum(["redis", "database", "memory"]).meta({
    description: "Where the answer came from.",
  }),
  "X-Holdfast-Verified": z.enum(["true", "false"]).meta({
    description: "Whether it is known to be the newest.",
  }),
});

/** What a reader may ask for. */
export const ReadHeaders = z.object({
  "If-None-Match": z.string().optional().meta({
    description: "Answer 304 if the document still has this ETag.",
    example: '"7"',
  }),
});

/** What a writer may ask for. */
export const WriteHeaders = z.object({
  "If-Match": z.string().optional().meta({
    description:
      "Write only if the document has this ETag; `*`: only if there is one.",
    example: '"7"',
  }),
  "If-None-Match": z.string().optional().meta({
    description: "`*`: write only if nothing is stored yet.",
    example: "*",
  }),
});

const Refused = z.string().optional().refine(
  (condition) => condition === undefined,
  "has no version here that it could depend on: leave it out",
).meta({ description: "Refused, as there is no version to depend on." });

/** What changes more than one document has no version to depend on. */
export const UnconditionalHeaders = z.object({
  "If-Match": Refused,
  "If-None-Match": Refused,
});

/** The schema of user settings. */
export const UserSettings = document("UserSettings", SHAPES["settings:all"], {
  ...BUILT_IN_DOCUMENTS["settings:all"],
  custom: { theme: "dark" },
});

/** The schema of the trading part of user settings. */
export const TradingSettings = part("TradingSettings", "trading");

/** The schema of the notifications part of user settings. */
export const NotificationSettings = part(
  "NotificationSettings",
  "notifications",
);

/** The schema of a mode, whichever it is; the example is scalp. */
export const ModeConfig = document(
  "ModeConfig",
  SHAPES["mode:scalp"],
  BUILT_IN_DOCUMENTS["mode:scalp"],
  { fields: MODE_FIELDS },
);

/** The schema of scalp re-entry. */
export const ScalpReentry = document(
  "ScalpReentry",
  SHAPES.scalp_reentry,
  BUILT_IN_DOCUMENTS.scalp_reentry,
);

/** The schema of the global circuit breaker. */
export const GlobalCircuitBreaker = document(
  "GlobalCircuitBreaker",
  SHAPES.circuit_breaker,
  BUILT_IN_DOCUMENTS.circuit_breaker,
);

/** The schema of the capital allocation. */
export const CapitalAllocation = document(
  "CapitalAllocation",
  SHAPES.capital_allocation,
  BUILT_IN_DOCUMENTS.capital_allocation,
);

/** The schema of the defaults of all users. */
export const DefaultSettingsTree = document(
  "DefaultSettings",
  TREE_SHAPE,
  BUILT_IN_TREE,
);

/** The schema of a change to be merged, such as `example`. */
export function patchOf(example: JsonObject) {
  return z.custom<unknown>().meta({
    override: { type: "object", additionalProperties: true },
    description: "The fields to be changed; the others stay as they are.",
    example,
  });
}

/** The schema of a document that is to be stored: whoever stores it checks it. */
export function unchecked(schema: z.ZodType) {
  const { id, example } = z.globalRegistry.get(schema)!;
  return z.custom<unknown>().meta({
    override: { $ref: `#/components/schemas/${id}` },
    example,
  });
}

/** The headers of an answer with a document. */
export function headersOf(
  version: number | string,
  source: SettingsSource,
  verified: boolean,
): AnswerHeaders {
  return {
    "ETag": etagOf(version),
    // Kept by a browser, but never shown without asking.
    "Cache-Control": "private, no-cache",
    "X-Holdfast-Source": source,
    "X-Holdfast-Verified": verified ? "true" : "false",
  };
}

function document(
  id: string,
  shape: DocumentShape,
  example: JsonObject,
  printed: PrintedShape = shape,
) {
  return z.looseObject({}).superRefine((value, context) => {
    for (const { path, message } of faultsOf(shape, value)) {
      context.addIssue({ code: "custom", message, path: path.split(".") });
    }
  }).meta({ id, override: jsonSchemaOf(printed), example });
}

function part(id: string, name: SettingsPart) {
  const example = BUILT_IN_DOCUMENTS["settings:all"][name];
  return document(id, PARTS[name], isJsonObject(example) ? example : {});
}
