/**
 * What documents were before, in this process's memory, shared by the settings
 * store and the archive. It is bounded: the oldest revisions go when it is full.
 *
 * @module
 */
import type { SettingsKey } from "../../domain/settings.ts";
import type { OldestRevision } from "../../ports/archive_rules.ts";
import type { SettingsRevision } from "../../ports/settings_archive.ts";

/** Revisions held beside the newest of each document, at most. */
export const DEFAULT_HISTORY_CAPACITY = 100_000;

/** Characters of their values, at most. */
const MAX_CHARS = 64 * 1024 * 1024;

/** Every revision of every document, until it is forgotten. */
export interface MemoryHistory {
  /** Takes note of a change; versions rise. */
  note(revision: SettingsRevision): void;
  /** The revisions of `key` that are held, oldest first. */
  of(key: SettingsKey): readonly SettingsRevision[];
  /** The oldest that is held; `undefined` when there has never been one. */
  oldest(key: SettingsKey): OldestRevision | undefined;
  /** Forgets those that were replaced before `beforeMs`, at most `most`; how many. */
  forget(beforeMs: number, most: number): number;
  /** Forgets those of `keys` up to `version`, at most `most`, the oldest first; how many. */
  forgetAll(
    keys: readonly SettingsKey[],
    version: number,
    most: number,
  ): number;
}

interface Held {
  readonly revisions: SettingsRevision[];
  isWhole: boolean;
}

/** Creates an empty history. */
export function createMemoryHistory(
  capacity: number = DEFAULT_HISTORY_CAPACITY,
  maxChars: number = MAX_CHARS,
): MemoryHistory {
  const documents = new Map<SettingsKey, Held>();
  /** Revisions that have been replaced, and when, from `gone` on. */
  let replaced: { readonly revision: SettingsRevision; readonly at: number }[] =
    [];
  let gone = 0;
  let chars = 0;

  function forgetOldest(): void {
    const { revision } = replaced[gone++]!;
    chars -= lengthOf(revision);
    const held = documents.get(revision.key)!;
    held.revisions.shift();
    held.isWhole = false;
    // By the half: each is moved a bounded number of times.
    if (gone * 2 <= replaced.length) return;
    replaced = replaced.slice(gone);
    gone = 0;
  }

  return {
    note(revision) {
      const held = documents.get(revision.key);
      if (!held) {
        documents.set(revision.key, { revisions: [revision], isWhole: true });
        return;
      }
      const before = held.revisions.at(-1)!;
      held.revisions.push(revision);
      replaced.push({ revision: before, at: revision.at });
      chars += lengthOf(before);
      while (replaced.length - gone > capacity || chars > maxChars) {
        forgetOldest();
      }
    },

    of: (key) => documents.get(key)?.revisions ?? [],

    oldest(key) {
      const held = documents.get(key);
      if (!held) return undefined;
      return { version: held.revisions[0]!.version, isFirst: held.isWhole };
    },

    forget(beforeMs, most) {
      let count = 0;
      while (count < most && (replaced[gone]?.at ?? Infinity) < beforeMs) {
        forgetOldest();
        count++;
      }
      return count;
    },

    forgetAll(keys, version, most) {
      const named = [...new Set(keys)];
      const old = named.flatMap((key) => documents.get(key)?.revisions ?? [])
        .filter((one) => one.version <= version)
        .sort((a, b) => a.version - b.version).slice(0, most);
      const isOld = new Set(old);
      for (const key of new Set(old.map((one) => one.key))) {
        const held = documents.get(key)!;
        const left = held.revisions.filter((one) => !isOld.has(one));
        if (left.length === 0) documents.delete(key);
        else documents.set(key, { revisions: left, isWhole: false });
      }
      replaced = replaced.slice(gone).filter(({ revision }) => {
        if (!isOld.has(revision)) return true;
        chars -= lengthOf(revision);
        return false;
      });
      gone = 0;
      return old.length;
    },
  };
}

function lengthOf({ json }: SettingsRevision): number {
  return json?.length ?? 0;
}
