/**
 * A user's settings documents: read, and changed one after the other.
 *
 * @module
 */
import type { Documents } from "../../../domain/settings/catalogue.ts";
import {
  completedDocuments,
  lacksFields,
} from "../../../domain/settings/complete.ts";
import {
  type SettingsDocument,
  settingsKey,
  USER_DOCUMENTS,
  type UserDocument,
} from "../../../domain/settings.ts";
import type { UserId } from "../../../domain/user_id.ts";
import { hasCode, PortError } from "../../../ports/port_error.ts";
import type {
  SettingsSnapshot,
  SettingsSource,
  SettingsStore,
} from "../../../ports/settings_store.ts";
import { ATTEMPTS, checkCondition } from "./conflict.ts";
import type { DefaultSettings } from "./defaults.ts";
import { createFewAtOnce } from "./few_at_once.ts";
import { createLanes } from "./lanes.ts";
import { changesOf, type PlannedChange } from "./planned_changes.ts";
import { readableJson } from "./stored_json.ts";

/** Who new users' documents come from. */
const NEW_USER_ACTOR = "holdfast:new-user";

/**
 * New users whose documents are written at the same time: thousands that come
 * at once would fill every commit, and what others write would wait for them.
 */
export const MAX_COPYING = 32;

/** New users that wait for theirs, at most. */
const MAX_NEW_USERS = 10_000;

/** Documents as they stood at one moment. */
export interface UserSettings {
  /** In the order asked for. */
  readonly documents: readonly SettingsDocument[];
  /** Where the answer came from. */
  readonly source: SettingsSource;
  /** Whether the answer is known to be the newest. */
  readonly verified: boolean;
}

/** What is to be changed. */
export interface DocumentChange {
  /** Whose settings. */
  readonly user: UserId;
  /** Who asks for it. */
  readonly actor: string;
  /** The documents that the change looks at. */
  readonly documents: readonly UserDocument[];
  /**
   * Only if the first document has this version; 0: only if it is not stored
   * yet; `stored`: only if it is. Whatever it is when absent.
   */
  readonly condition?: number | "stored" | undefined;
  /**
   * Whether documents that are not stored are made from the defaults first, and
   * fields that an earlier version of the program did not know of are as they
   * have them; if not, `apply` does without them.
   */
  readonly needsAll: boolean;
  /** Whether a document that `apply` gives as it is stored is not written again. */
  readonly skipsSame?: boolean;
  /**
   * Gives the documents to be stored, those only, from what is stored now. May
   * run several times.
   */
  apply(stored: Documents): Documents;
}

/** A document that has been changed. */
export interface ChangedDocument {
  /** What it was before, if it was. */
  readonly before: SettingsDocument | undefined;
  /** What it is now. */
  readonly after: SettingsDocument;
  /** Where `after` was read, which needed no change; `undefined` where it was written. */
  readonly asRead?: Pick<UserSettings, "source" | "verified">;
  /** The document. */
  readonly name: UserDocument;
}

/** Reads and changes documents. */
export interface UserDocuments {
  /**
   * Reads `documents` of `user` as one snapshot, byte for byte as they were
   * stored: a field that an earlier version of the program did not know of is
   * missing, as filling it in would take parsing every document that is read
   * (`complete_reads.ts` does).
   * Who has none yet gets copies of the defaults first.
   */
  read(
    user: UserId,
    documents: readonly UserDocument[],
    signal?: AbortSignal,
  ): Promise<UserSettings>;

  /**
   * Changes documents, all or none, in one transaction; nothing is written when
   * `apply` gives nothing. What others write at the same time is never mixed
   * in: the change is made anew on top of it.
   *
   * @throws {InvalidSettings} When a document would not be what it must be.
   * @throws {PortError} `version_conflict` when the condition does not hold.
   */
  change(
    edit: DocumentChange,
    signal?: AbortSignal,
  ): Promise<ChangedDocument[]>;
}

/** Creates the documents over `store`. */
export function createUserDocuments(ports: {
  readonly store: SettingsStore;
  readonly defaults: DefaultSettings;
}): UserDocuments {
  const { store, defaults } = ports;
  const lanes = createLanes<UserId>();
  const copying = createFewAtOnce(
    MAX_COPYING,
    MAX_NEW_USERS,
    "make settings for one more new user",
  );

  async function readAll(
    user: UserId,
    documents: readonly UserDocument[],
    signal: AbortSignal | undefined,
  ): Promise<UserSettings> {
    const keys = documents.map((name) => settingsKey(user, name));
    const snapshot = await store.read(keys, signal);
    if (isWhole(snapshot)) return snapshot;
    return await lanes.run(user, async () => {
      await copyDefaults(user, signal);
      const copied = await store.read(keys, signal);
      if (isWhole(copied)) return copied;
      throw new PortError(
        "unavailable",
        `Cannot read the settings of ${user} as they do not stay where they are stored: try again`,
      );
    });
  }

  /** Stores the defaults in place of all documents that there are not, at once. */
  async function copyDefaults(
    user: UserId,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const keys = USER_DOCUMENTS.map((name) => settingsKey(user, name));
    const stored = (await store.read(keys, signal)).documents;
    const missing = USER_DOCUMENTS.filter((_, i) => !stored[i]);
    if (missing.length === 0) return;
    const { documents } = await defaults.current(signal);
    // Printed when it is their turn: thousands that wait hold nothing.
    const copy = () =>
      store.write(
        missing.map((name) => ({
          key: settingsKey(user, name),
          json: JSON.stringify(documents[name]),
          ifVersion: 0,
        })),
        NEW_USER_ACTOR,
        signal,
      );
    try {
      await copying.run(copy, signal);
    } catch (error) {
      // Another instance was first.
      if (!hasCode(error, "version_conflict")) throw error;
    }
  }

  async function change(
    edit: DocumentChange,
    signal: AbortSignal | undefined,
  ): Promise<ChangedDocument[]> {
    const { actor } = edit;
    const remembered = await plannedFromMemory(edit, signal);
    for (let attempt = 1;; attempt++) {
      const { changed, source, verified } = attempt === 1 && remembered ||
        await planned(edit, await readStored(edit, signal), signal);
      const writes = changed.flatMap(({ write }) => write ?? []);
      try {
        const versions = writes.length === 0
          ? []
          : await store.write(writes, actor, signal);
        let written = 0;
        return changed.map(({ name, before, write }) => {
          if (!write) {
            return {
              name,
              before,
              after: before!,
              asRead: { source, verified },
            };
          }
          const { key, json } = write;
          const version = versions[written++]!;
          return { name, before, after: { key, version, json } };
        });
      } catch (error) {
        if (!hasCode(error, "version_conflict") || attempt === ATTEMPTS) {
          throw error;
        }
      }
    }
  }

  /** What `edit` comes to on top of `snapshot`. */
  async function planned(
    edit: DocumentChange,
    { documents: stored, source, verified }: SettingsSnapshot,
    signal: AbortSignal | undefined,
  ): Promise<Plan> {
    const key = settingsKey(edit.user, edit.documents[0]!);
    checkCondition(key, stored[0], edit.condition);
    const next = edit.apply(await understand(edit, stored, signal));
    return { changed: changesOf(edit, stored, next), source, verified };
  }

  /**
   * What `edit` comes to on top of what is remembered, where that is all that
   * it looks at and it is written again: the write fails if it is not current.
   */
  async function plannedFromMemory(
    edit: DocumentChange,
    signal: AbortSignal | undefined,
  ): Promise<Plan | undefined> {
    const { user, documents: [name, ...others] } = edit;
    if (others.length > 0) return undefined;
    const document = store.recall(settingsKey(user, name!));
    if (!document) return undefined;
    try {
      const documents = [document];
      const from = { documents, source: "memory", verified: false } as const;
      const plan = await planned(edit, from, signal);
      return plan.changed[0]?.write && plan;
    } catch {
      // What is current may well be another matter.
      return undefined;
    }
  }

  async function readStored(
    { user, documents, needsAll }: DocumentChange,
    signal: AbortSignal | undefined,
  ): Promise<SettingsSnapshot> {
    const keys = documents.map((name) => settingsKey(user, name));
    const snapshot = await store.read(keys, signal);
    if (!needsAll || isWhole(snapshot)) return snapshot;
    await copyDefaults(user, signal);
    return await store.read(keys, signal);
  }

  /** What documents say; nothing, where somebody has put something else there. */
  async function understand(
    { documents, needsAll }: DocumentChange,
    stored: readonly (SettingsDocument | undefined)[],
    signal: AbortSignal | undefined,
  ): Promise<Documents> {
    const said: Documents = Object.fromEntries(
      documents.map((name, i) => [name, readableJson(stored[i])]),
    );
    if (!needsAll || !lacksFields(said)) return said;
    return completedDocuments(said, (await defaults.current(signal)).documents);
  }

  return {
    read: readAll,
    // One at a time, so that changes of one instance never meet each other.
    change: (edit, signal) => lanes.run(edit.user, () => change(edit, signal)),
  };
}

/** What an edit comes to. */
interface Plan extends Pick<UserSettings, "source" | "verified"> {
  readonly changed: readonly PlannedChange[];
}

function isWhole(
  snapshot: { readonly documents: readonly (SettingsDocument | undefined)[] },
): snapshot is UserSettings {
  return snapshot.documents.every((document) => document !== undefined);
}
