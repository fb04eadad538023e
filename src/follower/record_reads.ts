/**
 * Reading documents from the database of record, many callers at once.
 *
 * @module
 */
import type { SettingsDocument, SettingsKey } from "../../domain/settings.ts";
import type { RecordSnapshot, RecordStore } from "../../ports/record_store.ts";
import { createBatch } from "./batch.ts";
import type { Safety } from "./safety.ts";

/** Keys of one statement, at most, unless one caller has more. */
const MAX_KEYS = 256;

/** Statements under way, at most: one with large documents holds up no other. */
const LANES = 4;

/** Reads documents together with log and leases, as `RecordStore.read` does. */
export type RecordReads = (
  keys: readonly SettingsKey[],
) => Promise<RecordSnapshot>;

interface Ask {
  readonly keys: readonly SettingsKey[];
  readonly resolve: (snapshot: RecordSnapshot) => void;
  readonly reject: (reason: unknown) => void;
}

/** Creates the reads; `safety` takes note of what they show. */
export function createRecordReads(
  record: RecordStore,
  safety: Safety,
): RecordReads {
  const batch = createBatch<Ask>(
    send,
    ({ keys }) => keys.length,
    MAX_KEYS,
    LANES,
  );

  async function send(asks: readonly Ask[]): Promise<void> {
    const keys = [...new Set(asks.flatMap(({ keys }) => keys))];
    let snapshot: RecordSnapshot;
    try {
      snapshot = await safety.see(() => record.read(keys));
    } catch (error) {
      for (const { reject } of asks) reject(error);
      return;
    }
    const found = new Map<SettingsKey, SettingsDocument | undefined>(
      keys.map((key, i) => [key, snapshot.documents[i]]),
    );
    for (const { keys, resolve } of asks) {
      const documents = keys.map((key) => found.get(key));
      resolve({ ...snapshot, documents });
    }
  }

  return (keys) =>
    new Promise((resolve, reject) => batch.add({ keys, resolve, reject }));
}
