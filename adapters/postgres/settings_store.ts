/**
 * A settings store in Postgres; the state and its event change together.
 *
 * @module
 */
import type { SettingsDocument, SettingsKey } from "../../domain/settings.ts";
import { admit, checkChanges } from "../../ports/arguments.ts";
import type { SettingsStore } from "../../ports/settings_store.ts";
import type { PostgresDatabase } from "./database.ts";

const READ = `/* settings.read */ SELECT key, version, value FROM settings
  WHERE key = ANY ($1::text::text[])`;

/** Opens a store over `db`; closing it leaves the database open. */
export function openPostgresSettingsStore(db: PostgresDatabase): SettingsStore {
  let closed = false;
  const enter = (signal?: AbortSignal) =>
    admit("settings store", closed, signal);

  return {
    async read(keys, signal) {
      enter(signal);
      const rows = await db.read<[SettingsKey, number, string]>(
        READ,
        [textArray(keys)],
        signal,
      );
      const found = new Map<SettingsKey, SettingsDocument>();
      for (const [key, version, json] of rows) {
        found.set(key, { key, version, json });
      }
      const documents = keys.map((key) => found.get(key));
      return { documents, source: "database", verified: true };
    },

    recall: () => undefined,

    async write(changes, actor, signal) {
      enter(signal);
      checkChanges(changes);
      const { receipts } = await db.append({ changes, actor }, signal);
      return receipts.map(({ position }) => position);
    },

    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}

/** The literal of an array of texts. */
export function textArray(texts: readonly string[]): string {
  const quoted = texts.map((text) => `"${text.replace(/["\\]/g, "\\$&")}"`);
  return `{${quoted.join()}}`;
}
