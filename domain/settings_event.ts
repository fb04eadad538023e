/**
 * The event that tells of a changed settings document.
 *
 * @module
 */
import type { NewEvent } from "./event/event.ts";
import type { SettingsKey } from "./settings.ts";

/** What the event tells. */
export interface SettingsUpdate {
  /** The document that changed. */
  readonly key: SettingsKey;
  /** Its new version, which is the position of this very event. */
  readonly version: number;
  /** Who asked for the change. */
  readonly actor: string;
}

/** Builds the `settings.updated` event; it carries no values. */
export function settingsUpdated(
  update: SettingsUpdate,
  id: string,
  atMs: number,
): NewEvent {
  const user = /^user:([^:]+):/.exec(update.key)?.[1];
  return {
    id,
    channel: "settings.updated",
    key: update.key,
    json: JSON.stringify(update),
    meta: {
      timestamp: new Date(atMs).toISOString(),
      source: "settings",
      ...(user === undefined ? {} : { user }),
    },
  };
}
