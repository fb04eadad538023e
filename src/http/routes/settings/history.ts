/**
 * The past of settings.
 *
 * @module
 */
import { z } from "zod";
import { USER_DOCUMENTS } from "../../../../domain/settings.ts";
import type {
  HistoryEntry,
  HistoryPage,
} from "../../../services/settings/past.ts";
import type { SettingsServices } from "../../../services/settings/settings.ts";
import { subjectOf } from "../../identity.ts";
import { type Route, route } from "../../route.ts";
import { Instant, instantOf, queryInteger } from "../../schemas.ts";
import { TAGS, UnconditionalHeaders, UserQuery } from "./schemas.ts";

/** Changes of a page when nothing is said. */
const DEFAULT_LIMIT = 50;

const STOP_LOSS = "mode_configs.scalp.sltp.stop_loss_percent";

const PathQuery = z.string().min(1).max(256).meta({
  description: "Only the setting or group of this path; `custom` is one thing.",
  example: STOP_LOSS,
});

const History = historyOf("SettingsHistory", z.enum(USER_DOCUMENTS), {
  document: "mode:scalp",
  actor: "42",
});

const DefaultsHistory = historyOf(
  "DefaultsHistory",
  z.literal("defaults"),
  { document: "defaults", actor: "default" },
);

function historyOf<Name extends string>(
  id: string,
  document: z.ZodType<Name>,
  of: { readonly document: Name; readonly actor: string },
) {
  return z.object({
    entries: z.array(z.object({
      document,
      version: z.int().meta({ description: "The version since then." }),
      at: Instant,
      actor: z.string().meta({ description: "Who changed it." }),
      changes: z.array(z.object({
        path: z.string(),
        old_value: z.unknown().meta({
          description: "null where there was none, or it is no longer known.",
        }),
        new_value: z.unknown(),
      })),
    })),
    next_after: z.int().nullable().meta({
      description: "Go on after this version; null when there is no more.",
    }),
  }).meta({
    id,
    example: {
      entries: [{
        ...of,
        version: 12,
        at: "2026-01-02T14:32:00.000Z",
        changes: [{ path: STOP_LOSS, old_value: 1.5, new_value: 1.2 }],
      }],
      next_after: null,
    },
  });
}

/** Which part of the past is asked for. */
const PAST = {
  path: PathQuery.optional(),
  after: queryInteger(0, Number.MAX_SAFE_INTEGER).optional().meta({
    description: "Only changes after this version.",
  }),
  limit: queryInteger(1, 200).optional().meta({
    description: `Most changes; ${DEFAULT_LIMIT} when absent.`,
  }),
};

const PAST_DESCRIPTION =
  "Oldest first. A page may be empty although there is more: go on after " +
  "`next_after` until it is null.";

const Reverted = z.object({
  success: z.boolean(),
  message: z.string(),
  versions: z.record(z.string(), z.int()).meta({
    description: "New versions of the documents that were changed.",
  }),
  skipped: z.array(z.enum(USER_DOCUMENTS)).meta({
    description: "Documents that stay as they are: there were none then.",
  }),
}).meta({
  id: "SettingsReverted",
  example: {
    success: true,
    message: "1 document is as it was after version 7",
    versions: { "mode:scalp": 13 },
    skipped: [],
  },
});

/** The routes of the past. */
export function historyRoutes(
  { history }: SettingsServices,
): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/api/user/settings/history",
      id: "getSettingsHistory",
      summary: "Who changed what, and when",
      description: PAST_DESCRIPTION,
      tags: TAGS,
      request: {
        query: z.strictObject({ user: UserQuery, ...PAST }),
      },
      responses: { 200: { description: "The changes.", schema: History } },
      errors: [403, 503, 504],
      handle: async ({ query, caller, signal }) => {
        const user = subjectOf(caller, query.user);
        const { path, after = 0, limit = DEFAULT_LIMIT } = query;
        const page = await history.read(user, { path, after, limit }, signal);
        return { status: 200, json: pageOf(page) };
      },
    }),

    route({
      method: "GET",
      path: "/api/admin/defaults/history",
      id: "getDefaultsHistory",
      summary: "Who changed which default, and when",
      description: PAST_DESCRIPTION,
      tags: ["Administration"],
      request: { query: z.strictObject(PAST) },
      responses: {
        200: { description: "The changes.", schema: DefaultsHistory },
      },
      errors: [503, 504],
      handle: async ({ query, signal }) => {
        const { path, after = 0, limit = DEFAULT_LIMIT } = query;
        const asked = { path, after, limit };
        const page = await history.readDefaults(asked, signal);
        return { status: 200, json: pageOf(page) };
      },
    }),

    route({
      method: "POST",
      path: "/api/user/settings/revert",
      id: "revertSettings",
      summary: "Go back to what settings were",
      description:
        "All documents, or what is at or beneath `path`, in one transaction. " +
        "What did not exist then stays as it is; 404 when that is all.",
      tags: TAGS,
      request: {
        headers: UnconditionalHeaders,
        query: z.strictObject({ user: UserQuery }),
        body: z.strictObject({
          version: z.int().min(1).meta({
            description:
              "Settings get the values that they had right after this version.",
          }),
          path: PathQuery.optional(),
        }).meta({ example: { version: 7, path: STOP_LOSS } }),
      },
      responses: { 200: { description: "What was done.", schema: Reverted } },
      errors: [404, 410, 422, 503, 504, 507],
      handle: async ({ query, body, caller, signal }) => {
        const { version, path } = body;
        const { changed, skipped } = await history.revert(
          subjectOf(caller, query.user),
          caller.actor,
          { version, path },
          signal,
        );
        const { length } = changed;
        const what = `${length} ${
          length === 1 ? "document is" : "documents are"
        }`;
        return {
          status: 200,
          json: {
            success: true,
            message: length === 0
              ? `all of it is as it was after version ${version} already`
              : `${what} as after version ${version}`,
            versions: Object.fromEntries(
              changed.map(({ name, after }) => [name, after.version]),
            ),
            skipped: [...skipped],
          },
        };
      },
    }),
  ];
}

function pageOf<Name extends string>(
  { entries, next }: HistoryPage<Name>,
) {
  return { entries: entries.map(entryOf), next_after: next ?? null };
}

function entryOf<Name extends string>(
  { document, version, at, actor, changes }: HistoryEntry<Name>,
) {
  return {
    document,
    version,
    at: instantOf(at),
    actor,
    changes: changes.map(({ path, before = null, after = null }) => ({
      path,
      old_value: before,
      new_value: after,
    })),
  };
}
