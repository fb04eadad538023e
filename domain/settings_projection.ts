/**
 * Parts of documents that lie under keys of their own in Redis, for programs
 * that read them there. They follow their document and are never read here.
 *
 * @module
 */
import { parseObject } from "./json_value.ts";
import type { SettingsKey } from "./settings.ts";

/** A part of a document. */
export interface SettingsProjection {
  /** What it lies under. */
  readonly key: string;
  /** Its value; `undefined` when the document has no such member. */
  readonly json: string | undefined;
}

/** By the end of a document's key: the ends of its parts' keys, and their members. */
const PARTS: Readonly<Record<string, readonly (readonly [string, string])[]>> =
  {
    "settings:all": [
      ["settings:trading", "trading"],
      ["settings:notifications", "notifications"],
    ],
    "defaults:all": [["defaults:hash", "hash"]],
  };

const DOCUMENT = /^(user:[^:]+|admin):(settings:all|defaults:all)$/;
const PART =
  /^(?:user:[^:]+:settings:(?:trading|notifications)|admin:defaults:hash)$/;

/**
 * The parts of a document.
 *
 * @param json Its value; without one, no part has a value either.
 */
export function projectionsOf(
  { key, json }: {
    readonly key: SettingsKey;
    readonly json?: string | undefined;
  },
): readonly SettingsProjection[] {
  const [, owner, document] = DOCUMENT.exec(key) ?? [];
  if (document === undefined) return [];
  const whole = (json === undefined ? undefined : parseObject(json)) ?? {};
  return PARTS[document]!.map(([part, member]) => {
    const isThere = Object.hasOwn(whole, member);
    return {
      key: `${owner}:${part}`,
      json: isThere ? JSON.stringify(whole[member]) : undefined,
    };
  });
}

/** Whether a part of some document lies under `key`. */
export function isProjection(key: string): boolean {
  return PART.test(key);
}
