/**
 * What the laws of the record store are about.
 *
 * @module
 */
import { parseSettingsKey, type SettingsKey } from "../../domain/settings.ts";
import type { EventBus } from "../../ports/event_bus.ts";
import type { RecordStore } from "../../ports/record_store.ts";
import type { SettingsStore } from "../../ports/settings_store.ts";
import { anEvent } from "../support/events.ts";
import type { Laws } from "./law.ts";

/** An empty store, what writes to its database, and what a test may do to its world. */
export interface RecordStoreSubject extends AsyncDisposable {
  readonly store: RecordStore;
  readonly settings: SettingsStore;
  readonly bus: EventBus;
  /** Gives the log another epoch by the next call, as after a failover. */
  changeEpoch(): Promise<void>;
  /** Makes the log drop some of its oldest entries; it may append others. */
  dropOldest(): Promise<void>;
  /** Lets time pass on the clock that the age of an epoch is measured with. */
  elapse(ms: number): Promise<void>;
}

/** Laws of the record store. */
export type RecordLaws = Laws<RecordStoreSubject>;

export const ALL = parseSettingsKey("user:1:settings:all");
export const SCALP = parseSettingsKey("user:1:mode:scalp");
export const OTHERS = parseSettingsKey("user:a.b@c-d_e:mode:scalp");
export const KEYS = [ALL, SCALP, OTHERS];

/** Writes `json` under all of `keys`. */
export const changesOf = (keys: readonly SettingsKey[], json: string) =>
  keys.map((key) => ({ key, json }));

/** New events whose data has the length `chars`. */
export const eventsOf = (count: number, chars = 2) =>
  Array.from(
    { length: count },
    () => ({ ...anEvent(), json: JSON.stringify("x".repeat(chars - 2)) }),
  );

/** The numbers from `first` to `last`. */
export const upTo = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);
