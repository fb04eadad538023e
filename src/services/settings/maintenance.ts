/**
 * A user's settings beside the defaults: compared, reset, taken over anew.
 *
 * @module
 */
import {
  BUILT_IN_DOCUMENTS,
  type Documents,
  documentsWith,
  SETTINGS,
  settingsAt,
  TREE_SHAPE,
  treeOfDocuments,
} from "../../../domain/settings/catalogue.ts";
import {
  type ComparedSetting,
  compareSettings,
} from "../../../domain/settings/comparison.ts";
import { faultsOf, InvalidSettings } from "../../../domain/settings/check.ts";
import { completedDocuments } from "../../../domain/settings/complete.ts";
import { withValuesOf } from "../../../domain/settings/edit.ts";
import { USER_DOCUMENTS } from "../../../domain/settings.ts";
import type { UserId } from "../../../domain/user_id.ts";
import type { SettingsSource } from "../../../ports/settings_store.ts";
import type { DefaultSettings } from "./defaults.ts";
import type { ChangedDocument, UserDocuments } from "./documents.ts";
import { parseStored } from "./stored_json.ts";

/** Settings of a user beside the defaults. */
export interface Comparison {
  /** Every setting, in the order of the tree. */
  readonly settings: readonly ComparedSetting[];
  /** Where the answer came from. */
  readonly source: SettingsSource;
  /** Whether the answer is known to be the newest. */
  readonly verified: boolean;
}

/** What taking over defaults has done. */
export interface TakenOver {
  /** The settings concerned as they were before, beside the defaults. */
  readonly settings: readonly ComparedSetting[];
  /** The documents that were changed; none when all settings were as they are by default. */
  readonly changed: readonly ChangedDocument[];
}

/** Compares settings with the defaults, and takes these over. */
export interface SettingsMaintenance {
  /** Compares every setting of `user` with its default. */
  compare(user: UserId, signal?: AbortSignal): Promise<Comparison>;

  /**
   * Gives the settings at or beneath `path` (all of them when absent) their
   * defaults, in one transaction.
   *
   * @throws {InvalidInput} When there is no setting at `path`.
   * @throws {InvalidSettings} When the defaults do not go with the settings
   * that stay; it names the smallest group around `path` whose defaults do.
   */
  takeOver(
    user: UserId,
    actor: string,
    path?: string,
    signal?: AbortSignal,
  ): Promise<TakenOver>;
}

/** Creates the maintenance of `documents`. */
export function createSettingsMaintenance(services: {
  readonly documents: UserDocuments;
  readonly defaults: DefaultSettings;
}): SettingsMaintenance {
  const { documents, defaults } = services;

  return {
    async compare(user, signal) {
      const read = await documents.read(user, USER_DOCUMENTS, signal);
      const stored = Object.fromEntries(
        USER_DOCUMENTS.map((name, i) => [
          name,
          parseStored(read.documents[i]!),
        ]),
      );
      const wanted = await defaults.current(signal);
      return {
        settings: compareSettings(
          completedDocuments(stored, wanted.documents),
          wanted.documents,
        ),
        source: read.source,
        verified: read.verified && wanted.verified,
      };
    },

    async takeOver(user, actor, path, signal) {
      const settings = path === undefined ? SETTINGS : settingsAt(path);
      const wanted = (await defaults.current(signal)).documents;
      let compared: readonly ComparedSetting[] = [];
      const changed = await documents.change({
        user,
        actor,
        documents: documentsWith(settings),
        needsAll: true,
        apply(stored) {
          compared = compareSettings(stored, wanted, settings);
          const next = differing(stored, compared, wanted);
          if (path !== undefined) checkReset(path, stored, next, wanted);
          return next;
        },
      }, signal);
      return { settings: compared, changed };
    },
  };
}

/** The documents in which a setting differs, with its default in it. */
function differing(
  stored: Documents,
  compared: readonly ComparedSetting[],
  wanted: Documents,
): Documents {
  const settings = compared.filter(({ isMatch }) => !isMatch)
    .map(({ setting }) => setting);
  const next = withValuesOf(stored, settings, wanted);
  return Object.fromEntries(
    documentsWith(settings).map((name) => [name, next[name]]),
  );
}

/** @throws {InvalidSettings} When `next` would not do, with what would. */
function checkReset(
  path: string,
  stored: Documents,
  next: Documents,
  wanted: Documents,
): void {
  const faults = treeFaults(next);
  if (faults.length === 0) return;
  const steps = path.split(".");
  const groups = steps.slice(1).map((_, i) => steps.slice(0, -1 - i).join("."));
  const enough = groups.find((group) => {
    const settings = settingsAt(group);
    const all = { ...stored, ...withValuesOf(stored, settings, wanted) };
    const names = documentsWith(settings);
    return treeFaults(
      Object.fromEntries(names.map((name) => [name, all[name]])),
    ).length === 0;
  });
  const instead = enough === undefined
    ? "load all defaults instead"
    : `reset ${enough} instead`;
  throw new InvalidSettings(
    `the default of ${path}`,
    faults.map(({ path, message }) => ({
      path,
      message: `${message}; ${instead}`,
    })),
  );
}

/** What is wrong with `documents`, by paths in the tree. */
function treeFaults(documents: Documents) {
  // Stand for the documents that are not looked at.
  const tree = treeOfDocuments({ ...BUILT_IN_DOCUMENTS, ...documents });
  return faultsOf(TREE_SHAPE, tree);
}
