/**
 * Settings beside the defaults: compared, reset, taken over anew.
 *
 * @module
 */
import { z } from "zod";
import {
  type ComparedSetting,
  countRisk,
  groupDifferences,
} from "../../../../domain/settings/comparison.ts";
import { InvalidInput } from "../../../../domain/invalid_input.ts";
import type { Clock } from "../../../../ports/clock.ts";
import type { ChangedDocument } from "../../../services/settings/documents.ts";
import type { SettingsServices } from "../../../services/settings/settings.ts";
import { subjectOf } from "../../identity.ts";
import { type AnswerHeaders, type Route, route } from "../../route.ts";
import { instantOf } from "../../schemas.ts";
import {
  ComparisonAnswer,
  LoadAnswer,
  ResetAnswer,
  STOP_LOSS,
} from "./maintenance_schemas.ts";
import { TAGS, UnconditionalHeaders, UserQuery } from "./schemas.ts";

/** The routes that compare settings with the defaults and take these over. */
export function maintenanceRoutes(
  { maintenance, record }: SettingsServices,
  clock: Clock,
): readonly Route[] {
  const query = z.strictObject({ user: UserQuery });
  const written: AnswerHeaders = {
    "X-Holdfast-Source": record,
    "X-Holdfast-Verified": "true",
  };

  return [
    route({
      method: "GET",
      path: "/api/user/settings/comparison",
      id: "compareSettings",
      summary: "Every setting beside its default",
      description:
        "Compares all documents, setting by setting, with the defaults of now.",
      tags: TAGS,
      request: { query },
      responses: {
        200: {
          description: "The settings that differ, by group.",
          schema: ComparisonAnswer,
        },
      },
      errors: [403, 503, 504],
      handle: async ({ query, caller, signal }) => {
        const user = subjectOf(caller, query.user);
        const compared = await maintenance.compare(user, signal);
        const { settings, source, verified } = compared;
        const groups = groupDifferences(settings);
        return {
          status: 200,
          json: {
            timestamp: instantOf(clock.now()),
            total_settings: settings.length,
            ...countsOf(settings),
            groups: Object.fromEntries(
              groups.map(({ name, title, differences }) => [name, {
                group_name: name,
                display_name: title,
                change_count: differences.length,
                differences: differences.map(differenceOf),
              }]),
            ),
          },
          headers: {
            "X-Holdfast-Source": source,
            "X-Holdfast-Verified": verified ? "true" : "false",
          },
        };
      },
    }),

    route({
      method: "POST",
      path: "/api/user/settings/load-defaults",
      id: "loadDefaults",
      summary: "Give all settings their defaults, or show what that would do",
      description:
        "All documents that differ are changed in one transaction. What is " +
        "kept under `custom` stays.",
      tags: TAGS,
      request: {
        headers: UnconditionalHeaders,
        query: z.strictObject({
          user: UserQuery,
          preview: z.enum(["true", "false"]).optional().meta({
            description: "Whether to show only what would change.",
            example: "true",
          }),
        }),
        body: z.strictObject({
          preview: z.boolean().optional().meta({
            description: "The same as in the query; both must agree.",
          }),
        }).optional().meta({ example: { preview: true } }),
      },
      responses: {
        200: { description: "What has changed.", schema: LoadAnswer },
      },
      errors: [422, 503, 504, 507],
      handle: async ({ query, body, caller, signal }) => {
        const user = subjectOf(caller, query.user);
        const preview = isPreview(query.preview, body?.preview);
        const { settings, changed } = preview
          ? { ...await maintenance.compare(user, signal), changed: [] }
          : await maintenance.takeOver(user, caller.actor, undefined, signal);
        const counts = countsOf(settings);
        const applied = preview ? 0 : counts.total_changes;
        return {
          status: 200,
          json: {
            success: true,
            preview,
            ...counts,
            changes_applied: applied,
            versions: versionsOf(changed),
            differences: settings.filter(({ isMatch }) => !isMatch)
              .map(differenceOf),
            ...(preview ? { all_values: settings.map(valueOf) } : {}),
            message: preview
              ? `${counted(counts.total_changes)} would be changed`
              : saysDone(applied),
          },
          headers: written,
        };
      },
    }),

    route({
      method: "POST",
      path: "/api/user/settings/reset",
      id: "resetSettings",
      summary: "Give one setting, or all beneath a path, the default",
      description:
        "Of a single setting `old_value` and `new_value` are its values; of a " +
        "group they are objects of values by path. `all`, `trading` and " +
        "`notifications` are the documents of that name.",
      tags: TAGS,
      request: {
        headers: UnconditionalHeaders,
        query,
        body: z.strictObject({
          path: z.string().min(1).max(256).meta({
            description: "A setting or a group, as the comparison names them.",
          }),
        }).meta({ example: { path: STOP_LOSS.path } }),
      },
      responses: {
        200: { description: "What has changed.", schema: ResetAnswer },
      },
      errors: [422, 503, 504, 507],
      handle: async ({ query, body: { path }, caller, signal }) => {
        const user = subjectOf(caller, query.user);
        const { settings, changed } = await maintenance.takeOver(
          user,
          caller.actor,
          path,
          signal,
        );
        const changes = settings.filter(({ isMatch }) => !isMatch)
          .map(changeOf);
        const [only] = settings.length === 1 ? settings.map(changeOf) : [];
        return {
          status: 200,
          json: {
            success: true,
            message: saysDone(changes.length),
            path: only?.path ?? path,
            old_value: only ? only.old_value : treeOf(settings, "current"),
            new_value: only ? only.new_value : treeOf(settings, "default"),
            changes,
            versions: versionsOf(changed),
          },
          headers: written,
        };
      },
    }),
  ];
}

/** @throws {InvalidInput} When query and body do not agree. */
function isPreview(
  query: "true" | "false" | undefined,
  body: boolean | undefined,
): boolean {
  const asked = query === undefined ? body : query === "true";
  if (body === undefined || body === asked) return asked ?? false;
  const message = `Cannot tell whether this is a preview as the query says ` +
    `${query} and the body ${body}`;
  throw new InvalidInput(message, [{ path: "body.preview", message }]);
}

/** The values of several settings, by their paths. */
function treeOf(
  settings: readonly ComparedSetting[],
  side: "current" | "default",
) {
  return Object.fromEntries(
    settings.map((one) => [one.setting.path, one[side] ?? null]),
  );
}

function countsOf(settings: readonly ComparedSetting[]) {
  const total = settings.filter(({ isMatch }) => !isMatch).length;
  return {
    total_changes: total,
    high_risk_count: countRisk(settings, "high"),
    medium_risk_count: countRisk(settings, "medium"),
    low_risk_count: countRisk(settings, "low"),
    all_match: total === 0,
  };
}

function differenceOf(compared: ComparedSetting) {
  const { setting: { path, field }, current = null } = compared;
  const { risk, impact, recommendation } = field;
  return {
    path,
    current,
    default: compared.default,
    risk_level: risk,
    ...(impact === undefined ? {} : { impact }),
    ...(recommendation === undefined ? {} : { recommendation }),
  };
}

function valueOf(compared: ComparedSetting) {
  const { setting: { path, field }, current = null, isMatch } = compared;
  return {
    path,
    current,
    default: compared.default,
    match: isMatch,
    risk_level: field.risk,
  };
}

function changeOf(compared: ComparedSetting) {
  const { setting: { path }, current = null } = compared;
  return { path, old_value: current, new_value: compared.default };
}

function versionsOf(changed: readonly ChangedDocument[]) {
  return Object.fromEntries(
    changed.map(({ name, after }) => [name, after.version]),
  );
}

function counted(count: number): string {
  return `${count} ${count === 1 ? "setting" : "settings"}`;
}

function saysDone(count: number): string {
  return count === 0
    ? "all of it had its default already"
    : `${counted(count)} ${
      count === 1 ? "has its default" : "have their defaults"
    } again`;
}
