/**
 * Reads documents with the fields that an earlier version of the program did
 * not know of, for readers that cannot do without them.
 *
 * @module
 */
import {
  completedDocuments,
  lacksFields,
} from "../../../domain/settings/complete.ts";
import type {
  SettingsDocument,
  UserDocument,
} from "../../../domain/settings.ts";
import type { DefaultSettings } from "./defaults.ts";
import type { UserDocuments } from "./documents.ts";
import { readableJson } from "./stored_json.ts";

/** Reads documents; see `UserDocuments`. */
export type CompleteReads = Pick<UserDocuments, "read">;

/**
 * Creates the reads over `documents`. What is missing is as the defaults have
 * it, which are read only where something is; the version stays that of what is
 * stored. A document that has not changed is the same object again.
 */
export function createCompleteReads(services: {
  readonly documents: UserDocuments;
  readonly defaults: DefaultSettings;
}): CompleteReads {
  const { documents, defaults } = services;
  const old = new WeakMap<SettingsDocument, boolean>();
  const made = new WeakMap<
    SettingsDocument,
    { readonly defaults: number; readonly document: SettingsDocument }
  >();

  function isOld(name: UserDocument, document: SettingsDocument): boolean {
    let known = old.get(document);
    if (known === undefined) {
      known = lacksFields({ [name]: readableJson(document) });
      old.set(document, known);
    }
    return known;
  }

  return {
    async read(user, names, signal) {
      const read = await documents.read(user, names, signal);
      if (!names.some((name, i) => isOld(name, read.documents[i]!))) {
        return read;
      }
      const wanted = await defaults.current(signal);
      return {
        source: read.source,
        verified: read.verified && wanted.verified,
        documents: names.map((name, i) => {
          const document = read.documents[i]!;
          if (!isOld(name, document)) return document;
          const known = made.get(document);
          if (known?.defaults === wanted.version) return known.document;
          const { [name]: whole } = completedDocuments(
            { [name]: readableJson(document) },
            wanted.documents,
          );
          const completed = { ...document, json: JSON.stringify(whole) };
          made.set(document, {
            defaults: wanted.version,
            document: completed,
          });
          return completed;
        }),
      };
    },
  };
}
