/**
 * A user's settings, straight on the settings store.
 *
 * @module
 */
import { z } from "zod";
import { type SettingsKey, settingsKey } from "../../../domain/settings.ts";
import type {
  SettingsChange,
  SettingsSource,
  SettingsStore,
} from "../../../ports/settings_store.ts";
import { PortError } from "../../../ports/port_error.ts";
import { etagOf, isKnown, writeCondition } from "../etag.ts";
import { type AnswerHeaders, type Route, route } from "../route.ts";
import { AnyObject } from "../schemas.ts";

/** Largest settings document: 6 MiB. */
const BODY_LIMIT = 6 * 1024 * 1024;

const DOCUMENT = "settings:all";
const TAGS = ["Settings"];
const PATH = "/api/user/settings";

const Settings = AnyObject.meta({
  description: "The whole settings document.",
  example: { trading: { max_positions: 4 }, notifications: { email: true } },
});

const SettingsHeaders = z.object({
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

/**
 * The routes of settings documents.
 *
 * @param record What acknowledges a write, for the header that says so.
 */
export function settingsRoutes(
  settings: SettingsStore,
  record: SettingsSource,
): readonly Route[] {
  return [
    route({
      method: "GET",
      path: PATH,
      id: "getSettings",
      summary: "The caller's settings",
      tags: TAGS,
      request: {
        headers: z.object({
          "If-None-Match": z.string().optional().meta({
            description: "Answer 304 if the document still has this ETag.",
            example: '"7"',
          }),
        }),
      },
      responses: {
        200: {
          description: "The document as it stands.",
          schema: Settings,
          headers: SettingsHeaders,
        },
        304: {
          description: "It has not changed.",
          headers: SettingsHeaders,
        },
      },
      errors: [404, 503, 504],
      handle: async ({ headers, caller: { user } }) => {
        const snapshot = await settings.read([settingsKey(user, DOCUMENT)]);
        const [document] = snapshot.documents;
        if (!document) {
          throw new PortError(
            "not_found",
            `Cannot read the settings of ${user} as none are stored: PUT them first`,
          );
        }
        const { version, json } = document;
        const about = headersOf(version, snapshot.source, snapshot.verified);
        return isKnown(headers["If-None-Match"], version)
          ? { status: 304, empty: true, headers: about }
          : { status: 200, text: json, headers: about };
      },
    }),

    route({
      method: "PUT",
      path: PATH,
      id: "putSettings",
      summary: "Replace the caller's settings",
      tags: TAGS,
      bodyLimit: BODY_LIMIT,
      request: {
        headers: z.object({
          "If-Match": z.string().optional().meta({
            description:
              "Write only if the document has this ETag; `*`: only if there " +
              "is one.",
            example: '"7"',
          }),
          "If-None-Match": z.string().optional().meta({
            description: "`*`: write only if nothing is stored yet.",
            example: "*",
          }),
        }),
        body: Settings,
      },
      responses: {
        200: {
          description: "The document as it is stored now.",
          schema: Settings,
          headers: SettingsHeaders,
        },
      },
      errors: [412, 503, 504, 507],
      handle: async ({ headers, body, caller: { user } }) => {
        const condition = writeCondition(
          headers["If-Match"],
          headers["If-None-Match"],
        );
        const key = settingsKey(user, DOCUMENT);
        const json = JSON.stringify(body);
        if (condition === "stored") await mustBeStored(settings, key);
        const version = await write(settings, user, {
          key,
          json,
          ...(typeof condition === "number" ? { ifVersion: condition } : {}),
        });
        return {
          status: 200,
          text: json,
          headers: headersOf(version, record, true),
        };
      },
    }),
  ];
}

/** Refuses a write of what is not stored; what is stored once stays. */
async function mustBeStored(
  settings: SettingsStore,
  key: SettingsKey,
): Promise<void> {
  const { documents } = await settings.read([key]);
  if (!documents[0]) throw nothingStored(key);
}

async function write(
  settings: SettingsStore,
  user: string,
  change: SettingsChange,
): Promise<number> {
  try {
    const [version] = await settings.write([change], user);
    return version!;
  } catch (error) {
    const isAbsent = error instanceof PortError &&
      error.code === "version_conflict" && error.facts["version"] === 0;
    throw isAbsent ? nothingStored(change.key, error) : error;
  }
}

function nothingStored(key: SettingsKey, cause?: unknown): PortError {
  return new PortError(
    "version_conflict",
    `Cannot write ${key} as nothing is stored: PUT it without If-Match first`,
    { cause, facts: { key, version: 0 } },
  );
}

function headersOf(
  version: number,
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
