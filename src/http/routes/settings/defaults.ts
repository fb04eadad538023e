/**
 * The routes of the defaults that new users get.
 *
 * @module
 */
import { z } from "zod";
import type { Clock } from "../../../../ports/clock.ts";
import type { ComparedSetting } from "../../../../domain/settings/comparison.ts";
import type { SettingsServices } from "../../../services/settings/settings.ts";
import { isKnown, writeCondition } from "../../etag.ts";
import { type Route, route } from "../../route.ts";
import { Instant, instantOf } from "../../schemas.ts";
import {
  BODY_LIMIT,
  DefaultSettingsTree,
  headersOf,
  ReadHeaders,
  SettingsHeaders,
  unchecked,
  UnconditionalHeaders,
  WriteHeaders,
} from "./schemas.ts";

const TAGS = ["Administration"];

const HASH = "9f2c41d07b3e5a1868f0e1b7c2d4a6958b7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e";

const Headers = SettingsHeaders.extend({
  "X-Holdfast-Defaults-Hash": z.string().meta({
    description: "SHA-256 of the defaults: the same exactly when they are.",
    example: HASH,
  }),
});

const SyncAnswer = z.object({
  success: z.boolean(),
  message: z.string(),
  synced_at: Instant,
  path: z.string().nullable().meta({
    description: "The file; null when the program's own defaults were taken.",
  }),
  backup: z.string().nullable().meta({
    description: "Where the defaults before are kept; null: nothing changed.",
  }),
  version: z.int(),
  hash: z.string(),
  changes: z.array(z.object({
    path: z.string(),
    old_value: z.unknown(),
    new_value: z.unknown(),
  })),
}).meta({
  id: "SyncedDefaults",
  example: {
    success: true,
    message: "1 default has changed",
    synced_at: "2026-01-02T14:32:00.000Z",
    path: "/etc/holdfast/default-settings.json",
    backup: "./data/backups/admin-defaults-7.json",
    version: 12,
    hash: HASH,
    changes: [{
      path: "circuit_breaker.global.max_daily_loss",
      old_value: 500,
      new_value: 450,
    }],
  },
});

/** The routes of the defaults. */
export function defaultsRoutes(
  { defaults, record }: SettingsServices,
  clock: Clock,
): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/api/admin/defaults",
      id: "getDefaults",
      summary: "The settings that new users get",
      description:
        "At the first start they are those of DEFAULT_SETTINGS_PATH, or the " +
        "program's own.",
      tags: TAGS,
      request: { headers: ReadHeaders },
      responses: {
        200: {
          description: "All settings as one tree.",
          schema: DefaultSettingsTree,
          headers: Headers,
        },
        304: { description: "They have not changed.", headers: Headers },
      },
      errors: [503, 504],
      handle: async ({ headers, signal }) => {
        const current = await defaults.current(signal);
        const { version, source, verified, hash, tree } = current;
        const about = {
          ...headersOf(version, source, verified),
          "X-Holdfast-Defaults-Hash": hash,
        };
        return isKnown(headers["If-None-Match"], version)
          ? { status: 304, empty: true, headers: about }
          : { status: 200, text: JSON.stringify(tree), headers: about };
      },
    }),

    route({
      method: "PUT",
      path: "/api/admin/defaults",
      id: "putDefaults",
      summary: "Replace the settings that new users get",
      description:
        "Every setting must be given, and none that protects may be 0. The " +
        "defaults before are kept as a file. Users who have their settings " +
        "keep them.",
      tags: TAGS,
      bodyLimit: BODY_LIMIT,
      request: {
        headers: WriteHeaders,
        body: unchecked(DefaultSettingsTree),
      },
      responses: {
        200: {
          description: "The defaults as they are now.",
          schema: DefaultSettingsTree,
          headers: Headers,
        },
      },
      errors: [412, 422, 503, 504, 507],
      handle: async ({ headers, body, caller }) => {
        const condition = writeCondition(
          headers["If-Match"],
          headers["If-None-Match"],
        );
        const { version, hash, tree } = await defaults.replace(
          body,
          caller.actor,
          condition === "stored" ? undefined : condition,
        );
        return {
          status: 200,
          text: JSON.stringify(tree),
          headers: {
            ...headersOf(version, record, true),
            "X-Holdfast-Defaults-Hash": hash,
          },
        };
      },
    }),

    route({
      method: "POST",
      path: "/api/admin/sync-defaults",
      id: "syncDefaults",
      summary: "Take over the defaults file as it is now",
      description:
        "Reads the file of DEFAULT_SETTINGS_PATH, or the program's own " +
        "defaults where there is none. The defaults before are kept as a file.",
      tags: TAGS,
      request: { headers: UnconditionalHeaders },
      responses: {
        200: { description: "What has changed.", schema: SyncAnswer },
      },
      errors: [404, 412, 422, 503, 504, 507],
      handle: async ({ caller }) => {
        const { defaults: now, changes, backup = null, path = null } =
          await defaults.sync(caller.actor);
        const { length } = changes;
        return {
          status: 200,
          json: {
            success: true,
            message: length === 0
              ? "the defaults are as the file says already"
              : `${length} ${
                length === 1 ? "default has" : "defaults have"
              } changed`,
            synced_at: instantOf(clock.now()),
            path,
            backup,
            version: now.version,
            hash: now.hash,
            changes: changes.map(changeOf),
          },
        };
      },
    }),
  ];
}

/** `current` is what was compared: the new defaults with those before. */
function changeOf({ setting, current, default: before }: ComparedSetting) {
  return { path: setting.path, old_value: before ?? null, new_value: current };
}
