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
  /**
   * Which fields changed, such as `sltp.stop_loss_percent`; a path stands for
   * everything beneath it. Absent: anything may have changed.
   */
  readonly paths?: readonly string[] | undefined;
}

/** Builds the `settings.updated` event; it carries no values. */
export function settingsUpdated(
  { key, version, actor, paths }: SettingsUpdate,
  id: string,
  atMs: number,
): NewEvent {
  const user = /^user:([^:]+):/.exec(key)?.[1];
  return {
    id,
    channel: "settings.updated",
    key,
    json: JSON.stringify({ key, version, actor, paths }),
    meta: {
      timestamp: new Date(atMs).toISOString(),
      source: "settings",
      ...(user === undefined ? {} : { user }),
    },
  };
}
