/**
 * The writes that an edit of a user's documents comes to.
 *
 * @module
 */
import type { Documents } from "../../../domain/settings/catalogue.ts";
import { checkedDocument } from "../../../domain/settings/check.ts";
import { isSameValue } from "../../../domain/json_value.ts";
import { changedPaths } from "../../../domain/settings/edit.ts";
import { SHAPES } from "../../../domain/settings/shape.ts";
import {
  type SettingsDocument,
  settingsKey,
  type UserDocument,
} from "../../../domain/settings.ts";
import type { UserId } from "../../../domain/user_id.ts";
import type { SettingsChange } from "../../../ports/settings_store.ts";
import { readableJson } from "./stored_json.ts";

/** A document is replaced, not removed. */
type Replacement = SettingsChange & { readonly json: string };

/** What becomes of a document: nothing where there is nothing to write. */
export interface PlannedChange {
  /** The document. */
  readonly name: UserDocument;
  /** What it was before, if it was. */
  readonly before: SettingsDocument | undefined;
  /** What is to be written. */
  readonly write: Replacement | undefined;
}

/** The changes to write: of each document from the very version that was read. */
export function changesOf(
  { user, documents, skipsSame }: {
    readonly user: UserId;
    readonly documents: readonly UserDocument[];
    readonly skipsSame?: boolean;
  },
  stored: readonly (SettingsDocument | undefined)[],
  next: Documents,
): readonly PlannedChange[] {
  return documents.flatMap((name, i): PlannedChange[] => {
    const value = next[name];
    if (value === undefined) return [];
    const shape = SHAPES[name];
    checkedDocument(shape, value);
    const before = stored[i];
    const said = readableJson(before);
    if (skipsSame && said && isSameValue(said, value)) {
      return [{ name, before, write: undefined }];
    }
    const paths = changedPaths(shape, said, value);
    const write: Replacement = {
      key: settingsKey(user, name),
      json: JSON.stringify(value),
      ifVersion: before?.version ?? 0,
      ...(paths === undefined ? {} : { paths }),
    };
    return [{ name, before, write }];
  });
}
