/**
 * Documents kept in this process, valid as of one position of the log.
 *
 * They are never believed by themselves: each call to the fast layer tells
 * what has changed since that position, and so validates all of them at once.
 *
 * @module
 */
import { LRUCache } from "lru-cache";
import type { SettingsDocument, SettingsKey } from "../../domain/settings.ts";
import type { DrainStep, FastAnswer } from "../../ports/fast_layer.ts";

/** Characters of all documents kept, at most. */
const MAX_CHARS = 64 * 1024 * 1024;

/** What stands for a document that is known not to be stored. */
const ABSENT = "absent";

/** As many characters as that counts for, as anybody may ask for anything. */
const ABSENT_CHARS = 256;

/** Keeps documents between calls. */
export interface NearCache {
  /** The settings position up to which what is kept is current; `undefined` when nothing is. */
  readonly position: number | undefined;

  /** Whether it is kept what is under `key`, or that nothing is. */
  has(key: SettingsKey): boolean;

  /** The document under `key`, valid only right after `apply` said so. */
  get(key: SettingsKey): SettingsDocument | undefined;

  /** Whether nothing is under `key`, valid only right after `apply` said so. */
  isAbsent(key: SettingsKey): boolean;

  /**
   * Keeps that nothing was under `keys` when the settings position of the same
   * epoch was `at`; does nothing unless that is the position of what is kept.
   */
  keepAbsent(keys: readonly SettingsKey[], at: number): void;

  /**
   * Takes an answer in: forgets what has changed and keeps what it brought.
   *
   * @returns Whether what is kept is current now; not when the answer is older
   * than one that was taken in before.
   */
  apply(answer: FastAnswer): boolean;

  /** Goes along with a step that the fast layer has taken, from where it is. */
  follow(step: Pick<DrainStep, "from" | "to" | "changes">): void;

  /** Forgets everything. */
  clear(): void;
}

/** Creates an empty cache. */
export function createNearCache(): NearCache {
  const documents = new LRUCache<SettingsKey, SettingsDocument | typeof ABSENT>(
    {
      maxSize: MAX_CHARS,
      sizeCalculation: (held, key) =>
        key.length + (held === ABSENT ? ABSENT_CHARS : held.json.length),
    },
  );
  let position: number | undefined;

  function clear(): void {
    documents.clear();
    position = undefined;
  }

  return {
    get position() {
      return position;
    },
    has: (key) => documents.has(key),
    get(key) {
      const held = documents.get(key);
      return held === ABSENT ? undefined : held;
    },
    isAbsent: (key) => documents.get(key) === ABSENT,
    keepAbsent(keys, at) {
      if (position !== at) return;
      for (const key of keys) documents.set(key, ABSENT);
    },
    clear,
    follow({ from, to, changes }) {
      if (position !== from.settingsPosition) return;
      for (const { key, document } of changes) {
        const isSame = document && document.version <= to.position;
        const held = documents.get(key);
        // The fast layer has no document that was not there: it is to be filled.
        const isHeld = held !== undefined && held !== ABSENT;
        if (isSame && isHeld) documents.set(key, document);
        else documents.delete(key);
      }
      position = to.settingsPosition;
    },
    apply({ checkpoint, changed, documents: brought }) {
      const at = checkpoint?.settingsPosition;
      if (at === undefined || (position !== undefined && at < position)) {
        return false;
      }
      if (at !== position) {
        if (changed === undefined) clear();
        else for (const key of changed) documents.delete(key as SettingsKey);
        position = at;
      }
      for (const document of brought) {
        if (document) documents.set(document.key, document);
      }
      return true;
    },
  };
}
