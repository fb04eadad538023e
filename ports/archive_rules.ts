/**
 * What every adapter of the settings archive decides alike.
 *
 * @module
 */
import type { SettingsKey } from "../domain/settings.ts";
import { PortError } from "./port_error.ts";
import type { SettingsRevision } from "./settings_archive.ts";

/** The oldest revision of a document that is held. */
export interface OldestRevision {
  /** Its version. */
  readonly version: number;
  /** Whether there was none before it, rather than one that is no longer held. */
  readonly isFirst: boolean;
}

/**
 * The document `key` as it stood at `version`.
 *
 * @param found Its newest revision that is held, up to that version.
 * @param oldest Its oldest that is held; `undefined` when it has never had one.
 * @throws {PortError} `expired` when what stood then is no longer held.
 */
export function standingAt(
  key: SettingsKey,
  version: number,
  found: SettingsRevision | undefined,
  oldest: OldestRevision | undefined,
): SettingsRevision | undefined {
  if (found) return found.json === undefined ? undefined : found;
  if (!oldest || oldest.isFirst) return undefined;
  throw new PortError(
    "expired",
    `Cannot read ${key} as of version ${version} as what stood then is no longer held: ` +
      `the oldest version held is ${oldest.version}`,
    { facts: { key, earliest: oldest.version } },
  );
}
