/**
 * The past of a user's settings: who changed what, and back to what it was.
 *
 * @module
 */
import {
  CUSTOM,
  type Documents,
  documentsWith,
  type Kept,
  keptAt,
  SETTINGS,
  settingsAt,
  valueOf,
  withValue,
} from "../../../domain/settings/catalogue.ts";
import {
  isSameValue,
  type JsonObject,
  parseObject,
} from "../../../domain/json_value.ts";
import { settingsKey, type UserDocument } from "../../../domain/settings.ts";
import type { UserId } from "../../../domain/user_id.ts";
import type { Clock } from "../../../ports/clock.ts";
import { PortError } from "../../../ports/port_error.ts";
import {
  MAX_TRIM,
  type SettingsArchive,
} from "../../../ports/settings_archive.ts";
import type { Telemetry } from "../../../ports/telemetry.ts";
import { forgetHourly } from "../forget_hourly.ts";
import { DEFAULTS_KEY } from "./defaults_document.ts";
import type { ChangedDocument, UserDocuments } from "./documents.ts";
import { type HistoryPage, type PastQuery, readPast } from "./past.ts";

const DAY_MS = 86_400_000;

/** What going back has done. */
export interface Reverted {
  /** The documents that were changed; none when all was as it was then. */
  readonly changed: readonly ChangedDocument[];
  /** Documents that stay as they are, as they were not stored then. */
  readonly skipped: readonly UserDocument[];
}

/** The past of settings. */
export interface SettingsHistory {
  /**
   * Changes of the settings at or beneath a path, and of `custom`.
   *
   * @throws {InvalidInput} When there is no setting at that path.
   */
  read(
    user: UserId,
    query: PastQuery,
    signal?: AbortSignal,
  ): Promise<HistoryPage<UserDocument>>;

  /** The same of the defaults that new users get. */
  readDefaults(
    query: PastQuery,
    signal?: AbortSignal,
  ): Promise<HistoryPage<"defaults">>;

  /**
   * Gives the settings at or beneath `path`, all and `custom` when absent, the
   * values that they had right after `version`, in one transaction. A setting
   * that did not exist then stays as it is.
   *
   * @throws {PortError} `expired` when the values are no longer held;
   * `not_found` when none of the documents was stored then.
   * @throws {InvalidSettings} When they are no longer what settings must be.
   */
  revert(
    user: UserId,
    actor: string,
    to: { readonly version: number; readonly path: string | undefined },
    signal?: AbortSignal,
  ): Promise<Reverted>;

  /** Forgets what is older than `days`, every hour until `signal` aborts. */
  run(days: number, signal: AbortSignal): Promise<void>;
}

/** Creates the history over `archive`. */
export function createSettingsHistory(parts: {
  readonly archive: SettingsArchive;
  readonly documents: UserDocuments;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}): SettingsHistory {
  const { archive, documents, clock } = parts;

  return {
    read(user, query, signal) {
      const kept = keptAt(query.path);
      const keys = new Map(
        documentsWith(kept).map((name) => [settingsKey(user, name), name]),
      );
      return readPast(archive, keys, kept, query, signal);
    },

    readDefaults(query, signal) {
      const { path } = query;
      const settings = path === undefined ? SETTINGS : settingsAt(path);
      const kept = settings.map(({ path }) => ({
        path,
        document: "defaults" as const,
        at: ["defaults", ...path.split(".")],
      }));
      const keys = new Map([[DEFAULTS_KEY, "defaults" as const]]);
      return readPast(archive, keys, kept, query, signal);
    },

    async revert(user, actor, { version, path }, signal) {
      const kept = keptAt(path);
      const names = documentsWith(kept);
      const keys = names.map((name) => settingsKey(user, name));
      const revisions = await archive.at(keys, version, signal);
      const then: Documents = Object.fromEntries(
        names.map((name, i) => [name, parseObject(revisions[i]?.json ?? "")]),
      );
      const skipped = names.filter((name) => !then[name]);
      if (skipped.length === names.length) {
        throw new PortError(
          "not_found",
          `Cannot go back to version ${version} as ${user} had none of ${
            names.join(", ")
          } then: the history tells since when there are settings`,
        );
      }
      const changed = await documents.change({
        user,
        actor,
        documents: names,
        needsAll: true,
        apply: (stored) => backTo(then, stored, kept),
      }, signal);
      return { changed, skipped };
    },

    async run(days, signal) {
      const trim = () => archive.trim(clock.now() - days * DAY_MS, signal);
      const old = { what: "settings", trim, most: MAX_TRIM };
      await forgetHourly(old, parts, signal);
    },
  };
}

/** The documents as they were, as far as they differ from what is stored. */
function backTo(
  then: Documents,
  stored: Documents,
  kept: readonly Kept[],
): Documents {
  const next: Partial<Record<UserDocument, JsonObject>> = {};
  for (const one of kept) {
    const { document } = one;
    if (!then[document]) continue;
    const value = valueOf(then, one);
    if (isSameValue(value, valueOf(stored, one))) continue;
    const before = next[document] ?? stored[document] ?? {};
    if (value !== undefined) {
      next[document] = withValue(before, one.at, value);
    } else if (one === CUSTOM) {
      const { custom: _, ...others } = before;
      next[document] = others;
    }
  }
  return next;
}
