/**
 * What the laws of the settings archive are held against, and the words that
 * they are written in.
 *
 * @module
 */
import { parseSettingsKey, type SettingsKey } from "../../domain/settings.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import {
  MAX_EDITS,
  type SettingsArchive,
  type SettingsRevision,
} from "../../ports/settings_archive.ts";
import type { SettingsStore } from "../../ports/settings_store.ts";

/** An empty archive, and what fills it. */
export interface SettingsArchiveSubject extends AsyncDisposable {
  readonly archive: SettingsArchive;
  readonly store: SettingsStore;
  readonly bus: EventBus;
  /** Lets wall time pass. */
  elapse(ms: number): Promise<void>;
}

export const ALL = parseSettingsKey("user:1:settings:all");
export const SCALP = parseSettingsKey("user:1:mode:scalp");
export const OTHERS = parseSettingsKey("user:a.b@c-d_e:mode:scalp");
export const KEYS = [ALL, SCALP, OTHERS];

/** Writes `json` under `key` by `actor`; the version. */
export async function put(
  { store }: SettingsArchiveSubject,
  key: SettingsKey,
  json: string,
  actor = "ann",
): Promise<number> {
  return (await store.write([{ key, json }], actor))[0]!;
}

/** The changes of `keys`, without the times. */
export async function edits(
  { archive }: SettingsArchiveSubject,
  keys: readonly SettingsKey[] = KEYS,
  after = 0,
  limit = MAX_EDITS,
) {
  const found = await archive.edits({ keys, after, limit });
  return found.map(({ before, ...edit }) => [brief(edit), brief(before)]);
}

/** All of a revision but its time. */
export const brief = (one: SettingsRevision | undefined) =>
  one && [one.key, one.version, one.actor, one.json];

/** The values at `version`. */
export async function values(
  { archive }: SettingsArchiveSubject,
  version: number,
  keys = KEYS,
) {
  return (await archive.at(keys, version)).map((one) => one?.json);
}

/** When the newest change of `key` was committed. */
export async function newestAt(
  { archive, bus }: SettingsArchiveSubject,
  key: SettingsKey,
) {
  const { position } = await bus.head();
  return (await archive.at([key], position))[0]!.at;
}
