/**
 * Settings over a database of record and a fast layer that follows it.
 *
 * @module
 */
import type { SettingsKey } from "../../domain/settings.ts";
import { admit } from "../../ports/arguments.ts";
import type { FastLayer } from "../../ports/fast_layer.ts";
import { isTransient } from "../../ports/port_error.ts";
import type { RecordSnapshot } from "../../ports/record_store.ts";
import type {
  SettingsSnapshot,
  SettingsStore,
} from "../../ports/settings_store.ts";
import {
  type DatabaseSettingsParts,
  openDatabaseSettings,
  readSafely,
} from "./database_settings.ts";
import type { FastFound, FastReads } from "./fast_reads.ts";
import type { Fills } from "./fills.ts";
import type { Gate } from "./gate.ts";
import type { NearCache } from "./near_cache.ts";

/** What settings are read from and written to. */
export interface SettingsParts extends DatabaseSettingsParts {
  /** Reads from the fast layer. */
  readonly reads: FastReads;
  /** The fast layer, for the time that the database is away. */
  readonly fast: FastLayer;
  /** Whether it is believed. */
  readonly gate: Gate;
  /** What is remembered of it. */
  readonly near: Pick<NearCache, "get" | "keepAbsent">;
  /** Fills it. */
  readonly fills: Fills;
  /** Whether to fail rather than answer unverified. */
  readonly isStrict: boolean;
}

/** Opens the settings; closing them leaves the parts open. */
export function openFollowedSettings(parts: SettingsParts): SettingsStore {
  const { reads, fast, gate, near, fills, safety, isStrict } = parts;
  const database = openDatabaseSettings(parts);
  let closed = false;

  async function readDatabase(
    keys: readonly SettingsKey[],
    found: FastFound | undefined,
  ): Promise<SettingsSnapshot> {
    const missing = found ? keys.filter((_, i) => !found.documents[i]) : [];
    const right = found && await fills.take(found.gate, missing);
    const snapshot = await readSafely(parts, keys);
    const { documents } = snapshot;
    right?.fill(documents);
    keepAbsent(keys, snapshot);
    return { documents, source: "database", verified: true };
  }

  /** Remembers what is not there with what is near, where that is as of the same position. */
  function keepAbsent(
    keys: readonly SettingsKey[],
    { documents, head, settingsPosition }: RecordSnapshot,
  ): void {
    if (gate.open?.session.checkpoint.epoch !== head.epoch) return;
    near.keepAbsent(keys.filter((_, i) => !documents[i]), settingsPosition);
  }

  /** What the fast layer has, whether or not it is the newest. */
  async function readUnverified(
    keys: readonly SettingsKey[],
  ): Promise<SettingsSnapshot | undefined> {
    if (!fast.isUp || isStrict) return undefined;
    const answer = await fast.read({ history: undefined, keys })
      .catch(() => undefined);
    if (answer === undefined || answer === "fenced") return undefined;
    const { checkpoint, documents } = answer;
    const isOurs = checkpoint && checkpoint.epoch === safety.epoch();
    if (!isOurs || !documents.every((document) => document)) return undefined;
    return { documents, source: "redis", verified: false };
  }

  async function readSomewhere(
    keys: readonly SettingsKey[],
    found: FastFound | undefined,
  ): Promise<SettingsSnapshot> {
    if (gate.isRecordAway && !gate.open) {
      const unverified = await readUnverified(keys);
      if (unverified) return unverified;
    }
    try {
      return await readDatabase(keys, found);
    } catch (error) {
      if (!isTransient(error)) throw error;
      const unverified = await readUnverified(keys);
      if (!unverified) throw error;
      return unverified;
    }
  }

  return {
    async read(keys, signal) {
      admit("settings store", closed, signal);
      const found = gate.open ? await reads.find(keys) : undefined;
      if (found?.isComplete) {
        const { documents } = found;
        return { documents, source: "redis", verified: true };
      }
      signal?.throwIfAborted();
      return await readSomewhere(keys, found);
    },

    recall: (key) => near.get(key),

    write: database.write,

    async [Symbol.asyncDispose]() {
      closed = true;
      await database[Symbol.asyncDispose]();
    },
  };
}
